/**
 * A simulated attester, for development without the hardware: makes documents in the form of each, under roots of its own. What it makes says
 * `simulated` inside what is signed and in the name of every certificate, its roots can be pinned only as simulated ones, and nothing that leads to
 * them is ever accepted (`appraise/evidence/simulation.ts`). It trusts whoever has its data folder, and nobody has a reason to trust it.
 */
import { join } from 'node:path';
import type { SnpRoot } from '../../evidence/snp/roots.js';
import type { PinnedRoot } from '../../evidence/x509/chain.js';
import { openSecret } from '../files/secret.js';
import { pinned } from './certificates.js';
import { collateralOf } from './collateral.js';
import { keysFrom } from './keys.js';
import { type NitroRequest, nitroDocument, nitroHouse } from './nitro.js';
import { type NvidiaRequest, nvidiaChain, nvidiaEvidence, nvidiaHouse } from './nvidia.js';
import { type SnpRequest, snpHouse, snpReport } from './snp.js';
import { intelHouse, type TdxRequest, tdxQuote } from './tdx.js';

/** What the attester makes is in the form that the verifiers take, but for time and roots. */
export interface SimulatedAttester {
  readonly roots: {
    readonly nitro: readonly PinnedRoot[];
    readonly snp: readonly SnpRoot[];
    readonly dcap: readonly PinnedRoot[];
    readonly nvidia: readonly PinnedRoot[];
  };
  nitro(request: NitroRequest): { readonly document: Uint8Array };
  /** All certificates in DER. */
  snp(request: SnpRequest): {
    readonly report: Uint8Array;
    readonly signer: { readonly kind: 'vcek'; readonly certificate: Uint8Array };
    readonly authority: Uint8Array;
    readonly root: Uint8Array;
  };
  /** The collateral is JSON. */
  tdx(request: TdxRequest): { readonly quote: Uint8Array; readonly collateral: Uint8Array };
  /** The chain is PEM. */
  nvidia(request: NvidiaRequest): { readonly evidence: Uint8Array; readonly certificateChain: string };
}

/** The attester of a data folder, whose secret is made when it is first asked for. Throws as {@link openSecret}. */
export async function openAttester(folder: string): Promise<SimulatedAttester> {
  return simulatedAttester(await openSecret(join(folder, 'simulated-attester')));
}

/** The same secret makes the same keys, and so the same roots. */
export function simulatedAttester(secret: Uint8Array): SimulatedAttester {
  const keys = keysFrom(secret);
  const nitro = nitroHouse(keys);
  const snp = snpHouse(keys);
  const intel = intelHouse(keys);
  const nvidia = nvidiaHouse(keys);
  return {
    roots: {
      nitro: [pinned(nitro.root, 'simulated AWS Nitro Enclaves root')],
      snp: [{ ...pinned(snp.root, 'simulated AMD ARK-Milan'), product: 'milan' }],
      dcap: [pinned(intel.root, 'simulated Intel SGX Root CA')],
      nvidia: [pinned(nvidia.root, 'simulated NVIDIA Device Identity CA')],
    },
    nitro: request => ({ document: nitroDocument(nitro, request) }),
    snp: request => ({
      report: snpReport(snp, request),
      signer: { kind: 'vcek', certificate: snp.chip.certificate },
      authority: snp.authority.certificate,
      root: snp.root.certificate,
    }),
    tdx: request => ({ quote: tdxQuote(intel, request), collateral: collateralOf(intel, request.at) }),
    nvidia: request => ({
      evidence: nvidiaEvidence(nvidia, request),
      certificateChain: nvidiaChain(nvidia),
    }),
  };
}
