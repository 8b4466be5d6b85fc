import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { thorough } from '../../../test/support/thoroughness.js';
import { RecordSorter, recordsOf } from './record-sorter.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-sorter-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** Two bytes of key, and two that tell in which place a record came. */
const SHAPE = { length: 4, keyLength: 2 };

function sort(keys: readonly number[], partBytes: number): number[][] {
  const sorter = new RecordSorter(join(folder, 'parts'), SHAPE, partBytes);
  for (const [at, key] of keys.entries()) sorter.add(Uint8Array.of(key >> 8, key & 255, at >> 8, at & 255));
  return [...sorter.sorted()].map(([a = 0, b = 0, c = 0, d = 0]) => [a * 256 + b, c * 256 + d]);
}

const expected = (keys: readonly number[]) =>
  keys.map((key, at) => [key, at] as [number, number]).sort(([a, i], [b, j]) => a - b || i - j);

it('records come in the order of their keys, and of their coming where keys are alike, however small the parts are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 400 }),
      fc.integer({ min: 1, max: 200 }),
      (keys, bytes) => {
        expect(sort(keys, bytes)).toEqual(expected(keys));
      },
    ),
    { numRuns: 40 },
  );
});

it('more parts than can be merged at once are merged in turns, and nothing of them is left', () => {
  // Of one record each; sixty-four are merged at once.
  const keys = Array.from({ length: thorough(70 * 64, 3 * 64) }, (_, at) => (at * 7919) % 1000);
  expect(sort(keys, 4)).toEqual(expected(keys));
  expect(existsSync(join(folder, 'parts')) ? readdirSync(join(folder, 'parts')) : []).toEqual([]);
});

it('a record of another length is refused, and so is a file that ends within one', async () => {
  expect(() => new RecordSorter(folder, SHAPE).add(new Uint8Array(3))).toThrow(RangeError);
  const path = join(folder, 'torn');
  await writeFile(path, new Uint8Array(9));
  expect(() => [...recordsOf(path, 4)]).toThrow(RangeError);
});
