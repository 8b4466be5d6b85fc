/**
 * CBOR (RFC 8949), the part of it that signed structures are made of: integers, byte and text strings, arrays, maps, tags, true, false
 * and null. Reading is strict, so that one value has one encoding: core deterministic encoding (§4.2.1) with shortest forms, definite
 * lengths and sorted keys. Only the order of keys may be relaxed, for what others have signed without sorting them.
 */
import { Failure } from '../reason.js';
import { concat, concatAll, fromUtf8, utf8 } from './octets.js';

/** A tag with what it is around. */
export class Tagged {
  readonly tag: number;
  readonly value: Cbor;

  constructor(tag: number, value: Cbor) {
    this.tag = tag;
    this.value = value;
  }
}

/** What may be a key of a map. */
export type CborKey = number | bigint | string;

export type CborMap = ReadonlyMap<CborKey, Cbor>;

/** An integer is a `bigint` exactly when a `number` could not hold it safely. */
export type Cbor = CborKey | Uint8Array | boolean | null | readonly Cbor[] | CborMap | Tagged;

export interface CborOptions {
  /** `sorted`, unless others have signed the bytes and did not sort the keys of their maps. */
  readonly keys?: 'sorted' | 'in-any-order';
}

/** Arrays, maps and tags within one another; what we read has six. */
const MAX_DEPTH = 16;

const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;

/** Simple values. Source: RFC 8949 §3.3. */
const SIMPLE: ReadonlyMap<number, boolean | null> = new Map([
  [20, false],
  [21, true],
  [22, null],
]);

/** Core deterministic encoding. Throws a `RangeError` for a number that is no integer of 64 bits. */
export function encodeCbor(value: Cbor): Uint8Array {
  if (typeof value === 'number' || typeof value === 'bigint') return encodeInteger(value);
  if (typeof value === 'string') {
    const bytes = utf8(value);
    return concat(head(MAJOR.text, bytes.length), bytes);
  }
  if (value === null) return Uint8Array.of(0xf6);
  if (typeof value === 'boolean') return Uint8Array.of(value ? 0xf5 : 0xf4);
  if (value instanceof Uint8Array) return concat(head(MAJOR.bytes, value.length), value);
  if (value instanceof Tagged) return concat(head(MAJOR.tag, value.tag), encodeCbor(value.value));
  if (value instanceof Map) {
    const entries = [...(value as CborMap)].map(
      ([key, member]) => [encodeCbor(key), encodeCbor(member)] as const,
    );
    entries.sort(([a], [b]) => compare(a, b));
    return concatAll([head(MAJOR.map, entries.length), ...entries.flat()]);
  }
  const members = value as readonly Cbor[];
  return concatAll([head(MAJOR.array, members.length), ...members.map(encodeCbor)]);
}

/** Reads exactly one value. Throws `cbor/malformed`, saying what is wrong and at which byte. */
export function decodeCbor(bytes: Uint8Array, options: CborOptions = {}): Cbor {
  const reader = new Reader(bytes, options.keys ?? 'sorted');
  const value = reader.value(0);
  reader.end();
  return value;
}

function encodeInteger(value: number | bigint): Uint8Array {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError('not an integer');
  return value < 0 ? head(MAJOR.negative, -1n - BigInt(value)) : head(MAJOR.unsigned, BigInt(value));
}

/** The major type with its argument, in as few bytes as it takes. */
function head(major: number, argument: number | bigint): Uint8Array {
  const value = BigInt(argument);
  const top = major << 5;
  if (value < 24n) return Uint8Array.of(top | Number(value));
  const size = [1, 2, 4, 8].findIndex(width => value < 1n << BigInt(8 * width));
  if (size < 0) throw new RangeError('over 64 bits');
  const width = 1 << size;
  const bytes = new Uint8Array(1 + width);
  bytes[0] = top | (24 + size);
  for (let at = 0; at < width; at++) bytes[width - at] = Number((value >> BigInt(8 * at)) & 0xffn);
  return bytes;
}

