import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf, reasonOf } from '../../test/support/failure.js';
import { mutants, neighbours, parseOrRefuse } from '../../test/support/mutation.js';
import { type Cbor, type CborKey, decodeCbor, encodeCbor, Tagged } from './cbor.js';
import { fromHex, toHex } from './hex.js';
import { concat } from './octets.js';

const hex = (text: string): Uint8Array =>
  fromHex(text.replaceAll(' ', '')) ?? expect.fail(`not hexadecimal: ${text}`);
const map = (...entries: [CborKey, Cbor][]) => new Map(entries);

describe('RFC 8949, appendix A', () => {
  it.each<[encoded: string, value: Cbor]>([
    ['00', 0],
    ['01', 1],
    ['0a', 10],
    ['17', 23],
    ['1818', 24],
    ['1819', 25],
    ['1864', 100],
    ['1903e8', 1000],
    ['1a000f4240', 1000000],
    ['1b000000e8d4a51000', 1000000000000],
    ['1bffffffffffffffff', 18446744073709551615n],
    ['3bffffffffffffffff', -18446744073709551616n],
    ['20', -1],
    ['29', -10],
    ['3863', -100],
    ['3903e7', -1000],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['c074323031332d30332d32315432303a30343a30305a', new Tagged(0, '2013-03-21T20:04:00Z')],
    ['c11a514b67b0', new Tagged(1, 1363896240)],
    ['d74401020304', new Tagged(23, hex('01020304'))],
    ['d818456449455446', new Tagged(24, hex('6449455446'))],
    ['40', new Uint8Array()],
    ['4401020304', hex('01020304')],
    ['60', ''],
    ['6161', 'a'],
    ['6449455446', 'IETF'],
    ['62225c', '"\\'],
    ['62c3bc', '\u00fc'],
    ['63e6b0b4', '\u6c34'],
    ['64f0908591', '\u{10151}'],
    ['80', []],
    ['83010203', [1, 2, 3]],
    ['8301820203820405', [1, [2, 3], [4, 5]]],
    [
      '98190102030405060708090a0b0c0d0e0f101112131415161718181819',
      Array.from({ length: 25 }, (_, i) => i + 1),
    ],
    ['a0', map()],
    ['a201020304', map([1, 2], [3, 4])],
    ['a26161016162820203', map(['a', 1], ['b', [2, 3]])],
    ['826161a161626163', ['a', map(['b', 'c'])]],
    [
      'a56161614161626142616361436164614461656145',
      map(['a', 'A'], ['b', 'B'], ['c', 'C'], ['d', 'D'], ['e', 'E']),
    ],
  ])('%s', (encoded, value) => {
    expect(decodeCbor(hex(encoded))).toEqual(value);
    expect(toHex(encodeCbor(value))).toBe(encoded);
  });

  it.each([
    ['a half-precision float', 'f90000'],
    ['a single-precision float', 'fa47c35000'],
    ['a double-precision float', 'fb3ff199999999999a'],
    ['undefined', 'f7'],
    ['a simple value', 'f0'],
    ['a simple value of two bytes', 'f8ff'],
    ['false in two bytes', 'f814'],
    ['bytes of indefinite length', '5f42010243030405ff'],
    ['text of indefinite length', '7f657374726561646d696e67ff'],
    ['an array of indefinite length', '9f018202039f0405ffff'],
    ['a map of indefinite length', 'bf61610161629f0203ffff'],
  ])('cbor/malformed: %s', (_, encoded) => {
    expect(reasonOf(() => decodeCbor(hex(encoded)))).toBe('cbor/malformed');
  });
});

describe('RFC 8949 §4.2.1', () => {
  it('§4.2.1: keys in the bytewise order of their encodings', () => {
    const sample = map(['aa', 0], [-1, 0], ['z', 0], [100, 0], [10, 0]);
    expect(toHex(encodeCbor(sample))).toBe('a5 0a00 186400 2000 617a00 62616100'.replaceAll(' ', ''));
  });

  it.each([
    ['0 in two bytes', '1800'],
    ['23 in two bytes', '1817'],
    ['255 in three bytes', '1900ff'],
    ['65,535 in five bytes', '1a0000ffff'],
    ['4,294,967,295 in nine bytes', '1b00000000ffffffff'],
    ['-1 in two bytes', '3800'],
    ['a length in two bytes', '580100'],
    ['the length of a text in two bytes', '780161'],
    ['the length of an array in two bytes', '9800'],
    ['the length of a map in two bytes', 'b800'],
    ['a tag in two bytes', 'd80100'],
    ['keys out of order', 'a202000100'],
    ['a longer key before a shorter one', 'a218640001 00'],
    ['a text before a number', 'a26161000100'],
    ['a key twice', 'a201000100'],
    ['a text as key twice', 'a2616100616100'],
    ['an array as key', 'a18000'],
    ['bytes as key', 'a14000'],
    ['null as key', 'a1f600'],
  ])('cbor/malformed: %s', (_, encoded) => {
    expect(reasonOf(() => decodeCbor(hex(encoded)))).toBe('cbor/malformed');
  });

  it('what others have signed without sorting can be read, but nothing else is relaxed', () => {
    const options = { keys: 'in-any-order' } as const;
    expect(decodeCbor(hex('a202000100'), options)).toEqual(map([2, 0], [1, 0]));
    for (const encoded of ['a201000100', '1800', 'bf0100ff', 'f7', 'a18000', '0000'])
      expect(reasonOf(() => decodeCbor(hex(encoded), options))).toBe('cbor/malformed');
  });
});

