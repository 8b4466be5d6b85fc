import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../test/support/failure.js';
import { mutants, neighbours } from '../../test/support/mutation.js';
import { concat, fromUtf8, utf8 } from '../bytes/octets.js';
import { MAX_ENTRY_BYTES, parseTilePath, readBundle, type TileName, tilePath, writeBundle } from './tile.js';

describe('tlog-tiles, "Merkle Tree": paths', () => {
  it.each<[string, TileName]>([
    ['tile/0/000', { level: 0, index: 0, width: 256 }],
    ['tile/0/999', { level: 0, index: 999, width: 256 }],
    ['tile/0/x001/000', { level: 0, index: 1000, width: 256 }],
    ['tile/0/x001/x234/067', { level: 0, index: 1234067, width: 256 }],
    ['tile/0/000.p/1', { level: 0, index: 0, width: 1 }],
    ['tile/0/273.p/112', { level: 0, index: 273, width: 112 }],
    ['tile/1/001.p/17', { level: 1, index: 1, width: 17 }],
    ['tile/63/000.p/255', { level: 63, index: 0, width: 255 }],
    ['tile/entries/x001/x234/067.p/9', { level: 'entries', index: 1234067, width: 9 }],
    ['tile/0/x009/x007/x199/x254/x740/991', { level: 0, index: Number.MAX_SAFE_INTEGER, width: 256 }],
  ])('%s', (path, name) => {
    expect(tilePath(name)).toBe(path);
    expect(parseTilePath(path)).toEqual(name);
  });

  it.each([
    ['nothing', ''],
    ['a leading slash', '/tile/0/000'],
    ['a trailing slash', 'tile/0/000/'],
    ['a trailing line break', 'tile/0/000\n'],
    ['another root', 'tiles/0/000'],
    ['no number', 'tile/0'],
    ['level 64', 'tile/64/000'],
    ['a level with a leading zero', 'tile/00/000'],
    ['a negative level', 'tile/-1/000'],
    ['data tiles under another name', 'tile/data/000'],
    ['a number of one digit', 'tile/0/0'],
    ['a number of four digits', 'tile/0/1000'],
    ['a group without its x', 'tile/0/001/000'],
    ['an x on the last group', 'tile/0/x000'],
    ['an x in upper case', 'tile/0/X001/000'],
    ['a leading group of zeroes', 'tile/0/x000/001'],
    ['a number of 2^53', 'tile/0/x009/x007/x199/x254/x740/992'],
    ['a number of seven groups', 'tile/0/x001/x000/x000/x000/x000/x000/000'],
    ['a width of 0', 'tile/0/000.p/0'],
    ['a width of 256, which is no partial tile', 'tile/0/000.p/256'],
    ['a width of 257', 'tile/0/000.p/257'],
    ['a width with a leading zero', 'tile/0/000.p/01'],
    ['a width that is missing', 'tile/0/000.p/'],
    ['the marker of a width alone', 'tile/0/000.p'],
    ['a way out of the folder', 'tile/0/../../checkpoint'],
    ['an escaped slash', 'tile%2f0/000'],
    ['a query', 'tile/0/000?'],
    ['digits of another script', 'tile/0/\u0660\u0660\u0660'],
  ])('refuses %s', (_, path) => {
    expect(parseTilePath(path)).toBeNull();
  });

  const tile: fc.Arbitrary<TileName> = fc.record({
    level: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const)),
    index: fc.oneof(fc.nat(2000), fc.maxSafeNat()),
    width: fc.integer({ min: 1, max: 256 }),
  });
  const SAMPLES = ['tile/0/000', 'tile/entries/x001/x234/067.p/9', 'tile/63/x001/000.p/255'];

  it('every tile reads back from its path', () => {
    fc.assert(
      fc.property(tile, name => {
        expect(parseTilePath(tilePath(name))).toEqual(name);
      }),
    );
  });

  it('one path per tile: neighbours and mutants are refused or written back as they were', () => {
    const unchanged = (path: string) => {
      const name = parseTilePath(path);
      return name === null || tilePath(name) === path;
    };
    for (const sample of SAMPLES)
      for (const neighbour of neighbours(utf8(sample)))
        expect(unchanged(fromUtf8(neighbour) ?? '')).toBe(true);
    fc.assert(
      fc.property(mutants(SAMPLES.map(utf8)), bytes => unchanged(fromUtf8(bytes) ?? '')),
      { numRuns: 3000 },
    );
  });
});

describe('tlog-tiles, "Log entries": bundles', () => {
  it('an entry is its length in two bytes, big-endian, and itself', () => {
    expect(writeBundle([utf8('abc')])).toEqual(Uint8Array.of(0, 3, 0x61, 0x62, 0x63));
    expect(writeBundle([new Uint8Array()])).toEqual(Uint8Array.of(0, 0));
    expect(writeBundle([new Uint8Array(258)]).subarray(0, 2)).toEqual(Uint8Array.of(1, 2));
    expect(writeBundle([new Uint8Array(MAX_ENTRY_BYTES)]).subarray(0, 2)).toEqual(Uint8Array.of(255, 255));
  });

  it('log/entry-too-large: 65,536 bytes', () => {
    expect(reasonOf(() => writeBundle([new Uint8Array(MAX_ENTRY_BYTES + 1)]))).toBe('log/entry-too-large');
  });

  it('every sequence of entries reads back, and a tail that was cut off is left out', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 }),
        fc.uint8Array({ maxLength: 50 }),
        fc.nat(51),
        (entries, last, kept) => {
          const whole = writeBundle(entries);
          expect(readBundle(whole)).toEqual({ entries, length: whole.length });
          const framed = writeBundle([last]);
          const torn = framed.subarray(0, Math.min(kept, framed.length - 1));
          expect(readBundle(concat(whole, torn))).toEqual({ entries, length: whole.length });
        },
      ),
    );
  });

  it('whatever the bytes, what was read is framed as exactly the bytes that it took', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3, 255), { maxLength: 40 }), numbers => {
        const bytes = Uint8Array.from(numbers);
        const { entries, length } = readBundle(bytes);
        expect(writeBundle(entries)).toEqual(bytes.slice(0, length));
      }),
      { numRuns: 2000 },
    );
  });

  it('two entries never stand for one: another framing of the same bytes is another sequence', () => {
    expect(readBundle(concat(writeBundle([utf8('a')]), writeBundle([utf8('b')]))).entries).toHaveLength(2);
    expect(readBundle(writeBundle([concat(utf8('a'), writeBundle([utf8('b')]))])).entries).toHaveLength(1);
  });
});
