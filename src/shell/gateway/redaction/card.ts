/** Payment cards: a number of an issuer's range that checks itself (ISO/IEC 7812). */
import { passesLuhn } from './check-digits.js';

/** How many digits the cards of an issuer have, by what they begin with. */
const ISSUERS: readonly (readonly [RegExp, number, number])[] = [
  // Visa
  [/^4/, 13, 19],
  // Mastercard
  [/^5[1-5]/, 16, 16],
  [/^2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)/, 16, 16],
  // American Express
  [/^3[47]/, 15, 15],
  // Diners Club
  [/^3(?:0[0-59]|[689])/, 14, 19],
  // JCB
  [/^35(?:2[89]|[3-8])/, 16, 19],
  // Discover, RuPay, UnionPay, Maestro, and others of the range
  [/^(?:50|5[6-9]|6|8[12])/, 12, 19],
  // Mir
  [/^220[0-4]/, 16, 19],
];

/** As cards and people group them. */
export const CARD_LAYOUTS: readonly (readonly number[])[] = [
  [12],
  [13],
  [14],
  [15],
  [16],
  [17],
  [18],
  [19],
  [4, 4, 4],
  [4, 4, 4, 1],
  [4, 4, 4, 2],
  [4, 4, 4, 3],
  [4, 4, 4, 4],
  [4, 4, 4, 4, 1],
  [4, 4, 4, 4, 2],
  [4, 4, 4, 4, 3],
  [4, 3, 3, 3],
  [4, 4, 5],
  [4, 6, 4],
  [4, 6, 5],
  [6, 13],
  [8, 8],
];

/** `digits`: a number without what stands between its groups. */
export function isCard(digits: string): boolean {
  // Quick, and nine of ten do not pass it.
  if (!passesLuhn(digits)) return false;
  const { length } = digits;
  return ISSUERS.some(([begin, least, most]) => length >= least && length <= most && begin.test(digits));
}
