/**
 * Numbers by which countries know their people. docs/redaction.md names them; where a number checks itself, only one that does is taken for it, and
 * where it does not, only one that is grouped as people group it.
 */
import { isDay, passesLuhn, passesMod112, passesMod1110, passesVerhoeff, weighted } from './check-digits.js';

export interface NationalId {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** The lengths of the groups in which it is written. */
  readonly layouts: readonly (readonly number[])[];
  /** `text`: the groups together, digits and small letters. */
  isOne(text: string): boolean;
}

const DIGITS = /^[0-9]+$/;
/** A number of digits alone. */
const digits = (isOne: (text: string) => boolean) => (text: string) => DIGITS.test(text) && isOne(text);

export const NATIONAL_IDS: readonly NationalId[] = [
  // Social security numbers, and the tax numbers of those who have none.
  {
    country: 'US',
    layouts: [[3, 2, 4]],
    isOne: text => /^(?!000|666)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4}$/.test(text),
  },
  {
    country: 'GB',
    layouts: [[9], [2, 2, 2, 2, 1], [2, 6, 1], [8, 1]],
    isOne: text => /^(?!bg|gb|nk|kn|tn|nt|zz)[a-ceghj-prstw-z][a-ceghj-nprstw-z][0-9]{6}[a-d]$/.test(text),
  },
  // Tax identification numbers: of the first ten digits, one or two are missing.
  {
    country: 'DE',
    layouts: [[11], [2, 3, 3, 3]],
    isOne: digits(text => text[0] !== '0' && isSpread(text.slice(0, 10)) && passesMod1110(text)),
  },
  // Numbers of the register of persons; 2A and 2B are the two departments of Corsica.
  {
    country: 'FR',
    layouts: [[15], [13, 2], [1, 2, 2, 2, 3, 3, 2]],
    isOne: text => {
      if (!/^[1-478][0-9]{4}(?:[0-9]{2}|2[ab])[0-9]{8}$/.test(text)) return false;
      const plain = text.replace('a', '0').replace('b', '0');
      const less = text.includes('a') ? 1_000_000 : text.includes('b') ? 2_000_000 : 0;
      return 97 - ((Number(plain.slice(0, 13)) - less) % 97) === Number(plain.slice(13));
    },
  },
  {
    country: 'ES',
    layouts: [[9], [8, 1], [1, 7, 1], [2, 3, 3, 1]],
    isOne: text => {
      if (!/^[0-9xyz][0-9]{7}[a-z]$/.test(text)) return false;
      const first = 'xyz'.indexOf(text[0] as string);
      const number = Number((first < 0 ? text[0] : String(first)) + text.slice(1, 8));
      return 'trwagmyfpdxbnjzsqvhlcke'[number % 23] === text[8];
    },
  },
  { country: 'IT', layouts: [[16], [6, 5, 5], [3, 3, 5, 5]], isOne: isCodiceFiscale },
  {
    country: 'NL',
    layouts: [[9], [4, 2, 3], [3, 3, 3]],
    isOne: digits(text => text !== '000000000' && weighted(text, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0),
  },
  {
    country: 'BE',
    layouts: [[11], [6, 3, 2], [2, 2, 2, 3, 2]],
    isOne: digits(text => {
      const [number, check] = [Number(text.slice(0, 9)), Number(text.slice(9))];
      // To the month of those who are not of the country 20 or 40 is added.
      const isBorn = isDay(String(Number(text.slice(2, 4)) % 20), text.slice(4, 6));
      // Since 2000 a 2 stands in front.
      return isBorn && [number, number + 2e9].some(value => 97 - (value % 97) === check);
    }),
  },
  {
    country: 'SE',
    layouts: [[6, 4], [8, 4], [10], [12]],
    isOne: digits(text => {
      const number = text.slice(-10);
      return /^(?:|19|20)$/.test(text.slice(0, -10)) && isBornOn(number.slice(2), 60) && passesLuhn(number);
    }),
  },
  // Numbers given since 2007 check nothing.
  {
    country: 'DK',
    layouts: [[6, 4]],
    isOne: digits(text => isDay(text.slice(2, 4), text.slice(0, 2))),
  },
  {
    country: 'FI',
    layouts: [[11], [6, 4]],
    isOne: text => {
      const [, born, serial, check] = /^([0-9]{6})[a-fu-y]?([0-9]{3})([0-9a-y])$/.exec(text) ?? [];
      if (born === undefined || !isDay(born.slice(2, 4), born.slice(0, 2))) return false;
      return '0123456789abcdefhjklmnprstuvwxy'[Number(born + serial) % 31] === check;
    },
  },
  {
    country: 'NO',
    layouts: [[11], [6, 5]],
    isOne: digits(
      text =>
        // To the day of those who only stay for a time 40 is added.
        isDay(text.slice(2, 4), String(Number(text.slice(0, 2)) % 40)) &&
        weighted(text, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 === 0 &&
        weighted(text, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
    ),
  },
  // The month also tells the century.
  {
    country: 'PL',
    layouts: [[11]],
    isOne: digits(
      text =>
        isDay(String(Number(text.slice(2, 4)) % 20), text.slice(4, 6)) &&
        weighted(text, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0,
    ),
  },
  {
    country: 'CH',
    layouts: [[13], [3, 4, 4, 2]],
    isOne: digits(
      text => text.startsWith('756') && weighted(text, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0,
    ),
  },
  { country: 'BR', layouts: [[11], [3, 3, 3, 2], [9, 2]], isOne: digits(isCpf) },
  {
    country: 'CA',
    layouts: [[3, 3, 3]],
    isOne: digits(text => /^[1-79]/.test(text) && passesLuhn(text)),
  },
  {
    country: 'AU',
    layouts: [[3, 3, 3]],
    isOne: digits(text => text !== '000000000' && weighted(text, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0),
  },
  {
    country: 'IN',
    layouts: [[12], [4, 4, 4]],
    isOne: digits(text => /^[2-9]/.test(text) && passesVerhoeff(text)),
  },
  {
    country: 'CN',
    layouts: [[18], [6, 8, 4]],
    isOne: text =>
      /^[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9x]$/.test(text) &&
      isDay(text.slice(10, 12), text.slice(12, 14)) &&
      passesMod112(text),
  },
  // Numbers given since 2020 check nothing.
  {
    country: 'KR',
    layouts: [[6, 7]],
    isOne: digits(text => isDay(text.slice(2, 4), text.slice(4, 6)) && /^[1-8]/.test(text.slice(6))),
  },
  {
    country: 'ZA',
    layouts: [[13], [6, 4, 3], [6, 4, 2, 1]],
    isOne: digits(
      text => isDay(text.slice(2, 4), text.slice(4, 6)) && /^[012]/.test(text.slice(10)) && passesLuhn(text),
    ),
  },
];

/** Exactly one digit stands there more than once, and that two or three times. */
function isSpread(text: string): boolean {
  const counts = [...'0123456789'].map(digit => text.split(digit).length - 1).filter(count => count > 1);
  return counts.length === 1 && (counts[0] as number) <= 3;
}

/** A month and a day, to which `more` is added in numbers of those who have none of their own yet. */
function isBornOn(text: string, more: number): boolean {
  const day = Number(text.slice(2, 4));
  return isDay(text.slice(0, 2), String(day > more ? day - more : day));
}

function isCpf(text: string): boolean {
  // Such numbers pass and are given to nobody.
  if (text === (text[0] as string).repeat(11)) return false;
  const check = (length: number) => {
    const weights = Array.from({ length }, (_, at) => length + 1 - at);
    return ((weighted(text, weights) * 10) % 11) % 10 === Number(text[length]);
  };
  return check(9) && check(10);
}

/** What letters and digits at odd places count, from 0 and from `a`. */
const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

const CODICE_FISCALE = /^[a-z]{6}[0-9l-npq-v]{2}[a-ehlmprst][0-9l-npq-v]{2}[a-z][0-9l-npq-v]{3}[a-z]$/;

/** A letter may stand for a digit where two people would have the same number. */
function isCodiceFiscale(text: string): boolean {
  if (!CODICE_FISCALE.test(text)) return false;
  let sum = 0;
  for (let at = 0; at < 15; at++) {
    const value = Number.parseInt(text[at] as string, 36);
    const place = value > 9 ? value - 10 : value;
    sum += at % 2 === 0 ? (ODD[place] as number) : place;
  }
  return (sum % 26) + 10 === Number.parseInt(text[15] as string, 36);
}
