/** Revocation lists (RFC 5280 §5): which certificates of an authority no longer count. The whole list is checked before anything in it is believed. */
import { verifyForeign } from '../../bytes/cryptography.js';
import {
  contextTag,
  DER,
  type DerElement,
  derChildren,
  derExpect,
  derMembers,
  derNumber,
  derObjectIdentifier,
  derTime,
  derUnsigned,
  readDer,
} from '../../bytes/der.js';
import { toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { Certificate } from './certificate.js';
import { type SignedAs, signatureOf, underKey } from './signed-as.js';

export interface RevocationList {
  readonly bytes: Uint8Array;
  readonly signedBytes: Uint8Array;
  readonly signedAs: SignedAs;
  /** The authority's name in DER. */
  readonly issuer: Uint8Array;
  /** Unix seconds. */
  readonly thisUpdate: number;
  /** Unix seconds; null for a list that never says when the next one comes. */
  readonly nextUpdate: number | null;
  /** When each certificate was revoked, in Unix seconds, by the hexadecimal of its serial number. */
  readonly revoked: ReadonlyMap<string, number>;
}

/** The largest that a maker of hardware publishes is of some 100 KiB. */
const MAX_LIST_BYTES = 4 * 1024 * 1024;

/** Extensions of a list that change nothing about what is in it: the authority's key, and the list's number. Source: RFC 5280 §5.2. */
const HARMLESS: readonly string[] = ['2.5.29.35', '2.5.29.20'];

/** Reads exactly one list in DER. Throws `revocation/malformed`. */
export function parseRevocationList(bytes: Uint8Array): RevocationList {
  if (bytes.length > MAX_LIST_BYTES)
    throw new Failure('revocation/malformed', { detail: `${bytes.length} bytes` });
  try {
    return list(bytes.slice());
  } catch (error) {
    if (error instanceof Failure && error.code === 'der/malformed')
      throw new Failure('revocation/malformed', error.detail === undefined ? {} : { detail: error.detail });
    throw error;
  }
}

/**
 * Throws `revocation/issuer-mismatch`, `revocation/signature-invalid`, `revocation/not-yet-valid`, `revocation/expired`, or
 * `certificate/revoked` when the list has the certificate on it at `asOf` (Unix seconds).
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
  if (asOf < revocations.thisUpdate) throw new Failure('revocation/not-yet-valid');
  if (revocations.nextUpdate !== null && asOf > revocations.nextUpdate)
    throw new Failure('revocation/expired');
  if (revocations.revoked.has(toHex(certificate.serial))) throw new Failure('certificate/revoked');
}

function list(bytes: Uint8Array): RevocationList {
  const [tbs, algorithm, signature, ...more] = derMembers(readDer(bytes), DER.sequence);
  if (more.length > 0) throw malformed('more than the three parts of a list');
  const members = [...derMembers(tbs, DER.sequence)];
  if (members[0]?.tag === DER.integer && derNumber(members.shift()) !== 1)
    throw malformed('a version other than 2');
  const [innerAlgorithm, issuer, thisUpdate, ...optional] = members;
  if (!equal(derExpect(algorithm, DER.sequence).whole, derExpect(innerAlgorithm, DER.sequence).whole))
    throw malformed('two algorithms of signature');
  const next = isTime(optional[0]) ? derTime(optional.shift()) : null;
  const revoked = optional[0]?.tag === DER.sequence ? entriesOf(optional.shift() as DerElement) : new Map();
  if (optional[0]?.tag === contextTag(0)) checkListExtensions(optional.shift() as DerElement);
  if (optional.length > 0) throw malformed('a part that lists do not have');
  return {
    bytes,
    signedBytes: derExpect(tbs, DER.sequence).whole,
    signedAs: signatureOf(algorithm, signature),
    issuer: derExpect(issuer, DER.sequence).whole,
    thisUpdate: derTime(thisUpdate),
    nextUpdate: next,
    revoked,
  };
}

function entriesOf(entries: DerElement): ReadonlyMap<string, number> {
  const revoked = new Map<string, number>();
  for (const entry of derChildren(entries)) {
    const [serial, time, extensions, ...more] = derMembers(entry, DER.sequence);
    if (more.length > 0) throw malformed('an entry of more than three parts');
    // A critical extension of an entry may say that it is of another authority, or no longer counts: we read none of those.
    for (const extension of extensions === undefined ? [] : derMembers(extensions, DER.sequence))
      if (derMembers(extension, DER.sequence).some(member => member.tag === DER.boolean))
        throw malformed('a critical extension of an entry');
    revoked.set(toHex(derUnsigned(serial)), derTime(time));
  }
  return revoked;
}

/** A list of one part only, or of what has changed, is no list of everything: such extensions are critical, and not read here. */
function checkListExtensions(part: DerElement): void {
  const [extensions, ...more] = derChildren(part);
  if (more.length > 0) throw malformed('extensions of another form');
  for (const extension of derMembers(extensions, DER.sequence)) {
    const [oid, ...rest] = derMembers(extension, DER.sequence);
    const name = derObjectIdentifier(oid);
    if (rest.length > 1 && !HARMLESS.includes(name)) throw malformed(`a critical extension (${name})`);
  }
}

function isTime(element: DerElement | undefined): boolean {
  return element?.tag === DER.utcTime || element?.tag === DER.generalizedTime;
}

function malformed(detail: string): Failure {
  return new Failure('der/malformed', { detail });
}
