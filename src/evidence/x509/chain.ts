/**
 * Whether a chain of certificates leads to a root that somebody has pinned, at a given time. Source: RFC 5280 §6.1, for the profile that makers
 * of hardware keep to: no names to match, no policies, no constraints on names; a critical extension that is not known here refuses the chain.
 */
import { sha256, verifyForeign } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { concat, equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { type Certificate, EXTENSION } from './certificate.js';
import { MAX_CHAIN } from './pem.js';
import { underKey } from './signed-as.js';

/** A vendor's root: known by its key alone, so that a renewed certificate of the same key counts. */
export interface PinnedRoot {
  /** As people know it: `AMD ARK-Milan`. */
  readonly name: string;
  /** SHA-256 of its SubjectPublicKeyInfo. */
  readonly spkiSha256: Uint8Array;
  /** Whether what leads to it is of a simulated attester, and can never be of hardware. */
  readonly simulated?: true;
}

export interface ChainOptions<Root extends PinnedRoot = PinnedRoot> {
  readonly roots: readonly Root[];
  /** Unix seconds. */
  readonly asOf: number;
  /** Critical extensions that whoever asks reads himself, by object identifier. */
  readonly understood?: readonly string[];
}

/** Critical extensions that are looked at here. */
const UNDERSTOOD: readonly string[] = [EXTENSION.basicConstraints, EXTENSION.keyUsage];

/**
 * Checks the chain from the one who signed a document to the pinned root, which comes last, and says which root that is.
 *
 * Throws `certificate/chain-too-long`, `certificate/root-unknown`, `certificate/issuer-mismatch`, `certificate/not-an-authority`,
 * `certificate/path-too-long`, `certificate/algorithm-unsupported`, `certificate/signature-invalid`, `certificate/extension-unknown`,
 * `certificate/not-yet-valid` or `certificate/expired`, with the certificate's place in the chain as the field.
 */
export async function checkChain<Root extends PinnedRoot>(
  chain: readonly Certificate[],
  options: ChainOptions<Root>,
): Promise<Root> {
  if (chain.length > MAX_CHAIN)
    throw new Failure('certificate/chain-too-long', { detail: `${chain.length}` });
  const top = chain.at(-1);
  const fingerprint = top === undefined ? null : sha256(top.spki);
  const root = options.roots.find(({ spkiSha256 }) => fingerprint !== null && equal(spkiSha256, fingerprint));
  if (root === undefined || top === undefined) throw new Failure('certificate/root-unknown');
  // From the root down, so that no key is used before somebody has vouched for it: a stranger's key can be slow to use.
  for (const [place, certificate] of [...chain.entries()].reverse()) {
    checkExtensions(certificate, place, options.understood ?? []);
    // The root vouches for itself: its signature is looked at as well, because a damaged one says that somebody changed it.
    await checkIssued(certificate, chain[place + 1] ?? top, place);
  }
  // Times come last, so that a chain that is nobody's is not called merely old.
  checkValidity(chain, options.asOf);
  return root;
}

/**
 * Whether all certificates of a chain are valid at one more time: one that was good when it signed may have expired since. Throws
 * `certificate/not-yet-valid` or `certificate/expired`.
 */
export function checkValidity(chain: readonly Certificate[], asOf: number): void {
  for (const [place, certificate] of chain.entries()) checkTime(certificate, asOf, place);
}

/** Whether `issuer` has signed that certificate and may sign it. `place`: how many certificates stand before it. */
async function checkIssued(certificate: Certificate, issuer: Certificate, place: number): Promise<void> {
  const field = `certificate ${place}`;
  const isRoot = certificate === issuer;
  const fieldOfIssuer = isRoot ? field : `certificate ${place + 1}`;
  if (!equal(certificate.issuer, issuer.subject)) throw new Failure('certificate/issuer-mismatch', { field });
  if (issuer.authority === null || !issuer.maySign.certificates)
    throw new Failure('certificate/not-an-authority', { field: fieldOfIssuer });
  const { pathLength } = issuer.authority;
  // Between this issuer and the first certificate stand as many authorities as certificates came before, less the first.
  if (!isRoot && pathLength !== null && place > pathLength)
    throw new Failure('certificate/path-too-long', { field: fieldOfIssuer });
  const name = certificate.authority === null ? null : nameOfIssue(certificate, issuer);
  if (name !== null && soundIssues.has(name)) return;
  if (certificate.signedAs.kind === 'unsupported')
    throw new Failure('certificate/algorithm-unsupported', { field, detail: certificate.signedAs.algorithm });
  const signed = underKey(certificate.signedAs, issuer.keyKind);
  if (
    signed === null ||
    !(await verifyForeign(signed.scheme, issuer.spki, certificate.signedBytes, signed.signature))
  )
    throw new Failure('certificate/signature-invalid', { field });
  if (name === null) return;
  if (soundIssues.size >= MAX_SOUND_ISSUES) soundIssues.clear();
  soundIssues.add(name);
}

/**
 * Authorities whose own certificate's signature has been verified, below a pinned root: the same few again and again, each of which would cost up to a millisecond. Whether
 * a key has signed bytes never changes, and all else about a certificate is looked at each time. Whoever is no authority's is not in it: he comes
 * with one document.
 */
const soundIssues = new Set<string>();
const MAX_SOUND_ISSUES = 256;

/** The very bytes, under the very key. */
function nameOfIssue({ bytes }: Certificate, { spki }: Certificate): string {
  return toHex(concat(sha256(bytes), sha256(spki)));
}

function checkExtensions(certificate: Certificate, place: number, understood: readonly string[]): void {
  for (const [name, { critical }] of certificate.extensions)
    if (critical && !UNDERSTOOD.includes(name) && !understood.includes(name))
      throw new Failure('certificate/extension-unknown', { field: `certificate ${place}`, detail: name });
}

function checkTime({ notBefore, notAfter }: Certificate, asOf: number, place: number): void {
  const field = `certificate ${place}`;
  // Turned round, so that a time that is no number passes as none.
  if (!(asOf >= notBefore)) throw new Failure('certificate/not-yet-valid', { field });
  if (!(asOf <= notAfter)) throw new Failure('certificate/expired', { field });
}
