/**
 * Canonical JSON (RFC 8785), strict in both directions. Object members are sorted by UTF-16 code units and numbers are written as
 * ECMAScript writes them, which is what the RFC prescribes; what JSON cannot carry is refused instead of being bent.
 */
import { Failure } from '../reason.js';
import { equal, fromUtf8, utf8 } from './octets.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Deeper nesting than any format of ours has; it bounds the recursion on bytes from outside. */
const MAX_DEPTH = 32;

/** The canonical bytes of a value. Throws `json/not-canonical` on what RFC 8785 cannot represent. */
export function canonicalize(value: Json): Uint8Array {
  return utf8(write(value, 0));
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
  if (!equal(canonicalize(value), bytes)) throw new Failure('json/not-canonical');
  return value;
}

function write(value: Json, depth: number): string {
  if (depth > MAX_DEPTH)
    throw new Failure('json/not-canonical', { detail: `nested deeper than ${MAX_DEPTH}` });
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw new Failure('json/not-canonical', { detail: 'a lone surrogate' });
      return JSON.stringify(value);
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
  for (const name of Object.keys(members).sort()) {
    if (text.length > 1) text += ',';
    text += `${write(name, depth)}:${write(members[name] as Json, depth + 1)}`;
  }
  return `${text}}`;
}

/** The names of an object's own members, in order and as often as they stand there. `text` must be JSON, with an object on top. */
export function topLevelNames(text: string): string[] {
  const names: string[] = [];
  let depth = 0;
  for (const { 0: token, 1: string, 2: colon } of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1 && colon !== undefined) names.push(JSON.parse(string as string) as string);
  }
  return names;
}

/** A bracket, or a string with the colon that makes it a name; everything else in JSON text can be passed over. */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")[ \t\r\n]*(:)?|[{}[\]]/g;
