/**
 * Puts values back in place of their placeholders, in texts that come in pieces: a placeholder may begin in one and end in another. A piece is settled when
 * nothing that follows can change it any more.
 */
import type { TextPlace } from '../../../exchange/texts/find-texts.js';
import { type Edit, escaped } from '../../../exchange/texts/splice.js';
import { Failure } from '../../../reason.js';
import { type Placeholders, startOfBegun } from './placeholders.js';

/** A piece of a text, in a part of an answer. */
export interface Piece {
  readonly place: TextPlace;
  /** The number of the part. */
  readonly part: number;
  /** In order. */
  readonly edits: Edit[];
}

/** So much of a piece, from `from` on. */
interface Stretch {
  readonly piece: Piece;
  readonly from: number;
  readonly length: number;
}

/** The end of a text in which a placeholder may have begun. */
interface Begun {
  readonly text: string;
  readonly stretches: readonly Stretch[];
}

/** How many parts are waited for the rest of a placeholder: it has fewer characters, and others may come in between. */
const PATIENCE = 32;
/** As many texts as an answer has at once. */
const MAX_BEGUN = 64;

export class RestoredTexts {
  readonly #placeholders: Placeholders;
  #room: number;
  /** By lane, the one first that has waited longest. */
  readonly #begun = new Map<string, Begun>();

  /** `limit`: the most code units to put back, because an upstream could repeat a placeholder without end. */
  constructor(placeholders: Placeholders, limit: number) {
    this.#placeholders = placeholders;
    this.#room = limit;
  }

  /** Takes the next piece. Throws `upstream/oversized`. */
  add(piece: Piece): void {
    const { lane, text } = piece.place;
    if (text === '') return;
    const before = lane === null ? undefined : this.#begun.get(lane);
    const whole = (before?.text ?? '') + text;
    const stretches = [...(before?.stretches ?? []), { piece, from: 0, length: text.length }];
    let settled = 0;
    for (const { start, end, value } of this.#placeholders.in(whole)) {
      this.#room -= value.length;
      if (this.#room < 0) throw new Failure('upstream/oversized', { detail: 'what is put back' });
      replace(stretches, start, end, value);
      settled = end;
    }
    if (lane === null) return;
    this.#begun.delete(lane);
    const begun = settled + startOfBegun(whole.slice(settled));
    if (begun === whole.length) return;
    this.#begun.set(lane, { text: whole.slice(begun), stretches: cut(stretches, begun) });
    if (this.#begun.size > MAX_BEGUN) this.#begun.delete(this.#begun.keys().next().value as string);
  }

  /** The first part that is not settled; after part `latest`. */
  firstUnsettled(latest: number): number {
    let first = latest + 1;
    for (const [lane, { stretches }] of this.#begun) {
      if (latest - (stretches.at(-1) as Stretch).piece.part > PATIENCE) this.#begun.delete(lane);
      else first = Math.min(first, (stretches[0] as Stretch).piece.part);
    }
    return first;
  }

  /** Nothing more comes of any text. */
  settle(): void {
    this.#begun.clear();
  }
}

/** The value goes where its placeholder begins; the rest of that goes. */
function replace(stretches: readonly Stretch[], start: number, end: number, value: string): void {
  let at = 0;
  let isFirst = true;
  for (const { piece, from, length } of stretches) {
    const [begin, stop] = [Math.max(start, at), Math.min(end, at + length)];
    if (begin < stop) {
      const text = piece.place.form === 'json' ? escaped(value) : value;
      const replacement = isFirst ? () => text : () => '';
      piece.edits.push({ start: from + begin - at, end: from + stop - at, replacement });
      isFirst = false;
    }
    at += length;
  }
}

/** What is left of them behind so many characters. */
function cut(stretches: readonly Stretch[], begin: number): Stretch[] {
  const left: Stretch[] = [];
  let at = 0;
  for (const { piece, from, length } of stretches) {
    const skipped = Math.min(Math.max(begin - at, 0), length);
    if (skipped < length) left.push({ piece, from: from + skipped, length: length - skipped });
    at += length;
  }
  return left;
}