/** Bytewise lexicographic order, in which a prefix comes first. */
function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #keys: 'sorted' | 'in-any-order';
  #at = 0;

  constructor(bytes: Uint8Array, keys: 'sorted' | 'in-any-order') {
    this.#bytes = bytes;
    this.#keys = keys;
  }

  value(depth: number): Cbor {
    if (depth > MAX_DEPTH) throw this.#malformed('too many values within one another');
    const initial = this.#byte();
    const major = initial >> 5;
    const information = initial & 0x1f;
    if (major === MAJOR.simple) return this.#simple(information);
    const argument = this.#argument(information);
    switch (major) {
      case MAJOR.unsigned:
        return integer(argument);
      case MAJOR.negative:
        return integer(-1n - argument);
      case MAJOR.bytes:
        return this.#take(argument).slice();
      case MAJOR.text:
        return this.#text(argument);
      case MAJOR.array:
        return Array.from({ length: this.#count(argument, 1) }, () => this.value(depth + 1));
      case MAJOR.map:
        return this.#map(this.#count(argument, 2), depth);
      default: {
        const tag = integer(argument);
        if (typeof tag === 'bigint') throw this.#malformed('a tag that nobody has');
        return new Tagged(tag, this.value(depth + 1));
      }
    }
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw this.#malformed('bytes behind the value');
  }

  #map(count: number, depth: number): CborMap {
    const map = new Map<CborKey, Cbor>();
    let previous: Uint8Array | null = null;
    for (let entry = 0; entry < count; entry++) {
      const start = this.#at;
      const key = this.value(depth + 1);
      if (typeof key !== 'number' && typeof key !== 'bigint' && typeof key !== 'string')
        throw this.#malformed('a key that is no integer and no text');
      if (map.has(key)) throw this.#malformed('a key twice');
      const encoded = this.#bytes.subarray(start, this.#at);
      if (this.#keys === 'sorted' && previous !== null && compare(previous, encoded) > 0)
        throw this.#malformed('keys out of order');
      previous = encoded;
      map.set(key, this.value(depth + 1));
    }
    return map;
  }

  #simple(information: number): boolean | null {
    const value = SIMPLE.get(information);
    if (value === undefined)
      throw this.#malformed('a float, a break, or a simple value other than true, false and null');
    return value;
  }

  #text(length: bigint): string {
    const text = fromUtf8(this.#take(length));
    if (text === null) throw this.#malformed('text that is not UTF-8');
    return text;
  }

  #argument(information: number): bigint {
    if (information < 24) return BigInt(information);
    if (information > 27) throw this.#malformed('an indefinite length or a reserved form');
    const width = 1 << (information - 24);
    let argument = 0n;
    for (const byte of this.#take(BigInt(width))) argument = (argument << 8n) | BigInt(byte);
    const least = width === 1 ? 24n : 1n << BigInt(4 * width);
    if (argument < least) throw this.#malformed('a number in more bytes than it needs');
    return argument;
  }

  /** How many members follow, each of which takes at least so many bytes: a stranger cannot make us reserve more than he sent. */
  #count(argument: bigint, least: number): number {
    if (argument * BigInt(least) > BigInt(this.#bytes.length - this.#at))
      throw this.#malformed('it ends too soon');
    return Number(argument);
  }

  #byte(): number {
    return this.#take(1n)[0] as number;
  }

  #take(length: bigint): Uint8Array {
    if (length > BigInt(this.#bytes.length - this.#at)) throw this.#malformed('it ends too soon');
    const start = this.#at;
    this.#at += Number(length);
    return this.#bytes.subarray(start, this.#at);
  }

  #malformed(detail: string): Failure {
    return new Failure('cbor/malformed', { field: `byte ${this.#at}`, detail });
  }
}

function integer(value: bigint): number | bigint {
  const isSafe = value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER);
  return isSafe ? Number(value) : value;
}
