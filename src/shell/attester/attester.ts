/**
 * A simulated attester, for development without the hardware: makes documents in the form of each, under roots of its own. What it makes says
 * `simulated` inside what is signed and in the name of every certificate, its roots can be pinned only as simulated ones, and nothing that leads to
 * them is ever accepted (`appraise/evidence/simulation.ts`). It trusts whoever has its data folder, and nobody has a reason to trust it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SnpProduct } from '../../evidence/snp/product.js';
import type { SnpRoot } from '../../evidence/snp/roots.js';
import type { SnpSignerKind } from '../../evidence/snp/signer-chain.js';
import type { PinnedRoot } from '../../evidence/x509/chain.js';
import { openSecret, readSecret } from '../files/secret.js';
import { pinned } from './certificates.js';
import { collateralOf } from './collateral.js';
import { dcapQuote, intelHouse, type QuoteRequest, type Tee } from './dcap.js';
import { keysFrom } from './keys.js';
import { type NitroRequest, nitroDocument, nitroHouse } from './nitro.js';
import { type NvidiaRequest, nvidiaChain, nvidiaEvidence, nvidiaHouse } from './nvidia.js';
import {
  SNP_PRODUCTS,
  type SnpHouse,
  type SnpRequest,
  snpHouse,
  snpReport,
  snpRevocationList,
} from './snp.js';

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
    readonly signer: { readonly kind: SnpSignerKind; readonly certificate: Uint8Array };
    readonly authority: Uint8Array;
    readonly root: Uint8Array;
  };
  /** A root's list of authorities that it has taken back, in DER: none of them. `at`: Unix seconds. */
  snpRevocations(product: SnpProduct, at: number): Uint8Array;
  /** The collateral is JSON. */
  tdx(request: QuoteRequest): SimulatedQuote;
  sgx(request: QuoteRequest): SimulatedQuote;
  /** The chain is PEM. */
  nvidia(request: NvidiaRequest): { readonly evidence: Uint8Array; readonly certificateChain: string };
}

interface SimulatedQuote {
  readonly quote: Uint8Array;
  readonly collateral: Uint8Array;
}

/** The attester of a data folder, whose secret is made when it is first asked for. Throws as {@link openSecret}. */
export async function openAttester(folder: string): Promise<SimulatedAttester> {
  return simulatedAttester(await openSecret(secretOf(folder)));
}

/** The attester of a data folder that has one. Throws as {@link readSecret}, also where there is none. */
export async function knownAttester(folder: string): Promise<SimulatedAttester> {
  return simulatedAttester(await readSecret(secretOf(folder)));
}

/** Whether a folder has one. */
export function hasAttester(folder: string): boolean {
  return existsSync(secretOf(folder));
}

function secretOf(folder: string): string {
  return join(folder, 'simulated-attester');
}

/** The same secret makes the same keys, and so the same roots. */
export function simulatedAttester(secret: Uint8Array): SimulatedAttester {
  const keys = keysFrom(secret);
  const nitro = nitroHouse(keys);
  const lines = new Map(SNP_PRODUCTS.map(product => [product, snpHouse(keys, product)]));
  const lineOf = (product: SnpProduct = 'milan') => lines.get(product) as SnpHouse;
  const intel = intelHouse(keys);
  const nvidia = nvidiaHouse(keys);
  const quote = (tee: Tee) => (request: QuoteRequest) => ({
    quote: dcapQuote(intel, tee, request),
    collateral: collateralOf(intel, tee, request.at),
  });
  return {
    roots: {
      nitro: [pinned(nitro.root, 'simulated AWS Nitro Enclaves root')],
      snp: SNP_PRODUCTS.map(product => ({
        ...pinned(lineOf(product).root, `simulated AMD ARK of ${product}`),
        product,
      })),
      dcap: [pinned(intel.root, 'simulated Intel SGX Root CA')],
      nvidia: [pinned(nvidia.root, 'simulated NVIDIA Device Identity CA')],
    },
    nitro: request => ({ document: nitroDocument(nitro, request) }),
    snp: request => {
      const line = lineOf(request.product);
      const { signer: kind = 'vcek' } = request;
      const { authority, signer } = line.signers[kind];
      return {
        report: snpReport(line, request),
        signer: { kind, certificate: signer.certificate },
        authority: authority.certificate,
        root: line.root.certificate,
      };
    },
    snpRevocations: (product, at) => snpRevocationList(lineOf(product), at),
    tdx: quote('tdx'),
    sgx: quote('sgx'),
    nvidia: request => ({
      evidence: nvidiaEvidence(nvidia, request),
      certificateChain: nvidiaChain(nvidia, request.architecture),
    }),
  };
}
