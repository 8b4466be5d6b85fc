/**
 * Every reader of bytes from outside, with inputs that are nearly right: it refuses with one of its codes, or writes back what it has read.
 * Nothing else is ever thrown. `test/slow/fuzz.test.ts` does the same for longer.
 */
import { afterAll, describe, expect, it } from 'vitest';
import '../../src/shell/node.js';
import { temporaryFolder } from '../support/log.js';
import { fuzz, runsFor, SEED } from './budget.js';
import { DCAP_READERS } from './dcap.js';
import { EVIDENCE_READERS } from './evidence.js';
import { IMPORT_READERS } from './imports.js';
import { keptReaders } from './kept.js';
import { KEPT_READERS } from './kept-evidence.js';
import { NOTE_READERS } from './notes.js';
import { NVIDIA_READERS } from './nvidia.js';
import { fateOf } from './reader.js';
import { STATEMENT_READERS } from './statements.js';
import { TREE_READERS } from './tree.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const READERS = [
  ...NOTE_READERS,
  ...TREE_READERS,
  ...STATEMENT_READERS,
  ...NVIDIA_READERS,
  ...DCAP_READERS,
  ...EVIDENCE_READERS,
  ...IMPORT_READERS,
  ...KEPT_READERS,
  ...(await keptReaders(folder.path)),
];

describe(`every reader, with the random numbers of seed ${SEED}`, () => {
  it.each(READERS)('$name: reads what is genuine', async reader => {
    expect(reader.genuine.length).toBeGreaterThan(0);
    for (const bytes of reader.genuine) expect(await fateOf(reader, bytes)).toBe('read');
  });

  it.each(READERS)('$name: keeps its word about damaged inputs', async reader => {
    const runs = runsFor(reader, 100);
    const { read, refused } = await fuzz(reader, runs);
    expect(read + refused).toBe(runs);
  });
});
