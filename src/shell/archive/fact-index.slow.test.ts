import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/log.js';
import '../node.js';
import type { Fact } from '../../appraise/kept/facts.js';
import { lossOf } from '../../appraise/kept/stakes.js';
import { toBase32 } from '../../bytes/base32.js';
import { sha256 } from '../../bytes/cryptography.js';
import { utf8 } from '../../bytes/octets.js';
import { FactIndex } from './fact-index.js';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const RECEIPTS = 1_000_000;

it('a million receipts: each look-up finds all of a fact, and memory stays what it was', {
  timeout: 300_000,
}, async () => {
  const index = await FactIndex.open(folder.path);
  while (index.size < RECEIPTS) {
    const facts: Fact[] = [
      { field: 'evidence', value: `${index.size >> 4}` },
      { field: 'chip', value: `${index.size % 1000}` },
      { field: 'tcb', value: `${index.size % 7}` },
      { field: 'measurement', value: `${index.size % 50}` },
      { field: 'signer', value: 'issuer' },
      { field: 'model', value: `${index.size % 20}` },
    ];
    const exchange = toBase32(sha256(utf8(`${index.size}`)).subarray(0, 16));
    index.add(facts, { exchange, completed: index.size, model: 'asserted', place: 'handoff' });
  }
  index.flush();
  const reopened = await FactIndex.open(folder.path);
  expect(reopened.size).toBe(RECEIPTS);
  const before = process.memoryUsage().rss;
  const milliseconds: number[] = [];
  for (let chip = 0; chip < 20; chip++) {
    const began = performance.now();
    const { entries, more } = await reopened.find({ field: 'chip', value: `${chip}` });
    milliseconds.push(performance.now() - began);
    expect([entries.length, entries[0], entries.at(-1), more]).toEqual([
      1000,
      chip,
      RECEIPTS - 1000 + chip,
      false,
    ]);
  }
  const listed: string[] = [];
  for (const [field, value, count] of [
    ['chip', '7', 1000],
    ['tcb', '3', 142_857],
    ['signer', 'issuer', RECEIPTS],
  ] as const) {
    const began = performance.now();
    let losses = 0;
    for await (const receipts of reopened.receiptsOf({ field, value }))
      for (const receipt of receipts) if (lossOf(receipt, field) !== null) losses++;
    listed.push(`${losses} in ${(performance.now() - began).toFixed(0)} ms`);
    expect(losses).toBe(count);
  }
  console.info(`receipts that lose a grade, listed among ${RECEIPTS}: ${listed.join(', ')}`);
  expect((await reopened.find({ field: 'chip', value: 'none' })).entries).toEqual([]);
  console.info(`a look-up among ${RECEIPTS} receipts: ${Math.max(...milliseconds).toFixed(0)} ms at most`);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
});
