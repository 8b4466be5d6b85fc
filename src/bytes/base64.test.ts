import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { neighbours } from '../../test/support/mutation.js';
import { fromBase64, fromBase64Url, toBase64, toBase64Url } from './base64.js';
import { fromUtf8, utf8 } from './octets.js';

const VARIANTS = [
  { name: '§4, padded', to: toBase64, from: fromBase64, peer: 'base64' as const },
  { name: '§5, URL-safe and unpadded', to: toBase64Url, from: fromBase64Url, peer: 'base64url' as const },
];

describe('RFC 4648 §10, test vectors', () => {
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('BASE64(%j) = %j', (text, encoded) => {
    expect(toBase64(utf8(text))).toBe(encoded);
    expect(fromBase64(encoded)).toEqual(utf8(text));
    expect(toBase64Url(utf8(text))).toBe(encoded.replaceAll('=', ''));
    expect(fromBase64Url(encoded.replaceAll('=', ''))).toEqual(utf8(text));
  });

  it('RFC 4648 §5: the URL-safe alphabet has - and _ where the other has + and /', () => {
    const bytes = Uint8Array.of(0xfb, 0xff, 0xbf);
    expect(toBase64(bytes)).toBe('+/+/');
    expect(toBase64Url(bytes)).toBe('-_-_');
  });
});

describe('RFC 4648 §3.5 and §12, strict decoding', () => {
  it.each([
    ['missing padding', 'Zg'],
    ['half of the padding', 'Zg='],
    ['too much padding', 'Zg==='],
    ['padding that nothing asks for', 'Zm9v===='],
    ['padding alone', '===='],
    ['padding in the middle', 'Zg==Zg=='],
    ['one character in a group', 'Zm9vY==='],
    ['set bits under the padding', 'Zh=='],
    ['set bits under a single padding character', 'Zm9='],
    ['a line break inside', 'Zm9\n'],
    ['a trailing line break', 'Zm9v\n'],
    ['a space', 'Zm 9'],
    ['the other alphabet', '-_-_'],
    ['a character over 127', 'Zm9\u00e9'],
    ['a character whose low bits are in the alphabet', 'Zm9\u0141'],
  ])('§4 refuses %s', (_, text) => {
    expect(fromBase64(text)).toBeNull();
  });

  it.each([
    ['padding', 'Zg=='],
    ['one character in a group', 'Zm9vY'],
    ['set unused bits', 'Zh'],
    ['set unused bits in the third character', 'Zm9'],
    ['the other alphabet', '+/+/'],
    ['a line break', 'Zg\n'],
  ])('§5 refuses %s', (_, text) => {
    expect(fromBase64Url(text)).toBeNull();
  });

  it.each(VARIANTS)(
    '$name: agrees with another encoder and reads back every byte string',
    ({ to, from, peer }) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 100 }), bytes => {
          expect(to(bytes)).toBe(Buffer.from(bytes).toString(peer));
          expect(from(to(bytes))).toEqual(bytes);
        }),
      );
    },
  );

  it.each(VARIANTS)('$name: reads only what it would write', ({ to, from }) => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'AQgw9+/-_= \n\u00e9'), maxLength: 12 }), text => {
        const bytes = from(text);
        expect(bytes === null || to(bytes) === text).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it.each(VARIANTS)('$name: gives no neighbour of a text the same bytes', ({ to, from }) => {
    for (const length of [31, 32, 33]) {
      const text = to(Uint8Array.from({ length }, (_, i) => i * 7));
      for (const neighbour of neighbours(utf8(text))) {
        const bytes = from(fromUtf8(neighbour) ?? '!');
        if (bytes !== null) expect(bytes).not.toEqual(from(text));
      }
    }
  });
});
