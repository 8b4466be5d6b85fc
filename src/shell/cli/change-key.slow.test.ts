/** Rotating and revoking the keys of a real log with real witnesses; test/slow/key-change.test.ts interrupts it everywhere. */
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { keyIn, logReceipt, PASS, TestHouse } from '../../../test/support/key-house.js';
import { parseTrust } from '../../appraise/trust.js';
import { keyLabel } from '../../note/key.js';
import { succeedFile } from '../files/succeed.js';

let house: TestHouse;
beforeEach(async () => {
  house = await TestHouse.make();
});
afterEach(() => house.remove());

const retired = () => parseTrust(readFileSync(house.folder.trust)).retired;

it('a new house names its recovery key in the first entry of its log, once, and does not need it afterwards', async () => {
  const { key } = await house.using(async ({ history }) => {
    expect(history.changes).toMatchObject([{ action: 'add', role: 'recovery', index: 0 }]);
    return house.recoveryKey();
  });
  rmSync(house.folder.recoveryKey);
  await house.using(async ({ history, log }) => {
    expect(history.inForce('recovery')).toEqual([key]);
    expect(log.signed.size).toBe(1);
  });
  expect(existsSync(house.folder.recoveryKey)).toBe(false);
  expect(retired()).toEqual([]);
});

it('data/key-unknown: an issuer key that was lost is not taken for the one made in its place', async () => {
  await house.using(async () => undefined);
  rmSync(join(house.folder.keys, 'issuer.key'));
  expect(await reasonOfAsync(() => house.using(async () => undefined))).toBe('data/key-unknown');
});

it('the public recovery key is written again where it is missing, and not believed when it is damaged', async () => {
  const { recoveryPublic } = house.folder;
  await house.using(async () => undefined);
  const written = readFileSync(recoveryPublic);
  rmSync(recoveryPublic);
  await house.using(async () => undefined);
  expect(readFileSync(recoveryPublic)).toEqual(written);
  writeFileSync(recoveryPublic, 'damaged');
  expect(await reasonOfAsync(() => house.using(async () => undefined))).toBe('data/key-malformed');
});

it.each(['log', 'issuer', 'witness-2'])(
  'spec/keys.md §4: after the key of %s has rotated, old receipts and new ones verify',
  async place => {
    const before = await house.using(async open => ({
      key: keyIn(open, place).key,
      bundle: await logReceipt(open, open.keys.issuer, 1),
    }));
    const changed = await house.change({ target: place });
    expect(changed).toMatchObject({ key: before.key, index: 2, until: 3 });
    await house.using(async open => {
      const { key } = keyIn(open, place);
      expect(key).toEqual(changed.successor);
      expect(key.name).toBe(before.key.name);
      expect(await house.judge(await logReceipt(open, open.keys.issuer, 2))).toEqual(PASS);
      expect(await house.judge(before.bundle)).toEqual(PASS);
    });
    expect(retired()).toMatchObject([
      { key: before.key, why: 'rotated', until: 3, successor: keyLabel(changed.successor as never) },
    ]);
    expect(existsSync(changed.retired as string)).toBe(true);
  },
);

it.each(['log', 'log-ml-dsa', 'witness-2'])(
  'a policy of the owner’s that names the key of %s from before its rotation still holds',
  async place => {
    await house.using(async () => undefined);
    const { policy } = JSON.parse(readFileSync(house.folder.trust, 'utf8')) as { policy: string };
    writeFileSync(house.folder.policy, `# mine\n${policy}`);
    const before = await house.using(async open => logReceipt(open, open.keys.issuer, 1));
    const { successor } = await house.change({ target: place });
    await house.using(async open => {
      expect(keyIn(open, place).key).toEqual(successor);
      expect(await house.judge(await logReceipt(open, open.keys.issuer, 2))).toEqual(PASS);
      expect(await house.judge(before)).toEqual(PASS);
    });
    expect(readFileSync(house.folder.policy, 'utf8')).toBe(`# mine\n${policy}`);
  },
);

