import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOf } from '../../../test/support/failure.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { acquireLock, announce } from './lock.js';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const names = () => readdirSync(folder.path);
const own = () => {
  const lock = acquireLock(folder.path);
  const name = names()[0] as string;
  lock.release();
  return name.split('-');
};
/** Leaves the announcement of another process behind. */
function leave(pid: number | string, start?: string, boot?: string): void {
  const [, , ownStart, ownBoot] = own();
  writeFileSync(
    join(folder.path, `lock-${pid}-${start ?? ownStart}-${boot ?? ownBoot}-${'ab'.repeat(8)}`),
    '',
  );
}
const onLinux = existsSync('/proc/self/stat');
const startOf = (pid: number) =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')[19] as string;

describe('a folder', () => {
  it('has one holder at a time: data/locked', () => {
    const lock = acquireLock(folder.path);
    expect(reasonOf(() => acquireLock(folder.path))).toBe('data/locked');
    expect(names()).toHaveLength(1);
    lock.release();
    expect(names()).toEqual([]);
    acquireLock(folder.path).release();
  });

  it('is told apart from others', () => {
    const other = temporaryFolder();
    const locks = [acquireLock(folder.path), acquireLock(other.path)];
    for (const lock of locks) lock.release();
    other.remove();
  });

  it('may hold anything else', () => {
    for (const name of ['lock', 'lock-', 'lock-1', 'lock-0-0-0-0', 'trust.json'])
      writeFileSync(join(folder.path, name), '');
    acquireLock(folder.path).release();
    expect(names()).toHaveLength(5);
  });
});

describe('the announcement of a process', () => {
  it('that lives keeps others out', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await new Promise(resolve => child.once('spawn', resolve));
    const pid = child.pid as number;
    leave(pid, onLinux ? startOf(pid) : '0');
    expect(reasonOf(() => acquireLock(folder.path))).toBe('data/locked');
    child.kill('SIGKILL');
    await new Promise(resolve => child.once('exit', resolve));
    acquireLock(folder.path).release();
    expect(names()).toEqual([]);
  });

  it('that has ended is removed', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    leave(pid);
    acquireLock(folder.path).release();
    expect(names()).toEqual([]);
  });

  it.skipIf(!onLinux)('is not confused with a later process of the same id', () => {
    leave(process.pid, '1');
    acquireLock(folder.path).release();
  });

  it.skipIf(!onLinux)('does not outlive the machine’s restart', () => {
    leave(process.pid, undefined, 'f'.repeat(32));
    acquireLock(folder.path).release();
  });
});

describe('of two that come at once', () => {
  it.each([
    ['announce, announce, look, look', ['a', 'b', 'A', 'B']],
    ['announce, announce, look in the other order', ['a', 'b', 'B', 'A']],
    ['one is through before the other begins', ['a', 'A', 'b', 'B']],
    ['the other is', ['b', 'B', 'a', 'A']],
  ])('never both hold: %s', (_, steps) => {
    leave(2 ** 22 + 1);
    const announced = new Map<string, ReturnType<typeof announce>>();
    const holders: string[] = [];
    for (const step of steps) {
      const who = step.toLowerCase();
      if (step === who) announced.set(who, announce(folder.path));
      else if (announced.get(who)?.otherHolder() === null) holders.push(who);
      else announced.get(who)?.withdraw();
    }
    expect(holders.length).toBeLessThanOrEqual(1);
    for (const name of names()) expect(name).not.toContain(`lock-${2 ** 22 + 1}-`);
  });
});
