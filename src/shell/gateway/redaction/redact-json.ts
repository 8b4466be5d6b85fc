/** A request's JSON with placeholders in place of what the rules name; every other byte stays as it came. */

import { JsonAllowance, REQUEST_EXTENT } from '../../../bytes/json-extent.js';
import { hasDoubledName } from '../../../bytes/json-names.js';
import { findTexts, type TextPlace } from '../../../exchange/texts/find-texts.js';
import { DATA, type Shape } from '../../../exchange/texts/shape.js';
import { type Edit, editsOfJson, spliced } from '../../../exchange/texts/splice.js';
import { Failure } from '../../../reason.js';
import type { Finder } from './finder.js';
import type { Placeholders } from './placeholders.js';

/** How often JSON may stand as a text in JSON and still be read as such; deeper, it is looked through as the text it is. */
const MAX_INSIDE = 3;
const WHOLE_NUMBER = /^[0-9]+$/;

export class JsonRedactor {
  readonly #finder: Finder;
  readonly #placeholders: Placeholders;
  /** What the texts that are JSON themselves may stand for, all of them together. */
  readonly #inside = new JsonAllowance(REQUEST_EXTENT);

  constructor(finder: Finder, placeholders: Placeholders) {
    this.#finder = finder;
    this.#placeholders = placeholders;
  }

  /**
   * `json`: a request that was read before. Throws `redaction/unreadable` for tokens in place of a text, for what is nested too deep or stands for too
   * much, and for an object with a member twice, of which an upstream might read the one that we do not.
   */
  redact(json: string, shape: Shape): string {
    if (hasDoubledName(json))
      throw new Failure('redaction/unreadable', { detail: 'a member that is there twice' });
    return spliced(json, this.#editsOf(json, JSON.parse(json), shape, 0));
  }

  /** A text that is no JSON, or is not to be read as such. */
  redactText(text: string): string {
    return spliced(text, this.#editsOfText(text));
  }

  #editsOf(json: string, value: unknown, shape: Shape, inside: number): Edit[] {
    const edits: Edit[] = [];
    findTexts(json, value, shape, false, place => {
      for (const edit of editsOfJson(json, place, this.#editsOfPlace(place, inside))) edits.push(edit);
    });
    return edits;
  }

  #editsOfPlace({ form, text }: TextPlace, inside: number): Edit[] {
    if (form === 'number') return this.#editsOfNumber(text);
    const value = inside < MAX_INSIDE ? this.#parsed(text) : undefined;
    return value === undefined ? this.#editsOfText(text) : this.#editsOf(text, value, DATA, inside + 1);
  }

  #editsOfText(text: string): Edit[] {
    this.#placeholders.avoid(text);
    return this.#finder.find(text).map(({ kind, start, end }) => {
      const value = text.slice(start, end);
      return { start, end, replacement: () => this.#placeholders.of(kind, value) };
    });
  }

  /** A number is taken out whole or not at all: any part of it would be none. */
  #editsOfNumber(digits: string): Edit[] {
    if (!WHOLE_NUMBER.test(digits)) return [];
    return this.#editsOfText(digits).filter(({ start, end }) => start === 0 && end === digits.length);
  }

  /** The list or object that a text is the JSON of; undefined for any other text. */
  #parsed(text: string): object | undefined {
    const first = text.trimStart()[0];
    if (first !== '{' && first !== '[') return undefined;
    if (!this.#inside.takes(text)) throw new Failure('redaction/unreadable', { detail: 'too many values' });
    try {
      return JSON.parse(text) as object;
    } catch {
      return undefined;
    }
  }
}