describe('spec/keys.md §5: a stolen issuer key', () => {
  it('is revoked from an index on, and replaced', async () => {
    const { stolen, good, doubtful } = await house.using(async open => ({
      stolen: open.keys.issuer,
      good: await logReceipt(open, open.keys.issuer, 1),
      doubtful: await logReceipt(open, open.keys.issuer, 2),
    }));
    const recovery = await house.recoveryKey();
    const changed = await house.change({ target: 'issuer', action: 'revoke', from: 2, recovery });
    expect(changed).toMatchObject({ key: stolen.key, index: 3, until: 2 });
    await house.using(async open => {
      expect(open.keys.issuer.key).toEqual(changed.successor);
      expect(await house.judge(good)).toEqual(PASS);
      expect(await house.judge(doubtful)).toEqual({ outcome: 'fail', codes: ['key/disowned'] });
      const forged = await logReceipt(open, stolen, 3);
      expect(await house.judge(forged)).toEqual({ outcome: 'fail', codes: ['key/revoked'] });
      expect(await house.judge(await logReceipt(open, open.keys.issuer, 1))).toEqual(PASS);
    });
  });

  it('cannot be revoked from before it began: then the key before it is meant, and is named', async () => {
    const { good, earlier } = await house.using(async open => ({
      good: await logReceipt(open, open.keys.issuer, 1),
      earlier: open.keys.issuer.key,
    }));
    const { successor } = await house.change({ target: 'issuer' });
    const recovery = await house.recoveryKey();
    const request = { target: 'issuer', action: 'revoke', recovery } as const;
    await expect(house.change({ ...request, from: 2 })).rejects.toThrow(
      `from entry 3 on, so --from takes no index below that. To disown the key before it, revoke ${keyLabel(earlier)}.`,
    );
    await house.using(async ({ history, keys }) => {
      expect(history.changes).toHaveLength(2);
      expect(keys.issuer.key).toEqual(successor);
    });
    expect(await house.judge(good)).toEqual(PASS);
    await house.change({ ...request, target: keyLabel(earlier), from: 1 });
    expect(await house.judge(good)).toEqual({ outcome: 'fail', codes: ['key/disowned'] });
  });

  it('can be revoked by itself, but not looking back; then the house waits for the recovery key', async () => {
    const good = await house.using(open => logReceipt(open, open.keys.issuer, 1));
    const own = { target: 'issuer', action: 'revoke' } as const;
    expect(await reasonOfAsync(() => house.change({ ...own, from: 1 }))).toBe('key/change-forbidden');
    expect(await house.change(own)).toMatchObject({ successor: null, retired: null, index: 2 });
    expect(await house.judge(good)).toEqual(PASS);
    expect(await reasonOfAsync(() => house.using(async () => undefined))).toBe('data/key-ended');
    const { successor } = await house.change({ ...own, recovery: await house.recoveryKey() });
    await house.using(async ({ keys }) => expect(keys.issuer.key).toEqual(successor));
    expect(await house.judge(good)).toEqual(PASS);
  });
});

it('spec/keys.md §8: an entry by the recovery key is kept though the process ends before it is witnessed', async () => {
  await house.using(async () => undefined);
  const recovery = await house.recoveryKey();
  rmSync(house.folder.recoveryKey);
  const onStep = (step: string) => {
    if (step === 'appended') throw new Error('a crash');
  };
  const stolen = { target: 'issuer', action: 'revoke', recovery, onStep } as const;
  await expect(house.change(stolen)).rejects.toThrow('a crash');
  await house.using(async ({ history, keys }) => {
    expect(history.changes).toMatchObject([{ action: 'add' }, { action: 'revoke', index: 1 }]);
    expect(history.inForce('issuer')).toEqual([keys.issuer.key]);
  });
});

it('spec/keys.md §8: a place is never empty while files change theirs, and it can be tried again', async () => {
  const at = (name: string) => join(house.folder.keys, name);
  await house.using(async () => undefined);
  const old = readFileSync(at('issuer.key'));
  linkSync(at('log.key'), at('issuer.key.next'));
  // As after a crash between the two steps.
  linkSync(at('issuer.key'), at('issuer.key.retired-1'));
  await succeedFile(at('issuer.key'), at('issuer.key.next'), at('issuer.key.retired-1'));
  expect(readFileSync(at('issuer.key'))).toEqual(readFileSync(at('log.key')));
  expect(readFileSync(at('issuer.key.retired-1'))).toEqual(old);
  expect(existsSync(at('issuer.key.next'))).toBe(false);
});
