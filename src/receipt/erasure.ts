/**
 * The entry with which an operator says that it has destroyed the content of an exchange: prompt, answer and opening. The receipt stays, and
 * still verifies; nobody can compare content with it any more, except who has kept opening and content. Nothing of the exchange is in the entry but
 * its id and its receipt's digest, which are in the log already.
 */
import * as v from 'valibot';
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize } from '../bytes/json.js';
import { Hash, Identifier, KeyLabel, Time } from './shapes.js';
import { statementType, writeStatement } from './statement.js';

export const Erasure = v.strictObject({
  exchange: Identifier,
  /** SHA-256 of the receipt's payload, hexadecimal; null when the log has no receipt of the exchange, as after a loss of power. */
  receipt: v.nullable(Hash),
});
export type Erasure = v.InferOutput<typeof Erasure>;

export const ERASURE = statementType({
  predicateType: 'urn:countersign:erasure:v1',
  subject: v.strictTuple([
    v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('erasure') }),
  ]),
  /** `decided`: when it was asked for. */
  predicate: v.strictObject({ decided: Time, erasure: Erasure, issuer: KeyLabel }),
  malformed: 'entry/malformed',
});

/** SHA-256 of an erasure's canonical JSON, hexadecimal: the statement's subject. */
export function erasureDigest(erasure: Erasure): string {
  return toHex(sha256(canonicalize(erasure)));
}

/** `issuer`: the label of the key that signs; `decided` in milliseconds. */
export function erasureStatement(erasure: Erasure, issuer: string, decided: number): Uint8Array {
  return writeStatement(ERASURE, {
    subject: [{ digest: { sha256: erasureDigest(erasure) }, name: 'erasure' }],
    predicate: { decided, erasure, issuer },
  });
}
