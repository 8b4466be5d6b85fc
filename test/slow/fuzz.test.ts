/**
 * The fuzzing of `test/fuzz/`, for longer, and with inputs that are large: whoever is sent them must come to an end. Run it alone with
 * `npm run test:fuzz`; `COUNTERSIGN_FUZZ_SEED` repeats a run, `COUNTERSIGN_FUZZ_RUNS` sets how many inputs each reader gets.
 */
import { afterAll, describe, expect, it } from 'vitest';
import '../../src/shell/node.js';
import { fuzz, runsFor, SEED } from '../fuzz/budget.js';
import { DCAP_READERS } from '../fuzz/dcap.js';
import { EVIDENCE_READERS } from '../fuzz/evidence.js';
import { IMPORT_READERS } from '../fuzz/imports.js';
import { keptReaders } from '../fuzz/kept.js';
import { NOTE_READERS } from '../fuzz/notes.js';
import { NVIDIA_READERS } from '../fuzz/nvidia.js';
import { fateOf, hostile } from '../fuzz/reader.js';
import { STATEMENT_READERS } from '../fuzz/statements.js';
import { TREE_READERS } from '../fuzz/tree.js';
import { temporaryFolder } from '../support/log.js';

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
  ...(await keptReaders(folder.path)),
];
console.info(`fuzz: repeat this run with COUNTERSIGN_FUZZ_SEED=${SEED}`);

describe(`every reader, with the random numbers of seed ${SEED}`, () => {
  it.each(READERS)('$name: keeps its word about damaged inputs', async reader => {
    const runs = runsFor(reader, 10_000);
    const { read, refused } = await fuzz(reader, runs);
    expect(read + refused).toBe(runs);
  });

  it.each(READERS)('$name: comes to an end with inputs that are large', async reader => {
    for (const bytes of hostile(reader.genuine)) expect(await fateOf(reader, bytes)).toMatch(/read|refused/);
  });
});
