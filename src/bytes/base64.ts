/**
 * Base64 (RFC 4648 §4, padded) and base64url (§5, unpadded). Decoding is strict: exactly the text that encoding emits, so no two
 * texts stand for the same bytes and unused trailing bits cannot carry anything.
 */

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const values = (alphabet: string): Int8Array => {
  const table = new Int8Array(128).fill(-1);
  for (let i = 0; i < 64; i++) table[alphabet.charCodeAt(i)] = i;
  return table;
};
const STANDARD_VALUES = values(STANDARD);
const URL_SAFE_VALUES = values(URL_SAFE);

export function toBase64(bytes: Uint8Array): string {
  const text = encode(bytes, STANDARD);
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

export function toBase64Url(bytes: Uint8Array): string {
  return encode(bytes, URL_SAFE);
}

/** The bytes, or null when `text` is not what {@link toBase64} emits. */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return decode(text.slice(0, text.length - padding), STANDARD_VALUES, padding);
}

/** The bytes, or null when `text` is not what {@link toBase64Url} emits. */
export function fromBase64Url(text: string): Uint8Array | null {
  return decode(text, URL_SAFE_VALUES, (4 - (text.length % 4)) % 4);
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += (alphabet[group >> 18] as string) + (alphabet[(group >> 12) & 63] as string);
    if (left > 1) text += alphabet[(group >> 6) & 63];
    if (left > 2) text += alphabet[group & 63];
  }
  return text;
}

function decode(text: string, table: Int8Array, padding: number): Uint8Array | null {
  if (padding === 3 || (text.length + padding) % 4 !== 0) return null;
  const bytes = new Uint8Array(((text.length + padding) / 4) * 3 - padding);
  let accumulator = 0;
  let bits = 0;
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? (table[code] as number) : -1;
    if (value < 0) return null;
    accumulator = ((accumulator << 6) | value) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[length++] = (accumulator >> bits) & 0xff;
    }
  }
  const unused = accumulator & ((1 << bits) - 1);
  return unused === 0 ? bytes : null;
}
