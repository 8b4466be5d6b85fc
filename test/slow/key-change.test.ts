/** Key changes that are interrupted: at every step, and by killing real processes at any moment. */
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyLabel } from '../../src/note/key.js';
import { STEPS } from '../../src/shell/cli/change-key.js';
import { run } from '../end-to-end/process.js';
import { reasonOfAsync } from '../support/failure.js';
import { keyIn, logReceipt, PASS, TestHouse } from '../support/key-house.js';
import { randomFrom } from './random.js';

const PLACES = ['log', 'log-ml-dsa', 'issuer', 'witness-1', 'witness-3'] as const;
const KILLS = 60;
const SEED = Number(process.env.COUNTERSIGN_SEED ?? Math.floor(Math.random() * 2 ** 32));

let house: TestHouse;
beforeEach(async () => {
  house = await TestHouse.make();
});
afterEach(() => house.remove());

describe('spec/keys.md §8: interrupted at any step', () => {
  const crash = new Error('a crash');
  const rows = PLACES.flatMap(place => STEPS.map(step => [place, step] as const));

  it.each(rows)(
    '%s, after "%s": the next start has the key that the log says is in force',
    async (place, step) => {
      const before = await house.using(async open => ({
        key: keyIn(open, place).key,
        bundle: await logReceipt(open, open.keys.issuer, 1),
      }));
      const onStep = (done: string) => {
        if (done === step) throw crash;
      };
      await expect(house.change({ target: place, onStep })).rejects.toBe(crash);
      await house.using(async open => {
        const { key } = keyIn(open, place);
        const isLogged = STEPS.indexOf(step) >= STEPS.indexOf('appended');
        expect(open.history.changes).toHaveLength(isLogged ? 2 : 1);
        expect(keyLabel(key) === keyLabel(before.key)).toBe(!isLogged);
        expect(open.history.tenure(keyLabel(key))?.until).toBeNull();
        expect(await house.judge(await logReceipt(open, open.keys.issuer, 2))).toEqual(PASS);
        expect(await house.judge(before.bundle)).toEqual(PASS);
      });
      await house.change({ target: place });
      await house.using(async open =>
        expect(await house.judge(await logReceipt(open, open.keys.issuer, 3))).toEqual(PASS),
      );
    },
  );
});

it('all places, one after another and again', async () => {
  const first = await house.using(open => logReceipt(open, open.keys.issuer, 1));
  for (const target of [...PLACES, ...PLACES]) await house.change({ target });
  await house.using(async open => {
    expect(open.history.changes).toHaveLength(1 + 2 * PLACES.length);
    expect(await house.judge(await logReceipt(open, open.keys.issuer, 2))).toEqual(PASS);
  });
  expect(await house.judge(first)).toEqual(PASS);
});

it('spec/keys.md §5: a thief has rotated the key to one of his own, and the recovery key undoes it', async () => {
  const { stolen, good } = await house.using(async open => ({
    stolen: open.keys.issuer,
    good: await logReceipt(open, open.keys.issuer, 1),
  }));
  await house.change({ target: 'issuer' });
  const thief = await house.using(async ({ keys }) => keys.issuer);
  // The owner has what he had: not the thief's key.
  const own = (name: string) => join(house.folder.keys, name);
  const [kept] = readdirSync(house.folder.keys).filter(name => name.startsWith('issuer.key.retired-'));
  renameSync(own(kept as string), own('issuer.key'));
  expect(await reasonOfAsync(() => house.using(async () => undefined))).toBe('data/key-ended');
  const recovery = await house.recoveryKey();
  await house.change({ target: keyLabel(stolen.key), action: 'revoke', from: 2, recovery });
  await house.using(async open => {
    expect(open.history.inForce('issuer')).toEqual([open.keys.issuer.key]);
    expect([thief, stolen].map(({ key }) => keyLabel(key))).not.toContain(keyLabel(open.keys.issuer.key));
    expect(await house.judge(await logReceipt(open, thief, 5))).toEqual({
      outcome: 'fail',
      codes: ['key/revoked'],
    });
    expect(await house.judge(good)).toEqual(PASS);
  });
});

it(`${KILLS} real processes killed at any moment (COUNTERSIGN_SEED=${SEED})`, async () => {
  const random = randomFrom(SEED);
  const bundles = [await house.using(open => logReceipt(open, open.keys.issuer, 1))];
  const lengths: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const args = ['key', 'rotate', random.pick(PLACES), '--data', house.folder.path];
    await run(args, { limit: random.between(200, 2000) });
    await house.using(async open => {
      lengths.push(open.history.changes.length);
      for (const name of PLACES) {
        expect(open.history.tenure(keyLabel(keyIn(open, name).key))?.until, name).toBeNull();
      }
      bundles.push(await logReceipt(open, open.keys.issuer, kill + 2));
    });
  }
  for (const bundle of bundles) expect(await house.judge(bundle)).toEqual(PASS);
  expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
  console.log(`      ${KILLS} kills: ${(lengths.at(-1) as number) - 1} changes were logged`);
}, 300_000);
