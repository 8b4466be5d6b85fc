import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { characters } from '../../test/support/characters.js';
import { concat, concatAll, equal, fromU64be, fromUtf8, parseDecimal, u64be, utf8 } from './octets.js';

const LARGEST = Number.MAX_SAFE_INTEGER;

describe('UTF-8 (RFC 3629)', () => {
  it.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an overlong NUL', [0xe0, 0x80, 0x80]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a sequence that was cut off', [0xe2, 0x82]],
    ['a byte that is never used', [0xff]],
  ])('§3 and §10: %s is ill-formed', (_, bytes) => {
    expect(fromUtf8(Uint8Array.from(bytes))).toBeNull();
  });

  it('§6: a byte order mark is a character like others', () => {
    expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });

  it('reads back every well-formed string', () => {
    fc.assert(
      fc.property(fc.string({ unit: characters }), text => {
        expect(fromUtf8(utf8(text))).toBe(text);
      }),
    );
  });

  it('reads only what it would write', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), bytes => {
        const text = fromUtf8(bytes);
        expect(text === null || equal(utf8(text), bytes)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('byte strings', () => {
  it('concat joins in order, and the whole shares no memory with its parts', () => {
    const part = Uint8Array.of(1, 2);
    const whole = concat(part, new Uint8Array(), Uint8Array.of(3));
    part[0] = 9;
    expect(whole).toEqual(Uint8Array.of(1, 2, 3));
    expect(concat()).toEqual(new Uint8Array());
  });

  it('concatAll joins more parts than a call can have arguments', () => {
    const parts = Array.from({ length: 300_000 }, (_, at) => Uint8Array.of(at & 255, at >> 8));
    const whole = concatAll(parts);
    expect(whole).toHaveLength(600_000);
    expect(whole.subarray(-4)).toEqual(
      Uint8Array.of(299_998 & 255, (299_998 >> 8) & 255, 299_999 & 255, (299_999 >> 8) & 255),
    );
    expect(concatAll([])).toEqual(new Uint8Array());
  });

  it('equal tells apart every flipped bit and every other length', () => {
    const bytes = Uint8Array.from({ length: 33 }, (_, i) => i);
    expect(equal(bytes, bytes.slice())).toBe(true);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const other = bytes.slice();
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(equal(bytes, other)).toBe(false);
    }
    expect(equal(bytes, bytes.subarray(0, 32))).toBe(false);
    expect(equal(new Uint8Array(), new Uint8Array())).toBe(true);
  });
});

describe('64-bit integers, big-endian', () => {
  it.each([
    [0, [0, 0, 0, 0, 0, 0, 0, 0]],
    [258, [0, 0, 0, 0, 0, 0, 1, 2]],
    [2 ** 32, [0, 0, 0, 1, 0, 0, 0, 0]],
    [LARGEST, [0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ])('%d', (value, bytes) => {
    expect(u64be(value)).toEqual(Uint8Array.from(bytes));
    expect(fromU64be(Uint8Array.from(bytes))).toBe(value);
  });

  it('refuses what a number cannot hold exactly', () => {
    expect(fromU64be(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0))).toBeNull();
    expect(fromU64be(new Uint8Array(8).fill(0xff))).toBeNull();
  });

  it('reads from the start of a view, wherever the view lies', () => {
    const memory = concat(new Uint8Array(3), u64be(77), Uint8Array.of(1, 2));
    expect(fromU64be(memory.subarray(3))).toBe(77);
  });

  it('reads back every safe integer', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), value => {
        expect(fromU64be(u64be(value))).toBe(value);
      }),
    );
  });
});

describe('decimal integers, as we write them', () => {
  it.each([
    ['0', 0],
    ['7', 7],
    ['9007199254740991', LARGEST],
  ])('%s', (text, value) => {
    expect(parseDecimal(text)).toBe(value);
  });

  it.each([
    '',
    '00',
    '01',
    '+1',
    '-1',
    '-0',
    '1.0',
    '1e3',
    '0x10',
    '0b1',
    ' 1',
    '1 ',
    '1\n',
    '1_000',
    '1,000',
    '1n',
    'NaN',
    'Infinity',
    '\u0661',
    '9007199254740992',
    '9007199254740993',
    '10000000000000000',
    '18446744073709551615',
    '1'.repeat(400),
  ])('refuses %j', text => {
    expect(parseDecimal(text)).toBeNull();
  });

  it('reads only what String writes', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.maxSafeNat().map(String), fc.string({ unit: fc.constantFrom(...'019eE+-. x\n') })),
        text => {
          const value = parseDecimal(text);
          expect(value === null || String(value) === text).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
