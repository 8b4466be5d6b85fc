/**
 * A faster answer, where it is yes, to whether JSON is canonical (RFC 8785): its bytes are looked at once, in place of writing the value again to
 * compare. What is not known here is never accepted: `false` says that it has to be written.
 */

/** How many objects and arrays may be open at once: no fewer than any format of ours needs. */
const MAX_OPEN = 32;

/** Where the latest name begins and ends in each object that is open; an end before the beginning of the text where there is none yet. */
const nameStarts = new Int32Array(MAX_OPEN + 1);
const nameEnds = new Int32Array(MAX_OPEN + 1);
const NONE = -1;

/** Integers of so many digits are written as they stand, whatever they are. */
const MAX_SAFE_DIGITS = 15;
/** ECMAScript writes no number with more characters, by far. */
const MAX_NUMBER_LENGTH = 32;

const QUOTATION_MARK = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** @param json what `JSON.parse` has taken as UTF-8: its grammar is not looked at again, and no string has a control character in it */
export function isSurelyCanonical(json: Uint8Array): boolean {
  let open = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number;
    if (byte === QUOTATION_MARK) {
      const end = endOfString(json, at);
      if (end === NONE) return false;
      if (json[end + 1] === COLON && !isNextName(json, open, at + 1, end)) return false;
      at = end;
    } else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) {
      if (open === MAX_OPEN) return false;
      nameEnds[++open] = NONE;
    } else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) open--;
    else if (byte === MINUS || (byte >= ZERO && byte <= NINE)) {
      const end = endOfNumber(json, at);
      if (!isWrittenSo(json, at, end)) return false;
      at = end - 1;
    } else if (byte <= 0x20) return false;
  }
  return true;
}

/** Where the string ends that begins at `start`; {@link NONE} when something in it is escaped. */
function endOfString(json: Uint8Array, start: number): number {
  for (let at = start + 1; ; at++) {
    const byte = json[at];
    if (byte === QUOTATION_MARK) return at;
    if (byte === BACKSLASH || byte === undefined) return NONE;
  }
}

/** Whether the name from `start` to before `end` comes after the one before it in its object. Only ASCII has the order of its code units. */
function isNextName(json: Uint8Array, open: number, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((json[at] as number) > 0x7f) return false;
  const beforeStart = nameStarts[open] as number;
  const beforeEnd = nameEnds[open] as number;
  nameStarts[open] = start;
  nameEnds[open] = end;
  if (beforeEnd === NONE) return true;
  const beforeLength = beforeEnd - beforeStart;
  const length = end - start;
  for (let at = 0; at < beforeLength && at < length; at++) {
    const difference = (json[start + at] as number) - (json[beforeStart + at] as number);
    if (difference !== 0) return difference > 0;
  }
  return length > beforeLength;
}

function endOfNumber(json: Uint8Array, start: number): number {
  let end = start + 1;
  while (
    end < json.length &&
    json[end] !== COMMA &&
    json[end] !== CLOSING_BRACE &&
    json[end] !== CLOSING_BRACKET
  )
    end++;
  return end;
}

/** Whether the number from `start` to before `end` is written as ECMAScript writes it. */
function isWrittenSo(json: Uint8Array, start: number, end: number): boolean {
  const first = json[start] === MINUS ? start + 1 : start;
  let digits = first;
  while (digits < end && (json[digits] as number) >= ZERO && (json[digits] as number) <= NINE) digits++;
  // Minus nothing is written as nothing.
  if (digits === end && end - first <= MAX_SAFE_DIGITS) return first === start || json[first] !== ZERO;
  if (end - start > MAX_NUMBER_LENGTH) return false;
  const text = String.fromCharCode(...json.subarray(start, end));
  return String(Number(text)) === text;
}
