import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testKey } from '../../../test/support/keys.js';
import { readEntry } from '../../receipt/entry.js';
import { EPOCH } from '../../receipt/epoch.js';
import { predicateTypeOf } from '../../receipt/statement.js';
import type { TransparencyLog } from '../../tree/log.js';
import { buildClosing } from './epochs/build-closing.js';
import { EpochBook } from './epochs/epoch-book.js';
import { Issuer } from './issuer.js';

let folder: string;
let folders = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-issuer-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function openIssuer() {
  const entries: Uint8Array[] = [];
  const time = { now: 1 };
  const log: Pick<TransparencyLog, 'include' | 'find'> = {
    include: async entry => entries.push(entry) - 1,
    find: async () => null,
  };
  const { key, signer } = testKey('gateway.example/log/issuer', 2);
  const now = () => time.now;
  const epochs = await EpochBook.open({
    folder: join(folder, String(folders++)),
    key,
    signer,
    log: log as TransparencyLog,
    now,
    build: async (journal, base) => buildClosing(journal, base),
    onProblem: () => undefined,
  });
  const issuer = await Issuer.open({
    key,
    signer,
    log: log as TransparencyLog,
    epochs,
    clientSecret: new Uint8Array(32).fill(4),
    now,
  });
  const begun = () =>
    entries.filter(entry => predicateTypeOf(readEntry(entry)) === EPOCH.predicateType).length;
  return { issuer, time, begun };
}

it('an epoch remembers a hundred thousand clients; the next begins it anew for all, once', async () => {
  const { issuer, begun } = await openIssuer();
  const honest = issuer.thread('Bearer honest');
  honest.counter++;
  for (let key = 1; key < 99_999; key++) issuer.thread(`Bearer ${key}`);
  expect(issuer.thread('Bearer honest')).toBe(honest);
  expect(begun()).toBe(1);
  issuer.thread('Bearer one more');
  const next = issuer.thread('Bearer honest');
  expect(next.epoch).not.toBe(honest.epoch);
  expect(next.client).not.toBe(honest.client);
  // Its exchanges that are under way still end under the number that they have.
  expect([honest.counter, next.counter]).toEqual([1, 0]);
  issuer.thread('Bearer one more');
  expect(issuer.thread('Bearer honest')).toBe(next);
  expect(begun()).toBe(2);
});

it('an epoch ends after a day', async () => {
  const { issuer, time, begun } = await openIssuer();
  const first = issuer.thread('Bearer a');
  time.now += 86_399_999;
  expect(issuer.thread('Bearer a')).toBe(first);
  expect(begun()).toBe(1);
  time.now += 1;
  const next = issuer.thread('Bearer a');
  expect(next.epoch).not.toBe(first.epoch);
  expect(next.client).not.toBe(first.client);
  expect(next.counter).toBe(0);
  expect(begun()).toBe(2);
});
