/** What is verified: genuine documents, each at a time at which it was good. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEvidenceFile } from '../../dist/evidence/nvidia/evidence-file.js';
import { certificatesFromPem } from '../../dist/evidence/x509/pem.js';

const FOLDER =
  process.env.COUNTERSIGN_VECTORS ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url));

const at = text => Date.parse(text) / 1000;
const file = path => new Uint8Array(readFileSync(join(FOLDER, path)));

/** The input of each verifier by its kind, or null where there is no genuine evidence here. */
export function genuineDocuments() {
  if (!existsSync(join(FOLDER, 'README.md'))) return null;
  const [vcek] = certificatesFromPem(readFileSync(join(FOLDER, 'sev-snp/milan_vcek.pem'), 'utf8'));
  const [device] = parseEvidenceFile(file('nvidia/hopper_evidence.json'));
  return {
    origin: 'genuine',
    nitro: { document: file('nitro/production.bin'), asOf: at('2022-10-13T08:58:02Z') },
    snp: {
      report: file('sev-snp/milan_attestation_report.bin'),
      signer: { kind: 'vcek', certificate: vcek.bytes },
      asOf: at('2026-06-01T00:00:00Z'),
    },
    tdx: {
      quote: file('tdx/tdx_quote'),
      collateral: file('tdx/tdx_quote_collateral.json'),
      asOf: at('2025-07-01T00:00:00Z'),
    },
    nvidia: {
      evidence: device.evidence,
      certificateChain: device.certificateChain,
      nonce: device.claimedNonce,
      asOf: at('2026-06-10T00:00:00Z'),
    },
  };
}
