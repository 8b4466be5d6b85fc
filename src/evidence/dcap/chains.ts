/** The chains of a quote and its collateral. Intel's root signs for several roles, so that it counts in which place a certificate stands. */
import { verifyForeign } from '../../bytes/cryptography.js';
import { equal, fromUtf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { Certificate } from '../x509/certificate.js';
import { checkChain, type PinnedRoot } from '../x509/chain.js';
import { documentScheme } from '../x509/key-kind.js';
import { certificatesFromPem } from '../x509/pem.js';
import { SGX_EXTENSION } from './pck.js';
import { PCK_CHAIN, type Quote } from './quote.js';

export interface PckChain {
  readonly leaf: Certificate;
  readonly authority: Certificate;
  readonly top: Certificate;
}

export interface SignerChain {
  readonly signer: Certificate;
  readonly top: Certificate;
}

/** Source: Intel SGX PCK Certificate and Certificate Revocation List Profile Specification, §1.3. */
const PCK_NAME = 'Intel SGX PCK Certificate';
const AUTHORITY_NAMES: readonly (string | null)[] = [
  'Intel SGX PCK Platform CA',
  'Intel SGX PCK Processor CA',
];
const SIGNER_NAME = 'Intel SGX TCB Signing';

/**
 * The certificates in a quote, from the processor's to the root's, none of them checked. Throws `quote/certification-unsupported` for a quote
 * that has none, `certificate/malformed`, `certificate/chain-too-long`, or `quote/role-mismatch` for other than three.
 */
export function pckChainOf({ certification: { type, data } }: Quote): PckChain {
  if (type !== PCK_CHAIN) throw new Failure('quote/certification-unsupported', { detail: `type ${type}` });
  // Quoting libraries write it as a string of C. Nothing else may stand there, so that this byte cannot be another unnoticed.
  const text = fromUtf8(data.at(-1) === 0 ? data.subarray(0, -1) : data);
  if (text === null || !/-----\r?\n?$/.test(text))
    throw new Failure('certificate/malformed', { detail: 'a chain that is no text, or ends otherwise' });
  const [leaf, authority, top, ...more] = certificatesFromPem(text);
  if (leaf === undefined || authority === undefined || top === undefined || more.length > 0)
    throw new Failure('quote/role-mismatch', { detail: 'not a processor, an authority and a root' });
  return { leaf, authority, top };
}

/** Throws `quote/role-mismatch` with the certificate's place as the field, or as {@link checkChain}. */
export async function checkPckChain(
  { leaf, authority, top }: PckChain,
  roots: readonly PinnedRoot[],
  asOf: number,
): Promise<PinnedRoot> {
  const root = await checkChain([leaf, authority, top], { roots, asOf, understood: [SGX_EXTENSION] });
  if (leaf.commonName !== PCK_NAME || !leaf.maySign.documents || leaf.authority !== null)
    throw roleMismatch(0, leaf);
  if (!AUTHORITY_NAMES.includes(authority.commonName)) throw roleMismatch(1, authority);
  return root;
}

/** The chain of whoever signs TCB info and identities. Throws as {@link checkPckChain} and `certificate/malformed`. */
export async function checkSignerChain(
  pem: string,
  roots: readonly PinnedRoot[],
  asOf: number,
): Promise<SignerChain> {
  const chain = certificatesFromPem(pem);
  await checkChain(chain, { roots, asOf });
  const [signer, top, ...more] = chain;
  if (signer === undefined || top === undefined || more.length > 0)
    throw new Failure('quote/role-mismatch', { detail: 'not a signer and a root' });
  if (signer.commonName !== SIGNER_NAME || !signer.maySign.documents) throw roleMismatch(0, signer);
  return { signer, top };
}

/**
 * Whether the chain that came with the list of revoked processors is of the authority that has certified this one, be it with a certificate
 * that was renewed since. Throws `collateral/revocation-chain-mismatch`, or as {@link checkChain}.
 */
export async function checkRevocationChain(
  pem: string,
  { authority, top }: PckChain,
  roots: readonly PinnedRoot[],
  asOf: number,
): Promise<void> {
  const chain = certificatesFromPem(pem);
  const [first, second, ...more] = chain;
  if (first === undefined || !equal(first.spki, authority.spki) || !equal(first.subject, authority.subject))
    throw new Failure('collateral/revocation-chain-mismatch');
  // The very certificates of the processor's chain have been checked already.
  const isKnown =
    equal(first.bytes, authority.bytes) && second !== undefined && equal(second.bytes, top.bytes);
  if (!isKnown || more.length > 0) await checkChain(chain, { roots, asOf });
}

/** Whether the certificate's key has signed these bytes; `signature` is `r ‖ s`. */
export async function isSignedBy(
  { keyKind, spki }: Certificate,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const scheme = documentScheme(keyKind);
  return scheme !== null && (await verifyForeign(scheme, spki, message, signature));
}

function roleMismatch(place: number, { commonName }: Certificate): Failure {
  return new Failure('quote/role-mismatch', {
    field: `certificate ${place}`,
    detail: commonName ?? 'no common name',
  });
}
