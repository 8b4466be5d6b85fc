/**
 * A text as its readers see it: small letters without accents, and the same digits, blanks and hyphens in whatever script and width, so that what
 * is looked for is found however it was typed. Each character knows where it came from.
 */

export interface FoldedText {
  readonly text: string;
  /** Where in the original the piece begins that became the folded character at this place. */
  startOf(at: number): number;
  /** Where the piece ends that became the folded character before this place. */
  endOf(at: number): number;
}

/** The longest that one character becomes: a ligature of three letters. */
const MAX_EXPANSION = 3;
const SOFT = /[\p{Mn}\p{Cf}]/u;
const BLANK = /[\p{Zs}]/u;
const HYPHEN = /[\p{Pd}\u2212]/u;
const DIGIT = /\p{Nd}/u;
const APOSTROPHE = /[\u2018\u2019\u02bc\uff07]/u;
const ASCII = /^[\0-\x7f]*$/;

export function fold(text: string): FoldedText {
  // Small letters of ASCII are as long as the capitals.
  if (ASCII.test(text)) return { text: text.toLowerCase(), startOf: at => at, endOf: at => at };
  return foldAll(text);
}

function foldAll(text: string): FoldedText {
  let room = text.length + 16;
  let units = new Uint16Array(room);
  let starts = new Uint32Array(room);
  let length = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    const size = code >= 0xd800 && code < 0xdc00 && isLow(text.charCodeAt(at + 1)) ? 2 : 1;
    if (length + MAX_EXPANSION > room) {
      room *= 2;
      const [wider, later] = [new Uint16Array(room), new Uint32Array(room)];
      wider.set(units);
      later.set(starts);
      [units, starts] = [wider, later];
    }
    if (code < 0x80) {
      units[length] = code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
      starts[length++] = at;
    } else {
      const folded = foldedCharacter(text.slice(at, at + size));
      for (let unit = 0; unit < folded.length; unit++) {
        units[length] = folded.charCodeAt(unit);
        starts[length++] = at;
      }
    }
    at += size;
  }
  const sizeAt = (start: number) =>
    isHigh(text.charCodeAt(start)) && isLow(text.charCodeAt(start + 1)) ? 2 : 1;
  return {
    text: textOf(units.subarray(0, length)),
    startOf: at => (at < length ? (starts[at] as number) : text.length),
    endOf: at => {
      if (at === 0) return 0;
      const start = starts[at - 1] as number;
      return start + sizeAt(start);
    },
  };
}

/** What characters outside ASCII become. As many are kept as a text has different ones, within reason. */
const known = new Map<string, string>();
const MAX_KNOWN = 20_000;

function foldedCharacter(character: string): string {
  const before = known.get(character);
  if (before !== undefined) return before;
  const folded = foldAnew(character);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(character, folded);
  return folded;
}

/** Marks and what has no width become nothing. */
function foldAnew(character: string): string {
  if (BLANK.test(character)) return ' ';
  if (HYPHEN.test(character)) return '-';
  if (APOSTROPHE.test(character)) return "'";
  if (SOFT.test(character)) return '';
  if (DIGIT.test(character)) return digitOf(character);
  const plain = [...character.normalize('NFKD')]
    .filter(part => !SOFT.test(part))
    .join('')
    .toLowerCase();
  return plain.length > 0 && plain.length <= MAX_EXPANSION ? plain : character;
}

/** Digits stand in Unicode in runs of ten, from zero to nine, but for those of mathematics, which have a plain form. */
function digitOf(character: string): string {
  const plain = character.normalize('NFKD');
  if (plain >= '0' && plain <= '9') return plain;
  const code = character.codePointAt(0) as number;
  let zero = code;
  while (code - zero < 9 && DIGIT.test(String.fromCodePoint(zero - 1))) zero--;
  return String(code - zero);
}

/** Engines take only so many arguments at once. */
function textOf(units: Uint16Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < units.length; at += 8192)
    pieces.push(String.fromCharCode(...units.subarray(at, at + 8192)));
  return pieces.join('');
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}
