import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { numbered } from '../../../../test/support/epochs.js';
import { ISSUER } from '../../../../test/support/parties.js';
import { keyLabel } from '../../../note/key.js';
import { envelopeBytes, seal } from '../../../receipt/envelope.js';
import { epochStatement } from '../../../receipt/epoch.js';
import { buildClosing } from './build-closing.js';
import { buildInThread } from './build-in-thread.js';
import { EpochJournal } from './epoch-journal.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-thread-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function journalOf(count: number): Promise<string> {
  const epoch = numbered('epoch', count);
  const label = keyLabel(ISSUER.key);
  const entry = envelopeBytes(seal(epochStatement(ISSUER.key, epoch, 1000), label, ISSUER.signer));
  const path = join(folder, `${epoch}.journal`);
  const journal = EpochJournal.begin(path, entry);
  for (let counter = 1; counter <= count; counter++) journal.note(numbered('client', 1), counter, null);
  await journal.end({ ending: 'complete', through: 5000, made: 6000 });
  return path;
}

it.each([3, 3000])('a closing of %i exchanges is the same, in a thread or not', async count => {
  const journal = await journalOf(count);
  const base = journal.replace('.journal', '');
  expect(await buildInThread(journal, base)).toEqual(buildClosing(journal, base));
});

it('what goes wrong there is told', async () => {
  const journal = await journalOf(3001);
  await expect(buildInThread(journal, join(folder, 'none', 'base'))).rejects.toThrow('ENOENT');
  await expect(buildInThread(join(folder, 'missing'), folder)).rejects.toThrow('ENOENT');
});
