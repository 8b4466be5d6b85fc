import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { neighbours } from '../../test/support/mutation.js';
import { fromBase32, toBase32 } from './base32.js';
import { fromUtf8, utf8 } from './octets.js';

describe('RFC 4648 §10, test vectors, in lower case and unpadded', () => {
  it.each([
    ['', ''],
    ['f', 'my'],
    ['fo', 'mzxq'],
    ['foo', 'mzxw6'],
    ['foob', 'mzxw6yq'],
    ['fooba', 'mzxw6ytb'],
    ['foobar', 'mzxw6ytboi'],
  ])('BASE32(%j) = %j', (text, encoded) => {
    expect(toBase32(utf8(text))).toBe(encoded);
    expect(fromBase32(encoded)).toEqual(utf8(text));
  });
});

describe('RFC 4648 §12, strict decoding', () => {
  it.each([
    ['upper case', 'MZXW6'],
    ['padding', 'mzxw6==='],
    ['a digit outside the alphabet', 'mzxw1'],
    ['a zero, which looks like an o', 'mzxw0'],
    ['a line break', 'mzxw\n6'],
    ['a space', ' mzxw6'],
    ['one character, which holds no byte', 'm'],
    ['three characters, which no encoding has', 'mzx'],
    ['six characters, which no encoding has', 'mzxw6y'],
    ['an unused bit that is set', 'mz'],
    ['a letter that lower-cases to ASCII', 'm\u212aq'],
    ['a character outside the basic plane', 'my\u{1f511}'],
  ])('refuses %s', (_, text) => {
    expect(fromBase32(text)).toBeNull();
  });

  it('reads back every byte string, and writes 26 characters for the 128 bits of an exchange id', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
        expect(fromBase32(toBase32(bytes))).toEqual(bytes);
      }),
    );
    expect(toBase32(new Uint8Array(16))).toHaveLength(26);
  });

  it('reads only what it would write', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abcyz234567A0=\n'), maxLength: 12 }), text => {
        const bytes = fromBase32(text);
        expect(bytes === null || toBase32(bytes) === text).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives no neighbour of an id the same bytes', () => {
    const id = toBase32(Uint8Array.from({ length: 16 }, (_, i) => i * 17));
    for (const neighbour of neighbours(utf8(id))) {
      const bytes = fromBase32(fromUtf8(neighbour) ?? '!');
      if (bytes !== null) expect(bytes).not.toEqual(fromBase32(id));
    }
  });
});
