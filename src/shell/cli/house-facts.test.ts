import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import '../node.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { ISSUER } from '../../../test/support/parties.js';
import { SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { utf8 } from '../../bytes/octets.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import { RECEIPT, receiptSubject } from '../../receipt/receipt.js';
import { writeStatement } from '../../receipt/statement.js';
import { TILE_WIDTH, tilePath, writeBundle } from '../../tree/tile.js';
import { FactIndex } from '../archive/fact-index.js';
import { acquireLock } from '../files/lock.js';
import { type DataFolder, dataFolder } from './data-folder.js';
import { HouseFacts, openLocked } from './house-facts.js';

let temporary: ReturnType<typeof temporaryFolder>;
let folder: DataFolder;
let problems: string[];
let size: number;
let facts: HouseFacts;
beforeEach(() => {
  temporary = temporaryFolder();
  folder = dataFolder(temporary.path);
  problems = [];
  size = 0;
  // Far enough apart that only the test asks for it.
  facts = new HouseFacts({
    folder,
    size: () => size,
    onProblem: message => problems.push(message),
    spacing: 3_600_000,
  });
});
afterEach(async () => {
  await facts.close();
  temporary.remove();
});

const signer = { field: 'signer', value: SAMPLE_RECEIPT.issuer } as const;
const found = async () => (await (await FactIndex.look(folder.facts)).find(signer)).entries;
const receipt = () =>
  envelopeBytes(
    seal(
      writeStatement(RECEIPT, { predicate: SAMPLE_RECEIPT, subject: receiptSubject('7'.repeat(64), null) }),
      SAMPLE_RECEIPT.issuer,
      ISSUER.signer,
    ),
  );
function log(entries: readonly Uint8Array[]): void {
  const path = join(folder.log, tilePath({ level: 'entries', index: 0, width: TILE_WIDTH }));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, writeBundle(entries));
}

it('brings the index up to the log as far as it is witnessed, again and again', async () => {
  log([receipt(), utf8('another'), receipt()]);
  size = 2;
  await facts.update();
  expect(await found()).toEqual([0]);
  size = 3;
  await Promise.all([facts.update(), facts.update()]);
  expect(await found()).toEqual([0, 2]);
  expect(problems).toEqual([]);
});

it('does so a last time when the house closes, and leaves it to others then', async () => {
  log([receipt()]);
  size = 1;
  await facts.close();
  const { index, lock } = await openLocked(folder.facts);
  expect(index.size).toBe(1);
  lock.release();
});

it('waits while somebody else has the index, and says nothing', async () => {
  log([receipt()]);
  size = 1;
  mkdirSync(folder.facts, { recursive: true });
  const lock = acquireLock(folder.facts);
  await facts.update();
  expect([await found(), problems]).toEqual([[], []]);
  lock.release();
  await facts.update();
  expect(await found()).toEqual([0]);
});

it('tells once what is in its way, and goes on when it is gone', async () => {
  size = 1;
  await facts.update();
  await facts.update();
  expect(problems).toEqual([expect.stringContaining('peer/answer-missing')]);
  log([receipt()]);
  await facts.update();
  rmSync(folder.log, { recursive: true });
  size = 2;
  await facts.update();
  expect([await found(), problems.length]).toEqual([[0], 2]);
});
