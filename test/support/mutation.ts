/** Damage done to genuine samples: every parser is shown all of it, because forged input looks almost right. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { canonicalize, type Json } from '../../src/bytes/json.js';
import { concat, equal, fromUtf8, utf8 } from '../../src/bytes/octets.js';
import { Failure, type ReasonCode } from '../../src/reason.js';
import { characters } from './characters.js';

/** Bytes that mean something to one of our formats: control characters, separators, digits, base64's edges, an em dash's first byte. */
const MEANINGFUL = [
  0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x23, 0x2b, 0x2d, 0x2f, 0x30, 0x31, 0x3d, 0x41, 0x5f, 0x7f, 0x80, 0xe2,
  0xff,
];

/** Every text or byte string at one byte's distance from the sample: flipped bits, replaced, deleted and inserted bytes. */
export function* neighbours(sample: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at <= sample.length; at++) {
    const before = sample.subarray(0, at);
    for (const byte of MEANINGFUL) yield concat(before, Uint8Array.of(byte), sample.subarray(at));
    if (at === sample.length) return;
    const after = sample.subarray(at + 1);
    yield concat(before, after);
    const own = sample[at] as number;
    const others = new Set([...MEANINGFUL, ...Array.from({ length: 8 }, (_, bit) => own ^ (1 << bit))]);
    others.delete(own);
    for (const byte of others) yield concat(before, Uint8Array.of(byte), after);
  }
}

/** Words that readers of lines stumble over: numbers that are none, edges of what a number holds, base64 that is none. */
const HOSTILE_WORDS = [
  '',
  '0',
  '00',
  '013',
  '-1',
  '0x10',
  '1e3',
  '9007199254740991',
  '9007199254740992',
  '18446744073709551616',
  'Infinity',
  'none',
  '__proto__',
  '====',
  'AAAA',
  '\u2014',
  '\u0660',
].map(utf8);

const place = fc.double({ min: 0, max: 1, noNaN: true });

interface Round {
  readonly kind: (typeof ROUNDS)[number];
  readonly from: number;
  readonly to: number;
  readonly byte: number;
  readonly word: Uint8Array;
  readonly donor: Uint8Array;
}

const ROUNDS = [
  'cut',
  'repeat',
  'splice',
  'overwrite',
  'insert',
  'replace',
  'flip',
  'word',
  'drop line',
  'copy line',
  'borrow line',
] as const;

/** Several rounds of damage: to bytes anywhere, and to words and lines as wholes. Some of what comes is borrowed from other samples. */
export function mutants(
  samples: readonly Uint8Array[],
  donors: readonly Uint8Array[] = samples,
): fc.Arbitrary<Uint8Array> {
  const round: fc.Arbitrary<Round> = fc.record({
    kind: fc.constantFrom(...ROUNDS),
    from: place,
    to: place,
    byte: fc.oneof(fc.constantFrom(...MEANINGFUL), fc.nat(255)),
    word: fc.constantFrom(...HOSTILE_WORDS),
    donor: fc.constantFrom(...donors),
  });
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(round, { minLength: 1, maxLength: 4 }))
    .map(([sample, rounds]) => rounds.reduce(damaged, sample));
}

function damaged(bytes: Uint8Array, { kind, from, to, byte, word, donor }: Round): Uint8Array {
  const [start = 0, end = 0] = [from, to].map(part => Math.floor(part * bytes.length)).sort((a, b) => a - b);
  const [head, middle, tail] = [bytes.slice(0, start), bytes.slice(start, end), bytes.slice(end)];
  const one = bytes.slice(start, start + 1);
  switch (kind) {
    case 'cut':
      return concat(head, tail);
    case 'repeat':
      return concat(head, middle, middle, tail);
    case 'splice':
      return concat(head, donor.slice(Math.floor(to * donor.length)));
    case 'overwrite':
      return concat(head, middle.fill(byte), tail);
    case 'insert':
      return concat(head, Uint8Array.of(byte), middle, tail);
    case 'replace':
      return concat(head, one.fill(byte), bytes.slice(start + 1));
    case 'flip':
      return concat(
        head,
        one.map(own => own ^ (1 << (byte & 7))),
        bytes.slice(start + 1),
      );
    case 'word': {
      const [first, last] = pieceAt(bytes, start, [0x0a, 0x20]);
      return concat(bytes.slice(0, first), word, bytes.slice(last));
    }
    case 'drop line': {
      const [first, last] = pieceAt(bytes, start, [0x0a]);
      return concat(bytes.slice(0, first), bytes.slice(last + 1));
    }
    case 'copy line': {
      const [first, last] = pieceAt(bytes, start, [0x0a]);
      const [other] = pieceAt(bytes, end, [0x0a]);
      return concat(bytes.slice(0, other), bytes.slice(first, last + 1), bytes.slice(other));
    }
    case 'borrow line': {
      const [first, last] = pieceAt(donor, Math.floor(to * donor.length), [0x0a]);
      const [own, ownEnd] = pieceAt(bytes, start, [0x0a]);
      return concat(bytes.slice(0, own), donor.slice(first, last), bytes.slice(ownEnd));
    }
  }
}

