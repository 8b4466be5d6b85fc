/**
 * JSON that Intel signs: compact, and signed as the text that it is. It is read only after its signature was found good, and strictly all the
 * same: a text counts only if its value is written as that text again, so that no member stands in it twice.
 */

import type { Json } from '../../bytes/json.js';
import { isWithinExtent } from '../../bytes/json-extent.js';
import { Failure, type ReasonCode } from '../../reason.js';

/** The largest that Intel publishes are of some 20 KiB. */
export const MAX_SIGNED_JSON = 128 * 1024;
/** A level of TDX has 35 containers. The engine's own writer may go this deep. */
const EXTENT = { containers: 2500, members: 20_000, values: 20_000 };

/** The whole as a member without a name. Throws `code`. */
export function readSignedJson(text: string, code: ReasonCode): JsonMember {
  if (text.length > MAX_SIGNED_JSON || !isWithinExtent(text, EXTENT))
    throw new Failure(code, { detail: 'larger than any that Intel publishes' });
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new Failure(code, { detail: 'no JSON' });
  }
  if (JSON.stringify(value) !== text) throw new Failure(code, { detail: 'not in the form that Intel signs' });
  return new JsonMember(value, '', code);
}

/** A value that may be absent or of any type until it is asked for. Every reader throws the code that it was made with, naming the place. */
export class JsonMember {
  readonly #value: Json | undefined;
  readonly #path: string;
  readonly #code: ReasonCode;

  constructor(value: Json | undefined, path: string, code: ReasonCode) {
    this.#value = value;
    this.#path = path;
    this.#code = code;
  }

  get isAbsent(): boolean {
    return this.#value === undefined;
  }

  member(name: string): JsonMember {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.refused('no object');
    const own = Object.hasOwn(value, name) ? (value as { readonly [name: string]: Json })[name] : undefined;
    return new JsonMember(own, this.#path === '' ? name : `${this.#path}.${name}`, this.#code);
  }

  /** From `least` to `most` elements. */
  list(least: number, most: number): readonly JsonMember[] {
    const value = this.#value;
    if (!Array.isArray(value) || value.length < least || value.length > most)
      throw this.refused('no list of that length');
    return value.map((element: Json, i) => new JsonMember(element, `${this.#path}[${i}]`, this.#code));
  }

  text(pattern: RegExp): string {
    if (typeof this.#value !== 'string' || !pattern.test(this.#value)) throw this.refused('no such text');
    return this.#value;
  }

  oneOf<Choice extends string>(choices: readonly Choice[]): Choice {
    const choice = choices.find(candidate => candidate === this.#value);
    if (choice === undefined) throw this.refused('none of the texts that it may be');
    return choice;
  }

  oneOfNumbers(choices: readonly number[]): number {
    const number = this.number(Number.MAX_SAFE_INTEGER);
    if (!choices.includes(number)) throw this.refused(`${number}`);
    return number;
  }

  /** A whole number from 0 on. */
  number(most: number): number {
    const value = this.#value;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > most)
      throw this.refused('no such number');
    return value;
  }

  /** Exactly so many bytes in hexadecimal, in either case. */
  bytes(length: number): Uint8Array {
    const text = this.text(/^[0-9A-Fa-f]*$/);
    if (text.length !== 2 * length) throw this.refused(`not ${length} bytes`);
    return Uint8Array.from({ length }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
  }

  /** A time in UTC to the second, in Unix seconds. */
  time(): number {
    const text = this.text(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const milliseconds = Date.parse(text);
    if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== text.replace('Z', '.000Z'))
      throw this.refused('a time that no calendar has');
    return milliseconds / 1000;
  }

  /** What to throw where this member does not fit together with others. */
  refused(detail: string): Failure {
    return new Failure(this.#code, { field: this.#path, detail });
  }
}
