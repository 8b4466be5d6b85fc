/**
 * Finds the texts in a JSON as it is written, so that some of them can be replaced and every other byte stays. Bytes from outside: it may be long
 * and hostile, so it is walked once, to a bounded depth.
 */
import { Failure } from '../../reason.js';
import { type Members, membersOf } from '../members.js';
import type { Shape } from './shape.js';

/** Deeper than any API nests its messages; it bounds the recursion. */
const MAX_DEPTH = 128;

/** A text where it stands. */
export interface TextPlace {
  /** Where its literal begins and ends in the JSON: a string with its quotation marks, or a number. */
  readonly start: number;
  readonly end: number;
  /** `number`: one that is data; the text is its digits. */
  readonly form: 'text' | 'json' | 'number';
  /** What the literal stands for. */
  readonly text: string;
  /** Null for a text that is whole; else the same for all pieces of one text, in whichever part of an answer. */
  readonly lane: string | null;
}

/**
 * Calls `visit` with each text, in the order in which they stand there. `json`: what `value` was parsed from. `hasLanes`: whether it is (a part of)
 * an answer. Throws `redaction/unreadable` for what is nested too deep, and for tokens in place of a text.
 */
export function findTexts(
  json: string,
  value: unknown,
  shape: Shape,
  hasLanes: boolean,
  visit: (place: TextPlace) => void,
): void {
  new Walk(json, hasLanes, visit).walk(value, shape);
}

/** Members that say which piece of an answer is meant. */
const PLACES = ['index', 'output_index', 'content_index', 'summary_index'] as const;

class Walk {
  readonly #json: string;
  readonly #hasLanes: boolean;
  readonly #visit: (place: TextPlace) => void;
  #at = 0;

  constructor(json: string, hasLanes: boolean, visit: (place: TextPlace) => void) {
    this.#json = json;
    this.#hasLanes = hasLanes;
    this.#visit = visit;
  }

  walk(value: unknown, shape: Shape): void {
    this.#skipBlanks();
    this.#value(value, shape, typeOf(value), '', 0);
  }

  /** `lane`: where in an answer this is; `top`: the outermost member that it is in. */
  #value(value: unknown, shape: Shape | null, lane: string, top: string, depth: number): void {
    const character = this.#json[this.#at];
    if (shape === null) this.#skip();
    else if (character === '"') this.#string(shape, lane);
    else if (character === '{') this.#object(membersOf(value) ?? {}, shape, lane, top, depth + 1);
    else if (character === '[') this.#list(Array.isArray(value) ? value : [], shape, lane, top, depth + 1);
    else this.#scalar(shape, top);
  }

  #object(value: Members, shape: Shape, lane: string, top: string, depth: number): void {
    if (depth > MAX_DEPTH) throw tooDeep(top);
    const here = this.#hasLanes ? laneOf(value, lane) : '';
    this.#at++;
    for (this.#skipBlanks(); this.#json[this.#at] !== '}'; this.#skipBlanks()) {
      if (this.#json[this.#at] === ',') this.#at++;
      this.#skipBlanks();
      const start = this.#at;
      const name = this.#literal();
      if (shape.isData) this.#tell(start, 'text', name, null);
      this.#skipBlanks();
      this.#at++;
      this.#skipBlanks();
      const inner = Object.hasOwn(value, name) ? value[name] : undefined;
      const within = this.#hasLanes ? `${here}/${name}` : '';
      this.#value(inner, shape.member(name, value), within, depth === 1 ? name : top, depth);
    }
    this.#at++;
  }

  #list(values: readonly unknown[], shape: Shape, lane: string, top: string, depth: number): void {
    if (depth > MAX_DEPTH) throw tooDeep(top);
    this.#at++;
    this.#skipBlanks();
    for (let at = 0; this.#json[this.#at] !== ']'; at++) {
      if (this.#json[this.#at] === ',') this.#at++;
      this.#skipBlanks();
      this.#value(values[at], shape, lane, top, depth);
      this.#skipBlanks();
    }
    this.#at++;
  }

  #string(shape: Shape, lane: string): void {
    const start = this.#at;
    if (shape.string === null) this.#skip();
    else this.#tell(start, shape.string, this.#literal(), shape.continues ? lane : null);
  }

  /** A number, or one of the three words. */
  #scalar(shape: Shape, top: string): void {
    const start = this.#at;
    this.#skip();
    const text = this.#json.slice(start, this.#at);
    const isNumber = text !== 'null' && text !== 'true' && text !== 'false';
    if (isNumber && shape.hasTokens) {
      throw new Failure('redaction/unreadable', { field: top, detail: 'tokens in place of a text' });
    }
    if (isNumber && shape.isData) this.#tell(start, 'number', text, null);
  }

  #tell(start: number, form: TextPlace['form'], text: string, lane: string | null): void {
    this.#visit({ start, end: this.#at, form, text, lane });
  }

  /** Reads a string, and goes on behind it. */
  #literal(): string {
    const start = this.#at;
    this.#at = endOfString(this.#json, start) + 1;
    const text = this.#json.slice(start + 1, this.#at - 1);
    return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
  }

  /** Goes on behind a value of whatever kind. */
  #skip(): void {
    let depth = 0;
    do {
      const character = this.#json[this.#at];
      if (character === '"') this.#at = endOfString(this.#json, this.#at) + 1;
      else if (character === '{' || character === '[') {
        depth++;
        this.#at++;
      } else if (character === '}' || character === ']') {
        depth--;
        this.#at++;
      } else if (isBreak(character)) this.#at++;
      else this.#skipScalar();
    } while (depth > 0);
  }

  #skipScalar(): void {
    const { length } = this.#json;
    do this.#at++;
    while (this.#at < length && !isEndOfScalar(this.#json[this.#at]));
  }

  #skipBlanks(): void {
    while (isBlank(this.#json[this.#at])) this.#at++;
  }
}

function tooDeep(top: string): Failure {
  return new Failure('redaction/unreadable', { field: top, detail: `nested deeper than ${MAX_DEPTH}` });
}

/** Only an event says by its type which of its members mean what. */
function typeOf(value: unknown): string {
  const type = membersOf(value)?.type;
  return typeof type === 'string' ? type : '';
}

function laneOf(value: Members, lane: string): string {
  let place = lane;
  for (const name of PLACES) if (Number.isSafeInteger(value[name])) place += `/${value[name]}`;
  return value.thought === true ? `${place}/thought` : place;
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\n' || character === '\r' || character === '\t';
}

function isBreak(character: string | undefined): boolean {
  return character === ',' || character === ':' || isBlank(character);
}

function isEndOfScalar(character: string | undefined): boolean {
  return isBreak(character) || character === '}' || character === ']';
}

/** Where the string ends that begins at `start`. */
function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); ; end = json.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}