describe('cbor/malformed', () => {
  it.each([
    ['nothing', ''],
    ['two values', '0000'],
    ['a number that is cut off', '19ff'],
    ['bytes that are cut off', '420a'],
    ['a text that is cut off', '6261'],
    ['an array that is cut off', '8201'],
    ['a map without its last value', 'a101'],
    ['a tag around nothing', 'c1'],
    ['reserved additional information 28', '1c'],
    ['reserved additional information 30 of a simple value', 'fe'],
    ['a break alone', 'ff'],
    ['text that is not UTF-8', '61ff'],
    ['a surrogate in a text', '63eda080'],
    ['a tag over 2^53', `db${'ff'.repeat(8)}00`],
    ['2^64 - 1 bytes', '5bffffffffffffffff'],
    ['an array of 2^64 - 1 members', '9bffffffffffffffff'],
    ['an array of 2^32 members', '9b0000000100000000'],
    ['a map of 2^63 entries', 'bb8000000000000000'],
  ])('%s', (_, encoded) => {
    expect(reasonOf(() => decodeCbor(hex(encoded)))).toBe('cbor/malformed');
  });

  it('names the byte and what is wrong there', () => {
    expect(failureOf(() => decodeCbor(hex('820018 00')))).toMatchObject({
      field: 'byte 4',
      detail: 'a number in more bytes than it needs',
    });
  });

  it('17 values within one another; 16 are read', () => {
    const nested = (depth: number) => concat(new Uint8Array(depth).fill(0x81), Uint8Array.of(0));
    expect(encodeCbor(decodeCbor(nested(16)))).toEqual(nested(16));
    for (const depth of [17, 100_000])
      expect(reasonOf(() => decodeCbor(nested(depth)))).toBe('cbor/malformed');
    expect(reasonOf(() => decodeCbor(new Uint8Array(100_000).fill(0xc1)))).toBe('cbor/malformed');
  });

  it('a length that a stranger made up reserves nothing', () => {
    const started = performance.now();
    for (let count = 0; count < 1000; count++)
      expect(reasonOf(() => decodeCbor(hex('9affffffff00')))).toBe('cbor/malformed');
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('encodeCbor', () => {
  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 2n ** 64n, -(2n ** 64n) - 1n])(
    'refuses %d, which is no integer that it can write',
    value => {
      expect(() => encodeCbor(value)).toThrow(RangeError);
    },
  );

  it('gives plain bytes of its own, also for what it has read', () => {
    const bytes = hex('4161');
    const read = decodeCbor(bytes) as Uint8Array;
    bytes[1] = 0;
    expect(read).toEqual(Uint8Array.of(0x61));
  });
});

describe('properties', () => {
  const integers = fc.oneof(
    fc.maxSafeInteger(),
    fc.integer({ min: -300, max: 70_000 }),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }),
  );
  const { value: values } = fc.letrec<{ value: Cbor }>(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      integers,
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 30 }),
      fc
        .uniqueArray(fc.tuple(fc.oneof(integers, fc.string()), tie('value')), {
          maxLength: 6,
          selector: ([key]) => key,
        })
        .map(entries => new Map(entries)),
      fc.tuple(fc.maxSafeNat(), tie('value')).map(([tag, value]) => new Tagged(tag, value)),
    ),
  }));

  it('every value reads back from its encoding', () => {
    fc.assert(
      fc.property(values, value => {
        const encoded = encodeCbor(value);
        expect(encodeCbor(decodeCbor(encoded))).toEqual(encoded);
        expect(decodeCbor(encoded)).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  const samples = [
    'a3010a04421122182a8263616263f6',
    'd28440a119018ca0f65840',
    'c11a514b67b0',
    '8301820203820405',
  ].map(hex);
  const canonical = (bytes: Uint8Array) => {
    const value = parseOrRefuse(() => decodeCbor(bytes), ['cbor/malformed']);
    if (value !== undefined) expect(toHex(encodeCbor(value))).toBe(toHex(bytes));
  };

  it('whatever the bytes, what is read is written back as they were', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), canonical), { numRuns: 2000 });
    fc.assert(fc.property(mutants(samples), canonical), { numRuns: 2000 });
    for (const sample of samples) for (const neighbour of neighbours(sample)) canonical(neighbour);
  });
});
