/**
 * The entry with which an issuer names the price list that it prices by, logged before the first receipt that refers to it. The list itself is not in
 * the log: it may be long, and what an operator pays may be his own business until somebody disputes a bill. Whoever holds the list can compare its digest.
 *
 * It is a type of its own and no part of the policy: prices change on other days, and each would make every receipt name another policy.
 */
import * as v from 'valibot';
import { Currency, Day, Hash, KeyLabel } from './shapes.js';
import { statementType, writeStatement } from './statement.js';

export const PRICE_LIST = statementType({
  predicateType: 'urn:countersign:price-list:v1',
  /** SHA-256 of the list's canonical JSON. */
  subject: v.strictTuple([
    v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('price-list') }),
  ]),
  /** No time of its own: the same list is logged once, however often its issuer starts. */
  predicate: v.strictObject({ currency: Currency, dated: Day, issuer: KeyLabel }),
  malformed: 'entry/malformed',
});

/** `digest`: the list's, hexadecimal; `issuer`: the label of the key that signs. */
export function priceListStatement(
  digest: string,
  { currency, dated }: { readonly currency: string; readonly dated: string },
  issuer: string,
): Uint8Array {
  return writeStatement(PRICE_LIST, {
    subject: [{ digest: { sha256: digest }, name: 'price-list' }],
    predicate: { currency, dated, issuer },
  });
}
