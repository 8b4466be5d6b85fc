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

/** The codes of every two letters, side by side in the order that this machine has bytes in: two letters are written at once. */
const pairs = (alphabet: string): Uint16Array => {
  const letters = new Uint8Array(2 * 64 * 64);
  for (let at = 0; at < letters.length; at += 2) {
    letters[at] = alphabet.charCodeAt(at >> 7);
    letters[at + 1] = alphabet.charCodeAt((at >> 1) & 63);
  }
  return new Uint16Array(letters.buffer);
};
const STANDARD_PAIRS = pairs(STANDARD);
const URL_SAFE_PAIRS = pairs(URL_SAFE);

const ascii = new TextDecoder();
const PADDING = '='.charCodeAt(0);

export function toBase64(bytes: Uint8Array): string {
  const text = encode(bytes, STANDARD_PAIRS);
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}

/** The text of {@link toBase64}, as the bytes of its letters. */
export function base64Bytes(bytes: Uint8Array): Uint8Array {
  const padded = lettersOf(bytes, STANDARD_PAIRS);
  padded.fill(PADDING, Math.ceil((bytes.length * 4) / 3));
  return padded;
}

export function toBase64Url(bytes: Uint8Array): string {
  return encode(bytes, URL_SAFE_PAIRS);
}

/** The bytes, or null when `text`, or the part of it from `start` to before `end`, is not what {@link toBase64} emits. */
export function fromBase64(text: string, start = 0, end = text.length): Uint8Array | null {
  if ((end - start) % 4 !== 0) return null;
  const padding = start === end || text[end - 1] !== '=' ? 0 : text[end - 2] === '=' ? 2 : 1;
  return decode(text, start, end - padding, STANDARD_VALUES, padding);
}

/** The bytes, or null when `text` is not what {@link toBase64Url} emits. */
export function fromBase64Url(text: string): Uint8Array | null {
  return decode(text, 0, text.length, URL_SAFE_VALUES, (4 - (text.length % 4)) % 4);
}

function encode(bytes: Uint8Array, table: Uint16Array): string {
  // The last group has fewer letters where it has fewer bytes.
  return ascii.decode(lettersOf(bytes, table).subarray(0, Math.ceil((bytes.length * 4) / 3)));
}

/** Four letters for every three bytes; those of the last group that stand for no byte mean nothing. */
function lettersOf(bytes: Uint8Array, table: Uint16Array): Uint8Array {
  const letters = new Uint16Array(2 * Math.ceil(bytes.length / 3));
  const whole = bytes.length - (bytes.length % 3);
  let length = 0;
  for (let i = 0; i < whole; i += 3) {
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number);
    letters[length++] = table[group >> 12] as number;
    letters[length++] = table[group & 0xfff] as number;
  }
  if (whole < bytes.length) {
    const second = whole + 1 < bytes.length ? (bytes[whole + 1] as number) : 0;
    const group = ((bytes[whole] as number) << 16) | (second << 8);
    letters[length++] = table[group >> 12] as number;
    letters[length++] = table[group & 0xfff] as number;
  }
  return new Uint8Array(letters.buffer);
}

/** `end`: where the padding begins, which is not there in the URL-safe form. */
function decode(
  text: string,
  start: number,
  end: number,
  table: Int8Array,
  padding: number,
): Uint8Array | null {
  const letters = end - start;
  if (padding === 3 || (letters + padding) % 4 !== 0) return null;
  const bytes = new Uint8Array(((letters + padding) / 4) * 3 - padding);
  let length = 0;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const group = groupAt(text, at, table);
    if (group < 0) return null;
    bytes[length++] = group >> 16;
    bytes[length++] = (group >> 8) & 0xff;
    bytes[length++] = group & 0xff;
  }
  let accumulator = 0;
  let bits = 0;
  for (let i = at; i < end; i++) {
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

/** The 24 bits of four letters; negative when one of them is no letter of the alphabet. */
function groupAt(text: string, at: number, table: Int8Array): number {
  const a = text.charCodeAt(at);
  const b = text.charCodeAt(at + 1);
  const c = text.charCodeAt(at + 2);
  const d = text.charCodeAt(at + 3);
  if ((a | b | c | d) > 127) return -1;
  const high = ((table[a] as number) << 18) | ((table[b] as number) << 12);
  return high | ((table[c] as number) << 6) | (table[d] as number);
}