/** Where the piece between two of these bytes begins and ends that holds the byte at a place. */
function pieceAt(bytes: Uint8Array, at: number, separators: readonly number[]): [number, number] {
  let [start, end] = [at, at];
  while (start > 0 && !separators.includes(bytes[start - 1] as number)) start--;
  while (end < bytes.length && !separators.includes(bytes[end] as number)) end++;
  return [start, end];
}

/** What a member of JSON is replaced by; canonical JSON can hold all of them. */
const HOSTILE_VALUES: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  9007199254740991,
  9007199254740992,
  1e21,
  '',
  '0',
  '\u0000',
  '\u2028',
  '__proto__',
  'a'.repeat(300),
  '0'.repeat(64),
  'AAAA',
  [],
  {},
  [[[[[[[[[[]]]]]]]]]],
];

const HOSTILE_NAMES = ['', 'surplus', '__proto__', 'constructor', 'toString', '\u0000', 'type'];

/** Canonical JSON that differs from the samples in a few members: replaced, removed, added, borrowed from elsewhere, or damaged inside. */
export function jsonMutants(samples: readonly Json[]): fc.Arbitrary<Uint8Array> {
  const borrowed = samples.flatMap(sample => placesOf(sample).map(path => memberAt(sample, path)));
  const round = fc.record({
    kind: fc.constantFrom('replace', 'remove', 'add', 'borrow', 'damage', 'double'),
    at: place,
    to: place,
    value: fc.oneof(fc.constantFrom(...HOSTILE_VALUES), fc.constantFrom(...borrowed)),
    name: fc.constantFrom(...HOSTILE_NAMES),
    letter: fc.oneof(fc.constantFrom('\0', '\n', ' ', '+', '0', '=', 'A', '\u2028', ''), characters),
  });
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(round, { minLength: 1, maxLength: 3 }))
    .map(([sample, rounds]) => {
      let whole = sample;
      for (const { kind, at, to, value, name, letter } of rounds) {
        const places = placesOf(whole);
        const path = places[Math.floor(at * places.length)] ?? [];
        whole = changedAt(whole, path, own => {
          if (kind === 'remove') return undefined;
          if (kind === 'add' && isObject(own))
            return Object.fromEntries([...Object.entries(own), [name, value]]);
          if (kind === 'double' && Array.isArray(own)) return [...own, ...own];
          if (kind === 'damage' && typeof own === 'string') {
            const cut = Math.floor(to * own.length);
            return `${own.slice(0, cut)}${letter}${own.slice(cut + 1)}`.toWellFormed();
          }
          return value;
        });
      }
      return canonicalize(whole);
    });
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type Path = readonly string[];

/** Where the members of a value are, at every depth. */
function placesOf(value: Json, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const at = [...path, name];
    return [at, ...placesOf(member, at)];
  });
}

function memberAt(value: Json, path: Path): Json {
  return path.reduce((inner, name) => (inner as Record<string, Json>)[name] as Json, value);
}

/** The value with the member at a path changed, or without it where `change` gives nothing. */
function changedAt(value: Json, [name, ...rest]: Path, change: (own: Json) => Json | undefined): Json {
  if (name === undefined) return change(value) ?? null;
  const members = Object.entries(value as object).flatMap(([own, member]: [string, Json]) => {
    if (own !== name) return [[own, member] as const];
    const changed = rest.length === 0 ? change(member) : changedAt(member, rest, change);
    return changed === undefined ? [] : [[own, changed] as const];
  });
  return Array.isArray(value) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

/** The value, or undefined when `parse` refused it as it may: with a Failure of one of the codes. Anything else thrown passes through. */
export function parseOrRefuse<Value>(parse: () => Value, codes: readonly ReasonCode[]): Value | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Failure && codes.includes(error.code)) return undefined;
    throw error;
  }
}

export interface TextFormat<Value> {
  readonly parse: (text: string) => Value;
  readonly format: (value: Value) => string;
  /** Every code with which `parse` may refuse. */
  readonly codes: readonly ReasonCode[];
}

/**
 * Throws unless every neighbour of the sample is refused or stands for another value, and for one that is written as exactly that
 * neighbour: then no two texts stand for one value.
 */
export function assertOneTextPerValue<Value>(format: TextFormat<Value>, sample: string): void {
  const original = format.parse(sample);
  if (format.format(original) !== sample) throw new Error('the sample is not what its value is written as');
  for (const neighbour of neighbours(utf8(sample))) {
    const text = fromUtf8(neighbour);
    if (text === null) continue;
    const value = parseOrRefuse(() => format.parse(text), format.codes);
    if (value === undefined) continue;
    if (isDeepStrictEqual(value, original))
      throw new Error(`another text for the same value: ${JSON.stringify(text)}`);
    if (format.format(value) !== text) throw new Error(`accepted but never written: ${JSON.stringify(text)}`);
  }
}

/** Throws unless every mutant of the samples is either refused with one of the codes or written back as it was. */
export function assertRefusedOrWrittenBack<Value>(
  format: TextFormat<Value>,
  samples: readonly string[],
  runs: number,
): void {
  fc.assert(
    fc.property(mutants(samples.map(utf8)), bytes => {
      const text = fromUtf8(bytes);
      if (text === null) return true;
      const value = parseOrRefuse(() => format.parse(text), format.codes);
      return value === undefined || equal(utf8(format.format(value)), bytes);
    }),
    { numRuns: runs },
  );
}
