/** International bank account numbers (ISO 13616): two letters of a country, two check digits, and as many characters as that country has. */
import { remainder } from './check-digits.js';

/** The whole length by country, from the registry of ISO 13616 that SWIFT keeps, and of those that use the form without being in it. */
const LENGTHS: Readonly<Record<number, string>> = {
  15: 'no',
  16: 'be',
  18: 'dk fk fi fo gl nl sd',
  19: 'mk si',
  20: 'at ba ee kz lt lu mn xk',
  21: 'ch hr li lv',
  22: 'bg bh cr de gb ge ie me rs va',
  23: 'ae gi il iq om so tl',
  24: 'ad cz es md pk ro sa se sk tn vg',
  25: 'ao cv gw ly mz pt st',
  26: 'dz ir is tr',
  27: 'bi cf cg cm dj fr ga gr it km mc mg mr sm td',
  28: 'al az bf bj by ci cy do gt hn hu lb ma ml ne ni pl sn sv tg',
  29: 'br eg ps qa ua',
  30: 'jo kw mu ye',
  31: 'mt sc',
  32: 'lc',
  33: 'ru',
};

const LENGTH_OF: ReadonlyMap<string, number> = new Map(
  Object.entries(LENGTHS).flatMap(([length, countries]) =>
    countries.split(' ').map(country => [country, Number(length)] as const),
  ),
);

/** The most characters that one has. */
export const MAX_IBAN = 34;

/** How long the number is that begins with these letters; null where no country's does. */
export function ibanLength(country: string): number | null {
  return LENGTH_OF.get(country) ?? null;
}

/** `text`: a number in small letters, without blanks, of its country's length. */
export function isIban(text: string): boolean {
  return /^[a-z]{2}[0-9]{2}[a-z0-9]+$/.test(text) && remainder(text.slice(4) + text.slice(0, 4), 97) === 1;
}
