/** Numbers and codes that are written in groups: payment cards, bank accounts, national ids. */
import { CARD_LAYOUTS, isCard } from './card.js';
import { isDigit, isPlainLetter, isPlainWord } from './characters.js';
import { ibanLength, isIban, MAX_IBAN } from './iban.js';
import { NATIONAL_IDS } from './national-ids.js';
import type { Found, RedactionKind } from './rules.js';

/** What may stand, once, between two groups. */
const BETWEEN: ReadonlySet<string> = new Set([' ', '-', '.', '/']);
/** More groups than any of them has; and more than there are in a layout. */
const MAX_GROUPS = 10;
const MOST_IN_LAYOUT = 7;

/** The digits of a card that is found in the middle of letters, at least. */
const LEAST_CARD = 13;

type Check = (text: string) => boolean;
interface Form {
  readonly kind: RedactionKind;
  readonly isOne: Check;
}

/** What a row of groups may be, by their lengths; and with what lengths something begins. */
const FORMS = new Map<number, Form[]>();
const BEGINNINGS = new Set<number>();

function add(layouts: readonly (readonly number[])[], form: Form): void {
  for (const layout of layouts) {
    const key = layout.reduce(withGroup, 0);
    FORMS.set(key, [...(FORMS.get(key) ?? []), form]);
    for (let length = 1; length <= layout.length; length++)
      BEGINNINGS.add(layout.slice(0, length).reduce(withGroup, 0));
  }
}
add(CARD_LAYOUTS, { kind: 'card', isOne: text => /^[0-9]+$/.test(text) && isCard(text) });
for (const { layouts, isOne } of NATIONAL_IDS) add(layouts, { kind: 'national-id', isOne });

/** A layout as one number. */
function withGroup(layout: number, length: number): number {
  return layout * 40 + length;
}

/** `text`: folded. */
export function* findNumbers(text: string, kinds: ReadonlySet<string>): Generator<Found> {
  for (let at = 0; at < text.length; at++) {
    if (!isPlainWord(text.charCodeAt(at))) continue;
    const end = endOfGroup(text, at);
    if (mayBegin(text, at, end)) yield* foundFrom(text, at, end, kinds);
    if (end - at > LEAST_CARD && kinds.has('card')) yield* cardsWithin(text, at, end);
    at = end;
  }
}

function endOfGroup(text: string, start: number): number {
  let end = start;
  while (isPlainWord(text.charCodeAt(end))) end++;
  return end;
}

/** Most words cannot be the beginning of anything; a fraction is none either. */
function mayBegin(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length > MAX_IBAN) return false;
  if (isDigit(text.charCodeAt(start))) return text[start - 1] !== '.' || !isDigit(text.charCodeAt(start - 2));
  // Letters alone stand in front of numbers of Britain and of foreigners in Spain, of codes of Italy, and of accounts.
  if (length <= 3 || length === 6) return true;
  for (let at = start + 1; at < end; at++) if (isDigit(text.charCodeAt(at))) return true;
  return false;
}

/** Cards to which letters have been put without a blank. */
function* cardsWithin(text: string, begin: number, end: number): Generator<Found> {
  for (let start = begin; start < end; start++) {
    let at = start;
    while (at < end && isDigit(text.charCodeAt(at))) at++;
    const isWhole = start === begin && at === end;
    if (!isWhole && at - start >= LEAST_CARD && at - start <= 19 && isCard(text.slice(start, at)))
      yield { kind: 'card', start, end: at };
    start = at;
  }
}

/** What begins at this place, in one group or in several. */
function* foundFrom(
  text: string,
  start: number,
  first: number,
  kinds: ReadonlySet<string>,
): Generator<Found> {
  const isLettered = isPlainLetter(text.charCodeAt(start)) && isPlainLetter(text.charCodeAt(start + 1));
  const iban = isLettered ? ibanLength(text.slice(start, start + 2)) : null;
  let [length, layout, groups] = [0, 0, 0];
  for (let [at, end] = [start, first]; ; end = endOfGroup(text, at)) {
    length += end - at;
    layout = withGroup(layout, end - at);
    groups++;
    if (length > MAX_IBAN) return;
    if (kinds.has('iban') && length === iban && isIban(together(text, start, end)))
      yield { kind: 'iban', start, end };
    if (iban === null && !BEGINNINGS.has(layout)) return;
    const forms = groups > MOST_IN_LAYOUT ? undefined : FORMS.get(layout);
    if (forms !== undefined && !goesOnAsFraction(text, start, end, groups)) {
      const whole = together(text, start, end);
      for (const { kind, isOne } of forms) if (kinds.has(kind) && isOne(whole)) yield { kind, start, end };
    }
    if (groups === MAX_GROUPS || !BETWEEN.has(text[end] as string)) return;
    at = end + 1;
    if (!isPlainWord(text.charCodeAt(at))) return;
  }
}

/** Groups without what stands between them. */
function together(text: string, start: number, end: number): string {
  return text.slice(start, end).replace(/[^0-9a-z]/g, '');
}

/** `4111111111111111.5` is a number. */
function goesOnAsFraction(text: string, start: number, end: number, groups: number): boolean {
  if (groups > 1 || !isDigit(text.charCodeAt(start))) return false;
  return text[end] === '.' && isDigit(text.charCodeAt(end + 1));
}
