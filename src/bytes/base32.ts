/** Base32 as RFC 4648 §6 has it, but in lower case and unpadded: it names exchanges in URLs, headers and file names. */

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

export function toBase32(bytes: Uint8Array): string {
  let text = '';
  let accumulator = 0;
  let bits = 0;
  for (const byte of bytes) {
    accumulator = ((accumulator << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(accumulator >> bits) & 31];
    }
  }
  return bits > 0 ? text + ALPHABET[(accumulator << (5 - bits)) & 31] : text;
}

/** The bytes, or null when `text` is not what {@link toBase32} emits. */
export function fromBase32(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let accumulator = 0;
  let bits = 0;
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const value = VALUES[text.charCodeAt(at)] ?? -1;
    if (value < 0) return null;
    accumulator = ((accumulator << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[length++] = (accumulator >> bits) & 0xff;
    }
  }
  // A letter too many stands for no byte, and the bits that are left over could carry anything.
  const isSpare = bits < 5 && (accumulator & ((1 << bits) - 1)) === 0;
  return isSpare ? bytes : null;
}

/** What each letter stands for; negative for what is none. */
const VALUES = new Int8Array(128).fill(-1);
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value;
