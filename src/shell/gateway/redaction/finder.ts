/** Finds in a text whatever the rules name. Its time grows with the length of the text and with nothing else. */
import { findEmails } from './find-emails.js';
import { findNumbers } from './find-numbers.js';
import { findPhones } from './find-phones.js';
import { fold } from './folded-text.js';
import { NameFinder } from './name-finder.js';
import type { Found, FoundKind, RedactionRules } from './rules.js';

/** What something is taken for that could be several: the surest first. */
const SUREST: readonly FoundKind[] = ['iban', 'card', 'national-id', 'email', 'phone', 'name'];

export class Finder {
  readonly #kinds: ReadonlySet<string>;
  readonly #names: NameFinder;

  constructor({ kinds, names }: Pick<RedactionRules, 'kinds' | 'names'>) {
    this.#kinds = new Set(kinds);
    this.#names = new NameFinder(names);
  }

  /** In order and without overlaps: what overlaps is found as one, so that nothing is left of either. */
  find(text: string): Found[] {
    const folded = fold(text);
    const found = [...this.#all(folded.text)].map(({ kind, start, end }) => ({
      kind,
      start: folded.startOf(start),
      end: folded.endOf(end),
    }));
    return joined(found);
  }

  *#all(text: string): Generator<Found> {
    if (this.#kinds.has('email')) yield* findEmails(text);
    if (this.#kinds.has('phone')) yield* findPhones(text);
    yield* findNumbers(text, this.#kinds);
    yield* this.#names.find(text);
  }
}

function joined(found: readonly Found[]): Found[] {
  const inOrder = [...found].sort((a, b) => a.start - b.start || b.end - a.end);
  const apart: Found[] = [];
  for (const one of inOrder) {
    const last = apart.at(-1);
    if (last === undefined || one.start >= last.end) apart.push(one);
    else apart[apart.length - 1] = together(last, one);
  }
  return apart;
}

/** Of the kind of the longer one. */
function together(a: Found, b: Found): Found {
  const [lengthA, lengthB] = [a.end - a.start, b.end - b.start];
  const isA = lengthA === lengthB ? SUREST.indexOf(a.kind) <= SUREST.indexOf(b.kind) : lengthA > lengthB;
  return { kind: isA ? a.kind : b.kind, start: a.start, end: Math.max(a.end, b.end) };
}
