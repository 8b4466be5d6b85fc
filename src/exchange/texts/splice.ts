/** Replacing parts of the texts in a JSON: what is replaced changes, and every other character stays as it was written. */
import type { TextPlace } from './find-texts.js';

/** So much of a text is to be replaced: from `start`, before `end`, in UTF-16 code units. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  /** Called when all edits are known. */
  readonly replacement: () => string;
}

/** The text with its edits made, which are in order and do not overlap. */
export function spliced(text: string, edits: readonly Edit[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const { start, end, replacement } of edits) {
    pieces.push(text.slice(at, start), replacement());
    at = end;
  }
  pieces.push(text.slice(at));
  return pieces.join('');
}

/** The edits of a text as edits of the JSON in which its literal stands. `json`: all of it. A number becomes a string. */
export function editsOfJson(json: string, place: TextPlace, edits: readonly Edit[]): Edit[] {
  if (edits.length === 0) return [];
  if (place.form === 'number') {
    const replacement = () => JSON.stringify(spliced(place.text, edits));
    return [{ start: place.start, end: place.end, replacement }];
  }
  const units = new LiteralUnits(json, place.start + 1);
  return edits.map(({ start, end, replacement }) => ({
    start: units.goTo(start),
    end: units.goTo(end),
    replacement: () => escaped(replacement()),
  }));
}

/** The text as it stands between the quotation marks of a JSON string. */
export function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Where the code units of a text are in the JSON string that stands for it; asked for in their order. */
class LiteralUnits {
  readonly #json: string;
  #at: number;
  #unit = 0;

  constructor(json: string, start: number) {
    this.#json = json;
    this.#at = start;
  }

  goTo(unit: number): number {
    for (; this.#unit < unit; this.#unit++) {
      if (this.#json[this.#at] !== '\\') this.#at++;
      else this.#at += this.#json[this.#at + 1] === 'u' ? 6 : 2;
    }
    return this.#at;
  }
}
