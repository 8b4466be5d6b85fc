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

const SPACE = 0x20;
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
    else if (byte >= ZERO && byte <= NINE) {
      const end = endOfNumber(json, at);
      if (end === NONE) return false;
      at = end - 1;
    } else if (byte <= SPACE || byte === MINUS) return false;
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

/** Where the whole number ends that begins at `start`; {@link NONE} for any other number, which there may be several ways to write. */
function endOfNumber(json: Uint8Array, start: number): number {
  let end = start;
  while ((json[end] as number) >= ZERO && (json[end] as number) <= NINE) end++;
  const next = json[end];
  const isWhole = next === undefined || next === COMMA || next === CLOSING_BRACE || next === CLOSING_BRACKET;
  return isWhole && end - start <= MAX_SAFE_DIGITS ? end : NONE;
}
