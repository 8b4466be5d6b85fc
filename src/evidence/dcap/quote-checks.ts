/** The checks of a quote alone: from the trust domain's or enclave's report through the quoting enclave to the processor's certificate and Intel's root. */
import { sha256, verifyForeign } from '../../bytes/cryptography.js';
import { concat, equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { PinnedRoot } from '../x509/chain.js';
import { checkPckChain, isSignedBy, type PckChain, pckChainOf } from './chains.js';
import type { Checklist } from './checklist.js';
import { type Platform, platformOf } from './pck.js';
import type { Quote } from './quote.js';

/** Null for what could not be believed. */
export interface QuoteFindings {
  readonly root: PinnedRoot | null;
  readonly chain: PckChain | null;
  readonly platform: Platform | null;
}

/** Intel's. Source: Intel SGX ECDSA QuoteLibReference DCAP API, appendix A, "QE Vendor ID". */
const INTEL = Uint8Array.of(
  ...[0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07],
);
const P256 = { name: 'ECDSA', curve: 'P-256', hash: 'SHA-256' } as const;
/** What stands before the two coordinates of a point in a SubjectPublicKeyInfo of P-256. Source: RFC 5480 §2. */
const P256_SPKI = Uint8Array.of(
  ...[0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
  ...[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04],
);

export async function checkQuote(
  list: Checklist,
  quote: Quote,
  roots: readonly PinnedRoot[],
  asOf: number,
): Promise<QuoteFindings> {
  await list.make('vendor', "The quote is in the form of Intel's quoting enclaves.", () => {
    if (!equal(quote.vendorId, INTEL)) throw new Failure('quote/vendor-unknown');
  });
  await list.make('quote-signature', 'The attestation key has signed header and body.', async () => {
    const spki = concat(P256_SPKI, quote.attestationKey);
    if (!(await verifyForeign(P256, spki, quote.signedBytes, quote.signature)))
      throw new Failure('quote/signature-invalid');
  });
  await list.make('attestation-key', "The quoting enclave's report names the attestation key.", () => {
    const named = concat(sha256(concat(quote.attestationKey, quote.authData)), new Uint8Array(32));
    if (!equal(quote.qeReport.reportData, named)) throw new Failure('quote/key-unbound');
  });
  let read: PckChain | null = null;
  let root: PinnedRoot | null = null;
  const chain = await list.make('pck-chain', "The processor's certificate leads to the root.", async () => {
    read = pckChainOf(quote);
    root = await checkPckChain(read, roots, asOf);
    return read;
  });
  const leaf = (read as PckChain | null)?.leaf ?? null;
  await list.make(
    'qe-report-signature',
    "The processor's key has signed the quoting enclave's report.",
    leaf === null
      ? null
      : async () => {
          if (!(await isSignedBy(leaf, quote.qeReportBytes, quote.qeReportSignature)))
            throw new Failure('quote/qe-signature-invalid');
        },
  );
  const platform = await list.make(
    'pck-certificate',
    "The processor's certificate says which platform it is, and its security versions.",
    chain === null ? null : () => platformOf(chain.leaf),
  );
  return { root, chain, platform };
}
