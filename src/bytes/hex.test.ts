import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from './hex.js';

describe('RFC 4648 §8, in lower case', () => {
  it('writes two digits a byte', () => {
    expect(toHex(Uint8Array.of(0x00, 0x0f, 0xa0, 0xff))).toBe('000fa0ff');
    expect(toHex(new Uint8Array())).toBe('');
  });

  it.each([
    ['upper case', 'FF'],
    ['an odd length', '0ff'],
    ['a prefix', '0x0f'],
    ['a letter outside the alphabet', '0g'],
    ['a trailing line break', '0f\n'],
    ['a space', '0f 0f'],
    ['digits of another script', '\u0661\u0661'],
  ])('refuses %s', (_, text) => {
    expect(fromHex(text)).toBeNull();
  });

  it('reads back every byte string, and only what it would write', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'09afAF x\n'), maxLength: 8 }), text => {
        const bytes = fromHex(text);
        expect(bytes === null || toHex(bytes) === text).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
