import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../bytes/cryptography.js';
import { u64be } from '../../bytes/octets.js';
import { BLOCK_BYTES, BlockMaker, blockCount, blockNumber, firstRecord, mayHold } from './key-block.js';

const RECORD_BYTES = 24;

/** The blocks of records that are sorted first, in pieces of so many records. */
function blocksOf(records: readonly Buffer[], perPiece: number): Buffer {
  const sorted = records.toSorted(Buffer.compare);
  const maker = new BlockMaker(sorted.length, RECORD_BYTES);
  const blocks: Buffer[] = [];
  for (let at = 0; at < sorted.length; at += perPiece)
    blocks.push(Buffer.from(maker.add(Buffer.concat(sorted.slice(at, at + perPiece)))));
  return Buffer.concat([...blocks, maker.finish()]);
}

const placeOf = (key: Buffer, blocks: Buffer) =>
  blockNumber(key, 0, blocks.length / BLOCK_BYTES) * BLOCK_BYTES;

const digestRecord = (index: number) => Buffer.from(sha256(u64be(index)).slice(0, RECORD_BYTES)) as Buffer;

/** Keys of any bytes, also many alike and many that begin alike. */
const anyRecords = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.constant(new Uint8Array([255, 255, 255, 255])),
      ),
      fc.oneof(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.constant(new Uint8Array(20))),
    ),
    { minLength: 1, maxLength: 400 },
  )
  .map(parts => parts.map(([head, rest]) => Buffer.concat([head, rest]) as Buffer));

describe('the blocks of a run', () => {
  it('are as many as is said, and lead no key past its records', () => {
    fc.assert(
      fc.property(anyRecords, fc.integer({ min: 1, max: 500 }), (records, perPiece) => {
        const blocks = blocksOf(records, perPiece);
        expect(blocks.length).toBe(blockCount(records.length) * BLOCK_BYTES);
        const sorted = records.toSorted(Buffer.compare);
        for (const record of records) {
          const at = placeOf(record, blocks);
          expect(mayHold(blocks, at, record)).toBe(true);
          const first = firstRecord(blocks, at);
          expect(first).toBeLessThanOrEqual(sorted.findIndex(other => other.equals(record)));
          expect(placeOf(sorted[first] as Buffer, blocks)).toBe(at);
          if (first > 0) expect(placeOf(sorted[first - 1] as Buffer, blocks)).toBeLessThan(at);
        }
      }),
    );
  });

  it('take one key in fifty at most, of those that the run lacks, for one that it may have', () => {
    const count = 20_000;
    const blocks = blocksOf(
      Array.from({ length: count }, (_, index) => digestRecord(index)),
      2048,
    );
    let wrong = 0;
    for (let index = count; index < 2 * count; index++) {
      const key = digestRecord(index);
      if (mayHold(blocks, placeOf(key, blocks), key)) wrong++;
    }
    expect(wrong).toBeGreaterThan(0);
    expect(wrong).toBeLessThan(count / 50);
  });

  it('come in the order of the keys, also in a run as large as any', () => {
    const blocks = blockCount(2 ** 36);
    const keys = ['00000000', '00000001', '7fffffff', '80000000', 'fffffffe', 'ffffffff'];
    const numbers = keys.map(key => blockNumber(Buffer.from(key, 'hex'), 0, blocks));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(numbers[0]).toBe(0);
    expect(numbers.at(-1)).toBeLessThan(blocks);
  });
});
