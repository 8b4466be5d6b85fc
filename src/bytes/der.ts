/**
 * DER (ITU-T X.690 §8, §10, §11), the reading side: what certificates, revocation lists and signatures are made of. Reading is strict, so that
 * one value has one encoding: definite lengths in their shortest form, booleans of 00 and ff, integers without surplus octets, bit strings
 * whose unused bits are zero, strings in one piece, sets in order. Only a member that has its default value may be there all the same, because
 * AMD's certificates have one. Values keep the very bytes that they were read from, because signatures cover bytes.
 */
import { Failure } from '../reason.js';

/** One value with its head: where it stands in what was read, and what is in it. */
export interface DerElement {
  /** The first identifier octet: class, whether it is constructed, and the number. */
  readonly tag: number;
  /** Head and content. */
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
}

/** Identifier octets of the universal types that we read. Source: X.690 §8.1.2, X.680 §8.6. */
export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const CONSTRUCTED = 0x20;
/** The universal types whose values have members, and can have no other form; all others are in one piece. Source: X.690 §10.2, X.680 §8.6. */
const HAVE_MEMBERS: ReadonlySet<number> = new Set([0x28, 0x2b, DER.sequence, DER.set]);
/** Values within one another; a certificate has some ten. */
const MAX_DEPTH = 32;

/** The context-specific tag of that number, from 0 to 30. */
export function contextTag(number: number, form: 'primitive' | 'constructed' = 'constructed'): number {
  return 0x80 | number | (form === 'constructed' ? CONSTRUCTED : 0);
}

/** Exactly one value, everything in it checked. Throws `der/malformed`, saying what is wrong. */
export function readDer(bytes: Uint8Array): DerElement {
  const head = headAt(bytes, 0, bytes.length);
  if (head.end !== bytes.length) throw malformed('bytes behind the value');
  check(bytes, head, 0);
  return { tag: head.tag, whole: bytes, content: bytes.subarray(head.start) };
}

/** What a constructed value is made of. Throws `der/malformed`. */
export function derChildren(element: DerElement): readonly DerElement[] {
  if ((element.tag & CONSTRUCTED) === 0) throw malformed('a value that has no members');
  const children: DerElement[] = [];
  for (let at = 0; at < element.content.length; ) {
    const child = elementAt(element.content, at);
    children.push(child);
    at += child.whole.length;
  }
  return children;
}

/** The members of a value that must have that tag. Throws `der/malformed`. */
export function derMembers(element: DerElement | undefined, tag: number): readonly DerElement[] {
  return derChildren(derExpect(element, tag));
}

/** The value, which must be there and have that tag. Throws `der/malformed`. */
export function derExpect(element: DerElement | undefined, tag: number): DerElement {
  if (element === undefined) throw malformed('a member is missing');
  if (element.tag !== tag) throw malformed(`a value of another type (${element.tag}, not ${tag})`);
  return element;
}

/** An object identifier in dotted form. Throws `der/malformed`. */
export function derObjectIdentifier(element: DerElement | undefined): string {
  const { content } = derExpect(element, DER.objectIdentifier);
  if (content.length === 0 || content.length > 64)
    throw malformed('an object identifier of no length that is used');
  const arcs: bigint[] = [];
  let arc = 0n;
  let fresh = true;
  for (const octet of content) {
    if (fresh && octet === 0x80) throw malformed('an object identifier with a surplus octet');
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    fresh = (octet & 0x80) === 0;
    if (!fresh) continue;
    arcs.push(arc);
    arc = 0n;
  }
  if (!fresh) throw malformed('an object identifier that ends too soon');
  const [first = 0n, ...rest] = arcs;
  const root = first < 40n ? 0n : first < 80n ? 1n : 2n;
  return [root, first - root * 40n, ...rest].join('.');
}

/** A small integer that is not negative. Throws `der/malformed`. */
export function derNumber(element: DerElement | undefined): number {
  const { content } = derExpect(element, DER.integer);
  const value = unsigned(content);
  if (value.length > 6) throw malformed('an integer that is larger than any we read');
  return value.reduce((sum, octet) => sum * 256 + octet, 0);
}

/** An integer that is not negative, as its octets without leading zeros. Throws `der/malformed`. */
export function derUnsigned(element: DerElement | undefined): Uint8Array {
  return unsigned(derExpect(element, DER.integer).content);
}

/** Throws `der/malformed`. */
export function derBoolean(element: DerElement | undefined): boolean {
  return derExpect(element, DER.boolean).content[0] === 0xff;
}

/** The octets of a bit string that ends on a whole octet. Throws `der/malformed`. */
export function derBitOctets(element: DerElement | undefined): Uint8Array {
  const { content } = derExpect(element, DER.bitString);
  if (content[0] !== 0) throw malformed('a bit string that does not end on an octet');
  return content.subarray(1);
}

/**
 * A UTCTime or GeneralizedTime in Unix seconds, in the one form that certificates may have (RFC 5280 §4.1.2.5): to the second, in UTC, from
 * 1950 on. Throws `der/malformed`.
 */
