/**
 * JSON as Python reads and writes it. OpenGradient's gateway hashes what Python's `json.dumps(…, sort_keys=True)` makes of a request: separators with a
 * space, every character beyond ASCII escaped, members sorted by code points, whole numbers kept apart from others (`1` is not `1.0`). JSON.stringify makes
 * other bytes. Source: Python's library reference, `json`, and the language reference on `repr` of floats.
 */
import { Failure } from '../../reason.js';

/** A number keeps its spelling: what Python makes of it depends on that. */
export class PythonNumber {
  readonly spelling: string;

  constructor(spelling: string) {
    this.spelling = spelling;
  }
}

export type PythonValue =
  | null
  | boolean
  | string
  | PythonNumber
  | readonly PythonValue[]
  | ReadonlyMap<string, PythonValue>;

export function isMap(value: PythonValue | undefined): value is ReadonlyMap<string, PythonValue> {
  return value instanceof Map;
}

const MAX_DEPTH = 64;

/** `text` must be JSON. Throws `opengradient/request-malformed` for what is nested too deeply. */
export function readPython(text: string): PythonValue {
  return new Reader(text).value(0);
}

/** Text of ASCII alone. Throws `opengradient/request-malformed` for a number that Python would write as infinity. */
export function writePython(value: PythonValue): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') return writeString(value);
  if (value instanceof PythonNumber) return writeNumber(value);
  if (value instanceof Map) {
    const members = [...(value as ReadonlyMap<string, PythonValue>)].sort(([a], [b]) => byCodePoints(a, b));
    return `{${members.map(([name, member]) => `${writeString(name)}: ${writePython(member)}`).join(', ')}}`;
  }
  return `[${(value as readonly PythonValue[]).map(writePython).join(', ')}]`;
}

/** The shortest text that stands for the number, with an exponent where Python uses one: below 10^-4 and from 10^16 on. */
export function pythonFloat(value: number): string {
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (value !== 0 && (exponent < -4 || exponent >= 16))
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${`${Math.abs(exponent)}`.padStart(2, '0')}`;
  const text = Object.is(value, -0) ? '-0' : `${value}`;
  return text.includes('.') ? text : `${text}.0`;
}

/** The number as Python's `float` has it. Throws `opengradient/request-malformed` where that is infinite. */
export function floatOf({ spelling }: PythonNumber): PythonNumber {
  return new PythonNumber(pythonFloat(finite(spelling)));
}

function writeNumber({ spelling }: PythonNumber): string {
  if (/^-?[0-9]+$/.test(spelling)) return spelling === '-0' ? '0' : spelling;
  return pythonFloat(finite(spelling));
}

function finite(spelling: string): number {
  const value = Number(spelling);
  if (!Number.isFinite(value)) throw malformed('a number too large');
  return value;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\f', '\\f'],
  ['\b', '\\b'],
]);

function writeString(text: string): string {
  // By UTF-16 units, as Python escapes what lies beyond them: in two halves.
  const escaped = text.replaceAll(/["\\]|[^ -~]/g, unit => {
    const known = ESCAPES.get(unit);
    return known ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

function byCodePoints(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let at = 0; at < left.length && at < right.length; at++) {
    const difference = codeAt(left, at) - codeAt(right, at);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

const codeAt = (characters: readonly string[], at: number) => (characters[at] as string).codePointAt(0) ?? 0;

/** Walks a text that `JSON.parse` has taken; it looks for nothing that cannot be there. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): PythonValue {
    if (depth > MAX_DEPTH) throw malformed('nested too deeply');
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): PythonValue {
    const members = new Map<string, PythonValue>();
    for (let first = true; this.#goesOn('}', first); first = false) {
      const name = this.#string();
      this.#space();
      // The colon.
      this.#at++;
      members.set(name, this.value(depth + 1));
    }
    return members;
  }

  #array(depth: number): PythonValue {
    const elements: PythonValue[] = [];
    for (let first = true; this.#goesOn(']', first); first = false) elements.push(this.value(depth + 1));
    return elements;
  }

  /** Steps over the bracket or comma before the next part; false at the end, which it steps over as well. */
  #goesOn(end: string, first: boolean): boolean {
    if (first) this.#at++;
    this.#space();
    const character = this.#text[this.#at];
    if (character === end || character === ',') this.#at++;
    this.#space();
    return character !== end;
  }

  #string(): string {
    const start = this.#at;
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) if (this.#text[this.#at] === '\\') this.#at++;
    this.#at++;
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #number(): PythonNumber {
    const start = this.#at;
    while (/[-+.0-9eE]/.test(this.#text[this.#at] ?? '')) this.#at++;
    return new PythonNumber(this.#text.slice(start, this.#at));
  }

  #word<Value extends PythonValue>(word: string, value: Value): Value {
    this.#at += word.length;
    return value;
  }

  #space(): void {
    while (/[ \t\n\r]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }
}

function malformed(detail: string): Failure {
  return new Failure('opengradient/request-malformed', { detail });
}
