/** `countersign key`, run as people run it. */
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import { TestHouse } from '../../../test/support/key-house.js';
import { parseTrust } from '../../appraise/trust.js';
import { keyLabel } from '../../note/key.js';
import { acquireLock } from '../files/lock.js';

let house: TestHouse;
const key = (...args: string[]) => run(['key', ...args, '--data', house.folder.path]);
const json = async (...args: string[]) => JSON.parse((await key(...args, '--json')).stdout);
const trust = () => parseTrust(readFileSync(house.folder.trust));

beforeAll(async () => {
  house = await TestHouse.make();
  await house.using(async () => undefined);
});
afterAll(() => house.remove());

describe('countersign key', () => {
  it('list: every key, and where the recovery key still lies', async () => {
    const { code, stdout } = await key('list');
    expect(code).toBe(0);
    expect(stdout.match(/in force/g)).toHaveLength(7);
    expect(stdout).toContain(house.folder.recoveryKey);
    const { keys, recoveryKeyInDataFolder } = await json('list');
    expect(keys.map(({ role }: { role: string }) => role)).toEqual([
      'log',
      'log',
      'issuer',
      'witness',
      'witness',
      'witness',
      'recovery',
    ]);
    expect(recoveryKeyInDataFolder).toBe(true);
  });

  it('rotate --prepare shows the key that rotate then puts in place', async () => {
    const prepared = await json('rotate', 'log', '--prepare');
    expect(keyLabel(trust().log)).not.toBe(prepared.key);
    const rotated = await json('rotate', 'log');
    expect(rotated).toMatchObject({ action: 'rotate', successor: prepared.key, index: 1, until: 2 });
    expect(keyLabel(trust().log)).toBe(prepared.key);
    expect(existsSync(rotated.retired)).toBe(true);
  });

  it('revoke with the recovery key, which is kept elsewhere, puts a new key in place', async () => {
    const elsewhere = join(house.folder.path, 'elsewhere.key');
    renameSync(house.folder.recoveryKey, elsewhere);
    const [stolen] = trust().issuers;
    const { code, stdout } = await key('revoke', 'issuer', '--from', '1', '--recovery-key', elsewhere);
    expect(code).toBe(0);
    expect(stdout).toContain('counts below entry 1.');
    const { issuers, retired } = trust();
    expect(issuers).not.toContainEqual(stolen);
    expect(retired.at(-1)).toMatchObject({ key: stolen, why: 'revoked', until: 1, announced: 3 });
    expect((await key('list')).stdout).toMatch(/revoked: counts below entry 1, said at entry 2$/m);
  });

  it.each([
    ['--from without the recovery key', ['revoke', 'issuer', '--from', '1'], 'Pass --recovery-key'],
    ['--from that is no index', ['revoke', 'issuer', '--from', '1e3'], 'index of an entry'],
    ['a place that there is not', ['rotate', 'witness-9'], 'no key of this house'],
    [
      'a recovery key that is not there',
      ['rotate', 'issuer', '--recovery-key', '/nonexistent'],
      'no such file',
    ],
    ['no place', ['rotate'], 'missing required argument'],
  ])('%s is wrong usage', async (_, args, says) => {
    const { code, stderr } = await key(...args);
    expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining(says) });
  });

  it('a folder that is none is wrong usage, and is not made one', async () => {
    const { code, stderr } = await run(['key', 'list', '--data', '/nonexistent/data']);
    expect(code).toBe(64);
    expect(stderr).toContain('no gateway');
  });

  it('data/locked: while a gateway runs', async () => {
    const lock = acquireLock(house.folder.path);
    try {
      const { code, stderr } = await key('rotate', 'issuer');
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('data/locked') });
    } finally {
      lock.release();
    }
  });
});
