import { expect, it } from 'vitest';
import { testKey } from '../../../test/support/keys.js';
import { readEntry } from '../../receipt/entry.js';
import { EPOCH } from '../../receipt/epoch.js';
import { defaultPolicy } from '../../receipt/policy.js';
import { predicateTypeOf } from '../../receipt/statement.js';
import type { TransparencyLog } from '../../tree/log.js';
import { Issuer } from './issuer.js';

async function openIssuer() {
  const entries: Uint8Array[] = [];
  const time = { now: 1 };
  const log: Pick<TransparencyLog, 'include' | 'find'> = {
    include: async entry => entries.push(entry) - 1,
    find: async () => null,
  };
  const { key, signer } = testKey('gateway.example/log/issuer', 2);
  const issuer = await Issuer.open({
    key,
    signer,
    log: log as TransparencyLog,
    policy: defaultPolicy([]),
    clientSecret: new Uint8Array(32).fill(4),
    now: () => time.now,
  });
  const epochs = () =>
    entries.filter(entry => predicateTypeOf(readEntry(entry)) === EPOCH.predicateType).length;
  return { issuer, time, epochs };
}

it('an epoch remembers a hundred thousand clients; the next begins it anew for all, once', async () => {
  const { issuer, epochs } = await openIssuer();
  const honest = issuer.thread('Bearer honest');
  honest.counter++;
  for (let key = 1; key < 99_999; key++) issuer.thread(`Bearer ${key}`);
  expect(issuer.thread('Bearer honest')).toBe(honest);
  expect(epochs()).toBe(1);
  issuer.thread('Bearer one more');
  const next = issuer.thread('Bearer honest');
  expect(next.epoch).not.toBe(honest.epoch);
  expect(next.client).not.toBe(honest.client);
  // Its exchanges that are under way still end under the number that they have.
  expect([honest.counter, next.counter]).toEqual([1, 0]);
  issuer.thread('Bearer one more');
  expect(issuer.thread('Bearer honest')).toBe(next);
  expect(epochs()).toBe(2);
});

it('an epoch ends after a day', async () => {
  const { issuer, time, epochs } = await openIssuer();
  const first = issuer.thread('Bearer a');
  time.now += 86_399_999;
  expect(issuer.thread('Bearer a')).toBe(first);
  expect(epochs()).toBe(1);
  time.now += 1;
  const next = issuer.thread('Bearer a');
  expect(next.epoch).not.toBe(first.epoch);
  expect(next.client).not.toBe(first.client);
  expect(next.counter).toBe(0);
  expect(epochs()).toBe(2);
});
