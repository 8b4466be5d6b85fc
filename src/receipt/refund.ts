/**
 * The entry with which an operator orders a part of an exchange's price to be given back to whoever paid it. It is an order, not a payment: the log
 * shows that it was given, and the bill has to follow it. Who the payer is it does not say; the receipt's `client` does, to those who know him.
 */
import * as v from 'valibot';
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize } from '../bytes/json.js';
import { Currency, Decimal, Hash, Identifier, KeyLabel, Time } from './shapes.js';
import { statementType, writeStatement } from './statement.js';

/** Why something is given back. Never more than this word. */
export const REFUND_REASONS = ['check-failed', 'wrong-bill', 'ruling', 'goodwill'] as const;

export const Refund = v.strictObject({
  /** Over zero. */
  amount: v.pipe(Decimal, v.regex(/^[0-9.]*[1-9][0-9.]*$/)),
  currency: Currency,
  exchange: Identifier,
  reason: v.picklist(REFUND_REASONS),
  /** SHA-256 of the receipt's payload, hexadecimal. */
  receipt: Hash,
});
export type Refund = v.InferOutput<typeof Refund>;

export const REFUND = statementType({
  predicateType: 'urn:countersign:refund:v1',
  subject: v.strictTuple([
    v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('refund') }),
  ]),
  predicate: v.strictObject({ decided: Time, issuer: KeyLabel, refund: Refund }),
  malformed: 'entry/malformed',
});

/** SHA-256 of a refund's canonical JSON, hexadecimal: the statement's subject. */
export function refundDigest(refund: Refund): string {
  return toHex(sha256(canonicalize(refund)));
}

/** `issuer`: the label of the key that signs; `decided` in milliseconds. */
export function refundStatement(refund: Refund, issuer: string, decided: number): Uint8Array {
  return writeStatement(REFUND, {
    subject: [{ digest: { sha256: refundDigest(refund) }, name: 'refund' }],
    predicate: { decided, issuer, refund },
  });
}
