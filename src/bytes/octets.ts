/** Small operations on byte strings that every room needs. */

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Texts up to this length are written by hand: calling the encoder takes longer than writing them. */
const SHORT = 64;

/** UTF-8 encoding of a well-formed string. A lone surrogate becomes U+FFFD, so callers check first where it matters. */
export function utf8(text: string): Uint8Array {
  return (text.length <= SHORT ? ascii(text) : null) ?? encoder.encode(text);
}

/** Null for a text with other characters than ASCII's. */
function ascii(text: string): Uint8Array | null {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return null;
    bytes[at] = code;
  }
  return bytes;
}

/** Strict UTF-8 decoding: null for ill-formed input; a byte order mark is kept as the character it is. */
export function fromUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concatAll(parts);
}

/** Like {@link concat}, for lists whose length a stranger decides: an engine limits how many arguments a call may have. */
export function concatAll(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Equality whose time depends only on the lengths, so that it may be used on secrets. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

/** Eight bytes, big-endian, of a non-negative safe integer. */
export function u64be(value: number): Uint8Array {
  const [high, low] = [Math.floor(value / 2 ** 32), value >>> 0];
  return Uint8Array.of(high >>> 24, high >>> 16, high >>> 8, high, low >>> 24, low >>> 16, low >>> 8, low);
}

/** The integer in eight big-endian bytes, or null when it is over 2^53 - 1 and a number could not hold it. */
export function fromU64be(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const value = view.getUint32(0) * 2 ** 32 + view.getUint32(4);
  return value <= Number.MAX_SAFE_INTEGER ? value : null;
}

/**
 * A decimal integer exactly as we would write it: no sign, no leading zero, at most 2^53 - 1. Null otherwise, so that `""`, `0x10`
 * and `1e3` are never numbers.
 */
export function parseDecimal(text: string): number | null {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}
