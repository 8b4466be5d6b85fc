/**
 * Canonical JSON (RFC 8785), strict in both directions. Object members are sorted by UTF-16 code units and numbers are written as
 * ECMAScript writes them, which is what the RFC prescribes; what JSON cannot carry is refused instead of being bent.
 */
import { Failure } from '../reason-core.js';
import { isSurelyCanonical } from './canonical-scan.js';
import { fromUtf8, utf8 } from './octets.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Deeper nesting than any format of ours has; it bounds the recursion on bytes from outside. */
const MAX_DEPTH = 32;

/** The canonical bytes of a value. Throws `json/not-canonical` on what RFC 8785 cannot represent. */
export function canonicalize(value: Json): Uint8Array {
  return utf8(writePlain(value) ?? write(value, 0));
}

/** A faster way for values that the engine's own writer writes as we would: null for any that it may not. */
function writePlain(value: Json): string | null {
  if (!isPlain(value, 0)) return null;
  const text = JSON.stringify(value);
  // How it writes a lone surrogate, and also a text in which that stands.
  return text.includes('\\ud') ? null : text;
}

/** Whether the names of all objects are sorted, nothing is nested too deeply, and nothing is there that JSON cannot carry. */
function isPlain(value: Json, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return value === null || (depth < MAX_DEPTH && hasPlainParts(value, depth + 1));
    default:
      return false;
  }
}

function hasPlainParts(value: Exclude<Json, string | number | boolean | null>, depth: number): boolean {
  if (isArray(value)) {
    for (let at = 0; at < value.length; at++) if (!isPlain(value[at] as Json, depth)) return false;
    return true;
  }
  // A value that says itself how it is written would be written otherwise.
  if (Object.getPrototypeOf(value) !== Object.prototype || 'toJSON' in value) return false;
  let last = '';
  for (const name in value) {
    if (name < last || !isPlain(value[name] as Json, depth)) return false;
    last = name;
  }
  return true;
}

/**
 * Reads bytes that must already be canonical: whitespace, duplicate or unsorted names, other spellings of a number or a string and
 * ill-formed UTF-8 all fail, because the result would not be written as the same bytes. Throws `json/malformed` for what is not
 * JSON and `json/not-canonical` for what is not canonical.
 */
export function parseCanonical(bytes: Uint8Array): Json {
  const text = fromUtf8(bytes);
  if (text === null) throw new Failure('json/malformed', { detail: 'not UTF-8' });
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new Failure('json/malformed');
  }
  // As texts: each stands for one sequence of bytes alone, since neither has a lone surrogate in it.
  if (!isSurelyCanonical(bytes) && writePlain(value) !== text && write(value, 0) !== text)
    throw new Failure('json/not-canonical');
  return value;
}

function write(value: Json, depth: number): string {
  if (depth > MAX_DEPTH)
    throw new Failure('json/not-canonical', { detail: `nested deeper than ${MAX_DEPTH}` });
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      if (!Number.isFinite(value)) throw new Failure('json/not-canonical', { detail: 'not a finite number' });
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return isArray(value) ? writeArray(value, depth) : writeObject(value, depth);
    default:
      throw new Failure('json/not-canonical', { detail: `a ${typeof value}` });
  }
}

/** Characters that stand for themselves in a string, which is nearly all that our formats hold. */
const PLAIN = /^[ !#-[\]-~]*$/;

function writeString(value: string): string {
  if (PLAIN.test(value)) return `"${value}"`;
  if (!value.isWellFormed()) throw new Failure('json/not-canonical', { detail: 'a lone surrogate' });
  return JSON.stringify(value);
}

/** `Array.isArray` does not narrow read-only arrays. */
function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function writeArray(values: readonly Json[], depth: number): string {
  let text = '[';
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ',';
    text += write(values[i] as Json, depth + 1);
  }
  return `${text}]`;
}

function writeObject(members: { readonly [name: string]: Json }, depth: number): string {
  let text = '{';
  for (const name of sortedNames(members)) {
    if (text.length > 1) text += ',';
    text += `${writeString(name)}:${write(members[name] as Json, depth + 1)}`;
  }
  return `${text}}`;
}

/** By UTF-16 code units, as the members of what has been canonical before already are. */
function sortedNames(members: { readonly [name: string]: Json }): string[] {
  const names = Object.keys(members);
  for (let at = 1; at < names.length; at++) {
    if ((names[at - 1] as string) > (names[at] as string)) return names.sort();
  }
  return names;
}

/** Whether two values are written as the same text; a member that is undefined is none that could be. */
export function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (isArray(a)) {
    return isArray(b) && a.length === b.length && a.every((value, at) => sameJson(value, b[at] as Json));
  }
  if (isArray(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every(name => Object.hasOwn(b, name) && sameJson(a[name] as Json, b[name] as Json))
  );
}

/**
 * The names of an object's own members, in order and as often as they stand there; null when there are more than `limit`. `text` must be
 * JSON with an object on top. It may be long and hostile, so it is walked once, without regular expressions.
 */
export function topLevelNames(text: string, limit: number): string[] | null {
  const names: string[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    else if (character === '"') {
      const end = endOfString(text, at);
      if (depth === 1 && text[pastWhiteSpace(text, end + 1)] === ':') {
        if (names.length === limit) return null;
        names.push(JSON.parse(text.slice(at, end + 1)) as string);
      }
      at = end;
    }
  }
  return names;
}

/**
 * The text of a member's value, as it stands there; null when an object has no such member. `text` must be JSON with an object on top. Of
 * members with one name it is the first; see {@link topLevelNames}.
 */
export function topLevelValue(text: string, name: string): string | null {
  const start = startOfValue(text, name);
  if (start === null) return null;
  let depth = 1;
  for (let at = start; ; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    if (depth === 0 || (depth === 1 && text[at] === ',')) return text.slice(start, at).trim();
  }
}

/**
 * The text with another text in place of the string that the first of an object's own members called `name` holds. `text` must be JSON with
 * an object on top that has such a member; all else stays as it is, to the letter.
 */
export function withTopLevelString(text: string, name: string, value: string): string {
  const start = startOfValue(text, name);
  if (start === null || text[start] !== '"') throw new RangeError('the object has no such member');
  return text.slice(0, start) + JSON.stringify(value) + text.slice(endOfString(text, start) + 1);
}

/** Where the value of the first of an object's own members with this name begins; null where there is none. */
function startOfValue(text: string, name: string): number | null {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    else if (character === '"') {
      const end = endOfString(text, at);
      const colon = pastWhiteSpace(text, end + 1);
      if (depth === 1 && text[colon] === ':' && JSON.parse(text.slice(at, end + 1)) === name)
        return pastWhiteSpace(text, colon + 1);
      at = end;
    }
  }
  return null;
}

/** Where the string ends that begins at `start`: at the next quotation mark with an even number of backslashes before it. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}

function pastWhiteSpace(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  return at;
}
