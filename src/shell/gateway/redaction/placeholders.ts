/** The words that stand in place of what was taken out: the same word for the same value, and no word that the request has already. */
import { Failure } from '../../../reason.js';
import type { FoundKind } from './rules.js';

const WORDS: Readonly<Record<FoundKind, string>> = {
  email: 'EMAIL',
  phone: 'PHONE',
  card: 'CARD',
  iban: 'IBAN',
  'national-id': 'NATIONAL_ID',
  name: 'NAME',
};

/** More than anybody asks a model about at once; each is held as long as the exchange runs. */
const MAX_VALUES = 100_000;
/** The longest placeholder: its word, a number of six digits, and what is around them. */
export const MAX_PLACEHOLDER = 24;

const PLACEHOLDER = /\[(?:EMAIL|PHONE|CARD|IBAN|NATIONAL_ID|NAME)_[0-9]{1,8}\]/g;
/** How a text ends in which a placeholder has begun. */
const BEGUN = /^\[[A-Z_]{0,12}[0-9]{0,8}$/;

export class Placeholders {
  readonly #taken = new Set<string>();
  readonly #byValue = new Map<string, string>();
  readonly #values = new Map<string, string>();
  readonly #counts = new Map<FoundKind, number>();

  /** Notes the words that look like placeholders in a text of the request; before the first is given. */
  avoid(text: string): void {
    for (const [word] of text.matchAll(PLACEHOLDER)) this.#taken.add(word);
  }

  /** Throws `redaction/unreadable` for more values than can be kept. */
  of(kind: FoundKind, value: string): string {
    const key = `${kind} ${value}`;
    const known = this.#byValue.get(key);
    if (known !== undefined) return known;
    if (this.#values.size >= MAX_VALUES)
      throw new Failure('redaction/unreadable', { detail: `over ${MAX_VALUES} values` });
    const word = this.#next(kind);
    this.#byValue.set(key, word);
    this.#values.set(word, value);
    return word;
  }

  #next(kind: FoundKind): string {
    for (let count = (this.#counts.get(kind) ?? 0) + 1; ; count++) {
      const word = `[${WORDS[kind]}_${count}]`;
      if (this.#taken.has(word)) continue;
      this.#counts.set(kind, count);
      return word;
    }
  }

  /** How many have been given. */
  get count(): number {
    return this.#values.size;
  }

  /** The kinds of which some have been given, in the order in which they were. */
  get kinds(): readonly FoundKind[] {
    return [...this.#counts.keys()];
  }

  /** Each placeholder in a text, and what it stands for. */
  *in(text: string): Generator<{ readonly start: number; readonly end: number; readonly value: string }> {
    for (const { 0: word, index } of text.matchAll(PLACEHOLDER)) {
      const value = this.#values.get(word);
      if (value !== undefined) yield { start: index, end: index + word.length, value };
    }
  }
}

/** Where a placeholder may have begun of which the text has no end yet; the text's length where there is none. */
export function startOfBegun(text: string): number {
  const start = text.lastIndexOf('[');
  return start >= 0 && text.length - start < MAX_PLACEHOLDER && BEGUN.test(text.slice(start))
    ? start
    : text.length;
}
