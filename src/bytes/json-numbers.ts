/**
 * Numbers in JSON that are not what they were once they have been read as doubles and written anew. JSON's numbers have any length and a double has 17
 * digits, so that `12345678901234567890` would be handed on as `12345678901234567000` (RFC 8259 §6, RFC 7493 §2.2).
 */
import { endOfString } from './json-extent.js';

/** Any decimal of so many digits is what the double that is nearest to it is written as. */
const SAFE_CHARACTERS = 15;
/** No double that is written out has more; what has is not compared. */
const MOST_CHARACTERS = 400;
/** So many that are written in an unusual way are compared, and the rest taken for inexact: who writes a million of them wants us to. */
const MOST_COMPARED = 10_000;

/**
 * The values of the numbers in a text of JSON that cannot be handed on as they are, as `JSON.parse` reads them: infinite for what is out of range. A
 * number can be where it has the digits of its double, in the shortest form or in the one of 16 or 17 digits in which many programs write
 * theirs, however its point and exponent are written. `text` must be JSON; it may be long and hostile, so it is walked once.
 */
export function inexactNumbers(text: string): ReadonlySet<number> {
  const inexact = new Set<number>();
  let compared = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTATION_MARK) at = endOfString(text, at);
    else if (character === MINUS || isDigit(character)) {
      const start = at;
      let hasExponent = false;
      for (; at < text.length && isOfNumber(text.charCodeAt(at)); at++)
        hasExponent ||= (text.charCodeAt(at) | LOWER_CASE) === E;
      if (!hasExponent && at - start <= SAFE_CHARACTERS) continue;
      const written = text.slice(start, at);
      const value = Number(written);
      if (String(value) === written) continue;
      if (compared++ >= MOST_COMPARED || !isDouble(written, value)) inexact.add(value);
    }
  }
  return inexact;
}

const QUOTATION_MARK = 0x22;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const E = 0x65;
const LOWER_CASE = 0x20;

function isDigit(character: number): boolean {
  return character >= ZERO && character <= NINE;
}

function isOfNumber(character: number): boolean {
  return (
    isDigit(character) ||
    character === POINT ||
    character === MINUS ||
    character === PLUS ||
    (character | LOWER_CASE) === E
  );
}

function isDouble(written: string, value: number): boolean {
  if (written.length > MOST_CHARACTERS || !Number.isFinite(value)) return false;
  const decimal = decimalOf(written);
  return [String(value), value.toPrecision(17), value.toPrecision(16)].some(
    double => decimalOf(double) === decimal,
  );
}

/** A decimal in one form for all that are equal: its digits without zeros around them, and the power of ten that they are multiplied by. */
function decimalOf(number: string): string {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().split('e');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.slice(sign.length).split('.');
  const digits = whole + fraction;
  let start = 0;
  while (digits.charCodeAt(start) === ZERO) start++;
  let end = digits.length;
  while (end > start && digits.charCodeAt(end - 1) === ZERO) end--;
  if (start === end) return '0';
  return `${sign}${digits.slice(start, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}
