/**
 * Telephone numbers: with a country's code (ITU-T E.164), with the 0 that most countries dial first, as they are written in North America, India and
 * China, and any number right after a word such as `phone`. What else is nothing but digits is as likely an amount.
 */
import { isDigit, isPlainWord } from './characters.js';
import type { Found } from './rules.js';

/** The most that E.164 allows, and two for `00`. */
const MAX_DIGITS = 17;
/** More groups than a number has in a plan that says how it is grouped. */
const MOST_IN_PLAN = 5;
/** Characters that may stand between two groups of digits, as in `) - `. */
const MAX_GAP = 3;
const IN_GAP: ReadonlySet<string> = new Set([' ', '-', '.', '/', '(', ')']);
/** In these letters the word is found in most languages of Latin script. */
const WORD = /phone|telef|tel|mobil|movil|cell|fax|call|whatsapp|sms|handy|ruf/g;
/** How far before a number its word may begin. */
const WORD_RANGE = 24;

interface Group {
  readonly digits: string;
  readonly end: number;
  /** What stands between it and what comes next, as far as that may stand in a number. */
  readonly gap: string;
}

/** A row of digits in groups. */
interface Row {
  /** Whether it begins with a sign, or with an opening bracket. */
  readonly mark: '+' | '(' | '';
  readonly groups: readonly Group[];
}

/** `text`: folded. */
export function* findPhones(text: string): Generator<Found> {
  const words = new Words(text);
  for (let at = 0; at < text.length; at++) {
    if (!isDigit(text.charCodeAt(at))) continue;
    const start = startOfRow(text, at);
    if (start !== null) {
      const end = endOfPhone(text, start, at, words);
      // Brackets around all of it are none of its own.
      const isAround = end !== null && text[end] === ')' && !text.slice(start, end).includes(')');
      if (end !== null)
        yield { kind: 'phone', start: isAround && text[start] === '(' ? start + 1 : start, end };
    }
    while (isDigit(text.charCodeAt(at + 1))) at++;
  }
}

/** Where a row begins whose first digit is at this place: null when it is in the middle of a word or of another number. */
function startOfRow(text: string, at: number): number | null {
  const before = text[at - 1];
  const isBracketed = before === '(' && closes(text, at);
  if (isBracketed) return text[at - 2] === '+' ? at - 2 : at - 1;
  if (before === '+') return isPlainWord(text.charCodeAt(at - 2)) ? null : at - 1;
  if (isPlainWord(text.charCodeAt(at - 1))) return null;
  return before === '.' && isDigit(text.charCodeAt(at - 2)) ? null : at;
}

/** Whether a bracket closes behind the digits. */
function closes(text: string, start: number): boolean {
  let at = start;
  while (isDigit(text.charCodeAt(at)) && at - start < MAX_DIGITS) at++;
  return text[at] === ')';
}

/** `most`: how many groups to read. */
function readRow(text: string, start: number, first: number, most: number): Row {
  const mark = text[start] === '+' ? '+' : text[start] === '(' ? '(' : '';
  const groups: Group[] = [];
  let count = 0;
  for (let at = first; groups.length < most; ) {
    let end = at;
    while (isDigit(text.charCodeAt(end)) && end - at <= MAX_DIGITS) end++;
    count += end - at;
    if (end === at || count > MAX_DIGITS) break;
    let next = end;
    while (next - end < MAX_GAP && IN_GAP.has(text[next] as string)) next++;
    groups.push({ digits: text.slice(at, end), end, gap: text.slice(end, next) });
    if (next === end) break;
    at = next;
  }
  return { mark, groups };
}

/** Null for a row that is no telephone number. `first`: where its first digit is. */
function endOfPhone(text: string, start: number, first: number, words: Words): number | null {
  if (text[start] === '+') {
    return text[first] === '0' ? null : upTo(readRow(text, start, first, MAX_DIGITS), 7, 15);
  }
  if (text[first] === '0') return endOfDialled(readRow(text, start, first, MAX_DIGITS));
  const row = readRow(text, start, first, MOST_IN_PLAN);
  const end = endOfPlanned(row);
  if (end !== null || !words.isBefore(start)) return end;
  return upTo(readRow(text, start, first, MAX_DIGITS), 6, 15);
}

/** With the digits before it with which one dials out of the country, or out of town. */
function endOfDialled(row: Row): number | null {
  const [first = '', second = '', third = ''] = row.groups.map(({ digits }) => digits);
  if (first.startsWith('00')) return first[2] === '0' ? null : upTo(row, 10, MAX_DIGITS);
  return first.length < 2 || isDate(first, second, third) ? null : upTo(row, 9, 12);
}

/** As countries group it that dial nothing before it. */
function endOfPlanned(row: Row): number | null {
  const [first, second] = row.groups;
  const begin = first?.digits ?? '';
  const number = row.groups.map(({ digits }) => digits).join('');
  const isNorthAmerican = /^1?[2-9]..[2-9]/.test(number);
  const groups = begin === '1' ? [1, 3, 3, 4] : [3, 3, 4];
  const end = isNorthAmerican ? groupsEnd(row, groups) : null;
  if (end !== null) return end;
  const isBracketed = row.mark === '(' && first?.gap.startsWith(')') === true;
  if (isBracketed && isNorthAmerican && second !== undefined) return groupsEnd(row, [3, 7]);
  if (/^1[3-9]/.test(begin)) return groupsEnd(row, [11]) ?? groupsEnd(row, [3, 4, 4]);
  return /^[6-9]/.test(begin) ? groupsEnd(row, [5, 5]) : null;
}

/** Where the last group ends with which there are at least and at most so many digits. */
function upTo({ groups }: Row, least: number, most: number): number | null {
  let [count, found]: [number, number | null] = [0, null];
  for (const { digits, end } of groups) {
    count += digits.length;
    if (count > most) break;
    if (count >= least) found = end;
  }
  return found;
}

/** Where the groups of these lengths end with which a row begins; null for a row that begins otherwise, or goes on as if they were not all. */
function groupsEnd({ groups }: Row, lengths: readonly number[]): number | null {
  if (!lengths.every((length, at) => groups[at]?.digits.length === length)) return null;
  const { end, gap } = groups[lengths.length - 1] as Group;
  return groups.length === lengths.length || gap.includes(' ') ? end : null;
}

/** `24.12.2026`, as most countries write days. */
function isDate(day: string, month: string, year: string): boolean {
  const isShort = day.length === 2 && month.length === 2 && Number(day) <= 31 && Number(month) <= 12;
  return isShort && /^(?:19|20)..$/.test(year);
}

/** Whether a number stands right after a word that says what it is; asked in the order of the text. */
class Words {
  readonly #text: string;
  readonly #words: Iterator<RegExpExecArray, undefined>;
  #next: number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(text: string) {
    this.#text = text;
    this.#words = text.matchAll(WORD);
    this.#next = this.#words.next().value?.index ?? Number.POSITIVE_INFINITY;
  }

  isBefore(start: number): boolean {
    while (this.#next < start) {
      this.#last = this.#next;
      this.#next = this.#words.next().value?.index ?? Number.POSITIVE_INFINITY;
    }
    return start - this.#last <= WORD_RANGE && !/[0-9,\n]/.test(this.#text.slice(this.#last, start));
  }
}
