/**
 * Revocation lists (RFC 5280 §5): which certificates of an authority no longer count. Who has signed a list is seen before its entries are read, because
 * a stranger's list can have many thousands; then all of them are read before any is believed.
 */
import { verifyForeign } from '../../bytes/cryptography.js';
import {
  contextTag,
  DER,
  type DerElement,
  derChildren,
  derExpect,
  derMembers,
  derNumber,
  derTime,
  derUnsigned,
  readDer,
} from '../../bytes/der.js';
import { toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { onceRead } from '../once-read.js';
import { type Certificate, extensionsOf } from './certificate.js';
import { type SignedAs, signatureOf, underKey } from './signed-as.js';

export interface RevocationList {
  readonly bytes: Uint8Array;
  readonly signedBytes: Uint8Array;
  readonly signedAs: SignedAs;
  /** The authority's name in DER. */
  readonly issuer: Uint8Array;
  /** Unix seconds. */
  readonly thisUpdate: number;
  /** Unix seconds. Every list says when the next one comes (RFC 5280 §5.1.2.5), else an old one would serve for ever. */
  readonly nextUpdate: number;
  /**
   * Reads the entries, once: since when each certificate is not to be believed, in Unix seconds, by the hexadecimal of its serial number. Throws
   * `revocation/malformed` or `revocation/extension-unknown`.
   */
  readonly revoked: () => ReadonlyMap<string, number>;
}

/** Room for some 4,000 entries, which are read within 50 ms; Intel had revoked some 80 processors in early 2026. */
export const MAX_LIST_BYTES = 128 * 1024;

/** Extensions of a list that change nothing about what is in it: the authority's key, and the list's number. Source: RFC 5280 §5.2. */
const HARMLESS: readonly string[] = ['2.5.29.35', '2.5.29.20'];
/** Those of lists that are not of everything: of what has changed, and of one distribution point. Refused also where they are not critical. */
const PARTIAL: readonly string[] = ['2.5.29.27', '2.5.29.28'];
const ENTRY_INVALIDITY_DATE = '2.5.29.24';

/**
 * Reads exactly one list in DER, but for its entries: of them it is only seen that they are DER. Throws `revocation/malformed`, `revocation/partial` or
 * `revocation/extension-unknown`.
 */
export function parseRevocationList(bytes: Uint8Array): RevocationList {
  if (bytes.length > MAX_LIST_BYTES)
    throw new Failure('revocation/malformed', { detail: `${bytes.length} bytes` });
  return readingList(() => list(new Uint8Array(bytes)));
}

function readingList<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure && error.code === 'der/malformed')
      throw new Failure('revocation/malformed', error.detail === undefined ? {} : { detail: error.detail });
    throw error;
  }
}

/**
 * Whether the certificate was good at `asOf` (Unix seconds), as far as the list in force at that time says. `issuer`: the certificate's own,
 * whose chain the caller has checked.
 *
 * An entry counts from the time that it names on, or from when the key is believed to have been lost, if the entry says so and that is earlier: what
 * was revoked after `asOf` was still good then. A certificate on hold is revoked while it is on the list.
 *
 * Throws `revocation/issuer-mismatch`, `revocation/signature-invalid`, `revocation/not-yet-valid`, `revocation/expired`, what reading the entries
 * throws, or `certificate/revoked`.
 */
export async function checkNotRevoked(
  certificate: Certificate,
  issuer: Certificate,
  revocations: RevocationList,
  asOf: number,
): Promise<void> {
  if (!equal(revocations.issuer, issuer.subject) || !equal(certificate.issuer, issuer.subject))
    throw new Failure('revocation/issuer-mismatch');
  const signed = underKey(revocations.signedAs, issuer.keyKind);
  if (
    signed === null ||
    !issuer.maySign.revocations ||
    !(await verifyForeign(signed.scheme, issuer.spki, revocations.signedBytes, signed.signature))
  )
    throw new Failure('revocation/signature-invalid');
  // Turned round, so that a time that is no number passes as none.
  if (!(asOf >= revocations.thisUpdate)) throw new Failure('revocation/not-yet-valid');
  if (!(asOf <= revocations.nextUpdate)) throw new Failure('revocation/expired');
  const since = revocations.revoked().get(toHex(certificate.serial));
  if (since !== undefined && since <= asOf)
    throw new Failure('certificate/revoked', { detail: `since ${new Date(since * 1000).toISOString()}` });
}

function list(bytes: Uint8Array): RevocationList {
  const [tbs, algorithm, signature, ...more] = derMembers(readDer(bytes), DER.sequence);
  if (more.length > 0) throw malformed('more than the three parts of a list');
  const members = [...derMembers(tbs, DER.sequence)];
  const hasVersion = members[0]?.tag === DER.integer;
  if (hasVersion && derNumber(members.shift()) !== 1) throw malformed('a version other than 2');
  const [innerAlgorithm, issuer, thisUpdate, nextUpdate, ...optional] = members;
  if (!equal(derExpect(algorithm, DER.sequence).whole, derExpect(innerAlgorithm, DER.sequence).whole))
    throw malformed('two algorithms of signature');
  const entries = optional[0]?.tag === DER.sequence ? optional.shift() : undefined;
  const extensions = hasVersion && optional[0]?.tag === contextTag(0) ? optional.shift() : undefined;
  if (optional.length > 0) throw malformed('a part that lists do not have');
  checkScope(extensions);
  return {
    bytes,
    signedBytes: derExpect(tbs, DER.sequence).whole,
    signedAs: signatureOf(algorithm, signature),
    issuer: derExpect(issuer, DER.sequence).whole,
    thisUpdate: derTime(thisUpdate),
    nextUpdate: derTime(nextUpdate),
    revoked: onceRead(() => readingList(() => revokedIn(entries === undefined ? [] : derChildren(entries)))),
  };
}

function revokedIn(entries: readonly DerElement[]): ReadonlyMap<string, number> {
  const revoked = new Map<string, number>();
  for (const entry of entries) {
    const [serial, time, extensions, ...more] = derMembers(entry, DER.sequence);
    if (more.length > 0) throw malformed('an entry of more than three parts');
    const since = Math.min(derTime(time), ...(extensions === undefined ? [] : invalidSince(extensions)));
    const name = toHex(derUnsigned(serial));
    revoked.set(name, Math.min(since, revoked.get(name) ?? since));
  }
  return revoked;
}

/** Since when the authority believes that the key was in the wrong hands, where the entry says so. Source: RFC 5280 §5.3.2. */
function invalidSince(extensions: DerElement): readonly number[] {
  const since: number[] = [];
  for (const { name, critical, value } of extensionsOf(extensions)) {
    // It may say that the entry is of another authority: we read none of those.
    if (critical) throw new Failure('revocation/extension-unknown', { field: 'entry', detail: name });
    if (name === ENTRY_INVALIDITY_DATE) since.push(derTime(readDer(value)));
  }
  return since;
}

/** A list of one part only, of other authorities' certificates too, or of what has changed, says nothing about what is not in it. */
function checkScope(part: DerElement | undefined): void {
  if (part === undefined) return;
  const [extensions, ...more] = derChildren(part);
  if (extensions === undefined || more.length > 0) throw malformed('extensions of another form');
  for (const { name, critical } of extensionsOf(extensions)) {
    if (PARTIAL.includes(name)) throw new Failure('revocation/partial', { detail: name });
    if (critical && !HARMLESS.includes(name))
      throw new Failure('revocation/extension-unknown', { detail: name });
  }
}

function malformed(detail: string): Failure {
  return new Failure('der/malformed', { detail });
}
