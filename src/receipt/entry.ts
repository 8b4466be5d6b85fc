/** What the log needs to know of its entries: who may submit them, and under which keys they are filed. */
import { fromBase32 } from '../bytes/base32.js';
import { parseCanonical } from '../bytes/json.js';
import { keyLabel, type VerifierKey } from '../note/key.js';
import { Failure } from '../reason.js';
import { type Envelope, envelopeIsSignedBy, payloadDigest, readEnvelope } from './envelope.js';
import { RECEIPT } from './receipt.js';
import { predicateTypeOf, readStatement } from './statement.js';

/** The length of the keys under which entries are filed, in bytes. */
export const ENTRY_KEY_BYTES = 16;

/** Reads a log entry. Throws `json/…` or `envelope/…`. */
export function readEntry(bytes: Uint8Array): Envelope {
  return readEnvelope(parseCanonical(bytes));
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

/** The keys under which an entry is filed: the start of its payload's digest and, for a receipt, the exchange's id. */
export function entryKeys(bytes: Uint8Array): readonly Uint8Array[] {
  const envelope = readEntry(bytes);
  const digest = payloadDigest(envelope).slice(0, ENTRY_KEY_BYTES);
  if (predicateTypeOf(envelope) !== RECEIPT.predicateType) return [digest];
  const exchange = exchangeKey(readStatement(RECEIPT, envelope).predicate.exchange);
  return exchange === null ? [digest] : [digest, exchange];
}

/** The key under which the receipt of an exchange is filed, or null when the text is not an exchange id. */
export function exchangeKey(exchange: string): Uint8Array | null {
  const key = fromBase32(exchange);
  return key?.length === ENTRY_KEY_BYTES ? key : null;
}
