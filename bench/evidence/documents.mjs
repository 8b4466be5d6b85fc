/** What is verified: genuine documents, each at a time at which it was good, or those of the simulated attester. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEvidenceFile } from '../../dist/evidence/nvidia/evidence-file.js';
import { certificatesFromPem } from '../../dist/evidence/x509/pem.js';
import { simulatedAttester } from '../../dist/shell/attester/attester.js';

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

/** The same of the simulated attester. `root`: that of TDX in DER, for verifiers that have Intel's built in. */
export function simulatedDocuments() {
  const asOf = Math.floor(Date.now() / 1000);
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  const attester = simulatedAttester(crypto.getRandomValues(new Uint8Array(32)));
  const tdx = attester.tdx({ at: asOf, reportData: nonce });
  const [, root] = certificatesFromPem(
    JSON.parse(new TextDecoder().decode(tdx.collateral)).tcb_info_issuer_chain,
  );
  return {
    origin: 'simulated',
    nitro: { ...attester.nitro({ at: asOf, nonce }), asOf, roots: attester.roots.nitro },
    snp: { ...attester.snp({ reportData: nonce }), asOf, roots: attester.roots.snp },
    tdx: { ...tdx, asOf, roots: attester.roots.dcap, root: root.bytes },
    nvidia: { ...attester.nvidia({ nonce }), nonce, asOf, roots: attester.roots.nvidia },
  };
}
