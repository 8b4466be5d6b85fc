import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompose, splitPoint } from './range.js';

const LARGEST = Number.MAX_SAFE_INTEGER;
/** Sizes near a power of two are where arithmetic goes wrong. */
const sizes = (min: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min, max: 1000 }),
    fc.integer({ min, max: LARGEST }),
    fc
      .tuple(fc.integer({ min: 1, max: 53 }), fc.integer({ min: -2, max: 2 }))
      .map(([power, by]) => Math.min(LARGEST, Math.max(min, 2 ** power + by))),
  );

/** Whether these subtrees cover the leaves from `start` to `end` without a gap, an overlap or a rounding error. */
function coverExactly(subtrees: ReturnType<typeof decompose>, start: number, end: number): boolean {
  let at = BigInt(start);
  for (const { level, index } of subtrees) {
    if (!Number.isSafeInteger(index)) return false;
    if (BigInt(index) << BigInt(level) !== at) return false;
    at += 1n << BigInt(level);
  }
  return at === BigInt(end);
}

describe('RFC 6962 §2.1, k: "the largest power of two smaller than n"', () => {
  it.each([
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 4],
    [7, 4],
    [8, 4],
    [9, 8],
    [2 ** 31, 2 ** 30],
    [2 ** 31 + 1, 2 ** 31],
    [2 ** 32 + 1, 2 ** 32],
    [LARGEST, 2 ** 52],
  ])('n = %d', (size, k) => {
    expect(splitPoint(size)).toBe(k);
  });

  it('for every size up to 2^53 - 1', () => {
    fc.assert(
      fc.property(sizes(2), size => {
        const k = BigInt(splitPoint(size));
        expect(k & (k - 1n)).toBe(0n);
        expect(k < BigInt(size) && 2n * k >= BigInt(size)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('complete subtrees of a range', () => {
  it('seven leaves: four, two and one', () => {
    expect(decompose(0, 7)).toEqual([
      { level: 2, index: 0 },
      { level: 1, index: 2 },
      { level: 0, index: 6 },
    ]);
  });

  it('no leaves: no subtrees', () => {
    expect(decompose(0, 0)).toEqual([]);
    expect(decompose(4, 4)).toEqual([]);
  });

  it('a tree of any size is made of one subtree for each bit of its size, the largest first', () => {
    fc.assert(
      fc.property(sizes(0), size => {
        const subtrees = decompose(0, size);
        expect(coverExactly(subtrees, 0, size)).toBe(true);
        const levels = subtrees.map(({ level }) => level);
        expect(levels).toEqual(
          [...BigInt(size).toString(2)].flatMap((bit, i, all) => (bit === '1' ? [all.length - 1 - i] : [])),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('so are both halves of every split on the way to a leaf, up to 2^53 - 1', () => {
    fc.assert(
      fc.property(sizes(2), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (size, at) => {
        const index = Math.min(size - 1, Math.floor(at * size));
        let [start, end] = [0, size];
        while (end - start > 1) {
          const split = start + splitPoint(end - start);
          expect(coverExactly(decompose(start, split), start, split)).toBe(true);
          expect(decompose(start, split)).toHaveLength(1);
          expect(coverExactly(decompose(split, end), split, end)).toBe(true);
          if (index < split) end = split;
          else start = split;
        }
        expect(start).toBe(index);
      }),
      { numRuns: 300 },
    );
  });
});
