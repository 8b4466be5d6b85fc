/** DER, the writing side (ITU-T X.690 §8, §10), as much as certificates and questions about them take. What reads it is `der.ts`. */
import { DER } from './der.js';
import { concat, concatAll, utf8 } from './octets.js';

/** One value around its members or its content, with its length in the shortest form. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatAll(parts);
  const length = bigEndian(content.length);
  const head = content.length < 0x80 ? [content.length] : [0x80 | length.length, ...length];
  return concat(Uint8Array.of(tag, ...head), content);
}

export function sequence(...members: readonly Uint8Array[]): Uint8Array {
  return element(DER.sequence, ...members);
}

/** A number that is not negative, also as octets with the highest first, of which there may be more than it needs. */
export function integer(value: number | Uint8Array): Uint8Array {
  const octets = typeof value === 'number' ? bigEndian(value) : [...value];
  const start = octets.findIndex(octet => octet !== 0);
  const own = start < 0 ? [] : octets.slice(start);
  // The highest bit is the sign, and zero has an octet too.
  return element(DER.integer, Uint8Array.from((own[0] ?? 0xff) > 0x7f ? [0, ...own] : own));
}

export function boolean(value: boolean): Uint8Array {
  return element(DER.boolean, Uint8Array.of(value ? 0xff : 0));
}

/** Whole octets, or as many bits less as are `unused`. */
export function bitString(octets: Uint8Array, unused = 0): Uint8Array {
  return element(DER.bitString, Uint8Array.of(unused), octets);
}

export function octetString(octets: Uint8Array): Uint8Array {
  return element(DER.octetString, octets);
}

/** By default a UTF8String. */
export function text(value: string, tag: number = DER.utf8String): Uint8Array {
  return element(tag, utf8(value));
}

/** `dotted`: `1.2.840.10045.4.3.2`. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(DER.objectIdentifier, Uint8Array.from([first * 40 + second, ...rest].flatMap(septets)));
}

/** A UTCTime up to 2049 and a GeneralizedTime later (RFC 5280 §4.1.2.5). `seconds`: of Unix time. */
export function time(seconds: number): Uint8Array {
  const digits = new Date(seconds * 1000).toISOString().replace(/\.\d+|\D/g, '');
  return digits < '2050'
    ? element(DER.utcTime, utf8(`${digits.slice(2)}Z`))
    : element(DER.generalizedTime, utf8(`${digits}Z`));
}

/** Seven bits in each octet, the highest first, with a mark on all but the last. */
function septets(value: number): number[] {
  const octets = [value % 0x80];
  for (let rest = Math.floor(value / 0x80); rest > 0; rest = Math.floor(rest / 0x80))
    octets.unshift(0x80 | (rest % 0x80));
  return octets;
}

function bigEndian(value: number): number[] {
  const octets: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 0x100)) octets.unshift(rest % 0x100);
  return octets;
}
