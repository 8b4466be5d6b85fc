/** What the log needs to know of its entries: who may submit them, and under which keys they are filed. */
import { fromBase32 } from '../bytes/base32.js';
import { sha256 } from '../bytes/cryptography.js';
import { utf8 } from '../bytes/octets.js';
import { keyLabel, type VerifierKey } from '../note/key.js';
import { Failure } from '../reason-core.js';
import { CLOSING } from './closing.js';
import { type Envelope, envelopeIsSignedBy, parseEnvelope, payloadDigest } from './envelope.js';
import { EPOCH } from './epoch.js';
import { ERASURE } from './erasure.js';
import { KEY_CHANGE } from './key-change.js';
import { RECEIPT } from './receipt.js';
import { REFUND } from './refund.js';
import { REVOCATION } from './revocation.js';
import { predicateTypeOf, readStatement } from './statement.js';

/** The length of the keys under which entries are filed, in bytes. */
export const ENTRY_KEY_BYTES = 16;

/** Reads a log entry. Throws `json/…` or `envelope/…`. */
export function readEntry(bytes: Uint8Array): Envelope {
  return parseEnvelope(bytes);
}

/** Whether an entry is a canonical envelope by one of these issuers, with a signature that verifies. */
export async function entryIsByOneOf(issuers: readonly VerifierKey[], bytes: Uint8Array): Promise<boolean> {
  try {
    const envelope = readEntry(bytes);
    const issuer = issuers.find(key => keyLabel(key) === envelope.keyId);
    return issuer !== undefined && (await envelopeIsSignedBy(envelope, issuer.publicKey));
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** The keys under which an entry is filed: the start of its payload's digest and, for some, what it is about: an exchange or an epoch. */
export function entryKeys(bytes: Uint8Array): readonly Uint8Array[] {
  return envelopeKeys(readEntry(bytes));
}

/** The same, of an entry that has been read. */
export function envelopeKeys(envelope: Envelope): readonly Uint8Array[] {
  const digest = payloadDigest(envelope).slice(0, ENTRY_KEY_BYTES);
  const type = predicateTypeOf(envelope);
  if (type === KEY_CHANGE.predicateType)
    return [digest, keyChangeKey(readStatement(KEY_CHANGE, envelope).predicate.sequence)];
  if (type === ERASURE.predicateType) {
    const erasure = erasureKey(readStatement(ERASURE, envelope).predicate.erasure.exchange);
    return erasure === null ? [digest] : [digest, erasure];
  }
  if (type === EPOCH.predicateType) {
    const { issuer, epoch } = readStatement(EPOCH, envelope).predicate;
    return [digest, epochKey(issuer, epoch)];
  }
  if (type === CLOSING.predicateType) {
    const { issuer, epoch } = readStatement(CLOSING, envelope).predicate.closing;
    return [digest, closingKey(issuer, epoch)];
  }
  if (type === REFUND.predicateType) {
    const refund = refundKey(readStatement(REFUND, envelope).predicate.refund.exchange);
    return refund === null ? [digest] : [digest, refund];
  }
  if (type === REVOCATION.predicateType)
    return [digest, revocationKey(readStatement(REVOCATION, envelope).predicate.sequence)];
  if (type !== RECEIPT.predicateType) return [digest];
  return receiptKeys(digest, readStatement(RECEIPT, envelope).predicate.exchange);
}

/** The same, of the receipt of an exchange, from whoever has just written it. `digest`: that of its payload; `exchange`: its id. */
export function receiptKeys(digest: Uint8Array, exchange: string): readonly Uint8Array[] {
  const key = exchangeKey(exchange);
  const start = digest.slice(0, ENTRY_KEY_BYTES);
  return key === null ? [start] : [start, key];
}

/**
 * The key under which the receipt of an exchange is filed, or null when the text is not an exchange id. It is a hash of its own, because
 * issuers choose ids: an id that were a key itself could be made to look like another payload's digest.
 */
export function exchangeKey(exchange: string): Uint8Array | null {
  return keyOfExchange('exchange', exchange);
}

/** The key under which the erasure of an exchange's content is filed, or null when the text is not an exchange id. */
export function erasureKey(exchange: string): Uint8Array | null {
  return keyOfExchange('erasure', exchange);
}

/** The key under which the refund of an exchange is filed, or null when the text is not an exchange id. */
export function refundKey(exchange: string): Uint8Array | null {
  return keyOfExchange('refund', exchange);
}

function keyOfExchange(kind: 'exchange' | 'erasure' | 'refund', exchange: string): Uint8Array | null {
  if (fromBase32(exchange)?.length !== ENTRY_KEY_BYTES) return null;
  return sha256(utf8(`countersign/${kind}/${exchange}`)).slice(0, ENTRY_KEY_BYTES);
}

/** The key under which the beginning of an issuer's epoch is filed. */
export function epochKey(issuer: string, epoch: string): Uint8Array {
  return sha256(utf8(`countersign/epoch/${issuer}/${epoch}`)).slice(0, ENTRY_KEY_BYTES);
}

/** The key under which the closing of an issuer's epoch is filed. */
export function closingKey(issuer: string, epoch: string): Uint8Array {
  return sha256(utf8(`countersign/closing/${issuer}/${epoch}`)).slice(0, ENTRY_KEY_BYTES);
}

/** The key under which the key change of that number is filed, so that a log's key history is found without reading the log. */
export function keyChangeKey(sequence: number): Uint8Array {
  return sha256(utf8(`countersign/key-change/${sequence}`)).slice(0, ENTRY_KEY_BYTES);
}

/** The key under which the revocation of that number is filed, so that all of a log's are found without reading the log. */
export function revocationKey(sequence: number): Uint8Array {
  return sha256(utf8(`countersign/revocation/${sequence}`)).slice(0, ENTRY_KEY_BYTES);
}