export function derTime(element: DerElement | undefined): number {
  const content = element?.content ?? new Uint8Array();
  // By hand, because a list of what was revoked has thousands of them.
  const start = element?.tag === DER.utcTime ? 0 : element?.tag === DER.generalizedTime ? 2 : null;
  if (start === null || content.length !== start + 13 || content.at(-1) !== 0x5a)
    throw malformed('a time in a form that certificates do not have');
  const pair = (number: number) => twoDigits(content, start + 2 * number);
  const century = start === 2 ? twoDigits(content, 0) : pair(0) < 50 ? 20 : 19;
  const year = 100 * century + pair(0);
  const [month, day, hour, minute, second] = [pair(1), pair(2), pair(3), pair(4), pair(5)] as const;
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(milliseconds);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (year < 1950 || !exists || hour > 23 || minute > 59 || second > 59)
    throw malformed('a time that no calendar has');
  return milliseconds / 1000;
}

function twoDigits(content: Uint8Array, at: number): number {
  const tens = (content[at] ?? 0) - 0x30;
  const ones = (content[at + 1] ?? 0) - 0x30;
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9)
    throw malformed('a time in a form that certificates do not have');
  return 10 * tens + ones;
}

/**
 * An ECDSA signature (RFC 3279 §2.2.3) as `r ‖ s`, each of `size` octets: the form of WebCrypto and COSE. Throws `der/malformed`.
 */
export function ecdsaFromDer(signature: Uint8Array, size: number): Uint8Array {
  const [r, s, ...more] = derMembers(readDer(signature), DER.sequence).map(derUnsigned);
  if (r === undefined || s === undefined || more.length > 0 || r.length > size || s.length > size)
    throw malformed('not the two numbers of a signature');
  const raw = new Uint8Array(2 * size);
  raw.set(r, size - r.length);
  raw.set(s, 2 * size - s.length);
  return raw;
}

function unsigned(content: Uint8Array): Uint8Array {
  if (((content[0] ?? 0) & 0x80) !== 0) throw malformed('a negative integer');
  return content[0] === 0 ? content.subarray(1) : content;
}

function elementAt(bytes: Uint8Array, at: number): DerElement {
  const { tag, start, end } = headAt(bytes, at, bytes.length);
  return { tag, whole: bytes.subarray(at, end), content: bytes.subarray(start, end) };
}

/** A value's tag, and from where to where its content goes. */
interface Head {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** The head of the value at a place, which ends before `limit`. */
function headAt(bytes: Uint8Array, at: number, limit: number): Head {
  if (limit - at < 2) throw malformed('it ends too soon');
  const tag = bytes[at] as number;
  let length = bytes[at + 1] as number;
  if ((tag & 0x1f) === 0x1f) throw malformed('a tag of more than one octet');
  let start = at + 2;
  if (length >= 0x80) {
    const octets = length & 0x7f;
    if (octets === 0 || octets > 4) throw malformed('an indefinite length, or one of no size that is used');
    length = 0;
    for (let read = 0; read < octets; read++) length = length * 256 + (bytes[start++] ?? 0);
    if (length < 0x80 || length < 256 ** (octets - 1))
      throw malformed('a length in more octets than it needs');
  }
  if (length > limit - start) throw malformed('it ends too soon');
  return { tag, start, end: start + length };
}

/** Whether everything in a value is DER. By places and without elements, because a stranger's bytes can be hundreds of thousands of values. */
function check(bytes: Uint8Array, { tag, start, end }: Head, depth: number): void {
  if (depth > MAX_DEPTH) throw malformed('too many values within one another');
  const isConstructed = (tag & CONSTRUCTED) !== 0;
  const isUniversal = (tag & 0xc0) === 0;
  if (isUniversal && isConstructed !== HAVE_MEMBERS.has(tag | CONSTRUCTED))
    throw malformed('a value of a type that has another form');
  if (!isConstructed) {
    if (isUniversal) checkPrimitive(tag, bytes, start, end);
    return;
  }
  let before: Uint8Array | null = null;
  for (let at = start; at < end; ) {
    const member = headAt(bytes, at, end);
    check(bytes, member, depth + 1);
    // X.690 §10.3 and §11.6: the members of a set stand in the order of their encodings.
    if (tag === DER.set) {
      const whole = bytes.subarray(at, member.end);
      if (before !== null && compare(before, whole) > 0) throw malformed('a set out of order');
      before = whole;
    }
    at = member.end;
  }
}

function checkPrimitive(tag: number, bytes: Uint8Array, start: number, end: number): void {
  const length = end - start;
  const first = length > 0 ? (bytes[start] as number) : 0;
  const second = length > 1 ? (bytes[start + 1] as number) : 0;
  switch (tag) {
    case 0:
      throw malformed('the end of a value of indefinite length');
    case DER.boolean:
      if (length !== 1 || (first !== 0 && first !== 0xff)) throw malformed('a boolean of neither 00 nor ff');
      return;
    case DER.integer:
    case DER.enumerated:
      if (length === 0) throw malformed('an integer of no octets');
      if (length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
        throw malformed('an integer with a surplus octet');
      return;
    case DER.null:
      if (length !== 0) throw malformed('a null that has something in it');
      return;
    case DER.bitString: {
      if (length === 0 || first > 7 || (length === 1 && first !== 0))
        throw malformed('a bit string of no length');
      const last = bytes[end - 1] as number;
      if (length > 1 && (last & ((1 << first) - 1)) !== 0)
        throw malformed('a bit string with unused bits that are set');
    }
  }
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function malformed(detail: string): Failure {
  return new Failure('der/malformed', { detail });
}
