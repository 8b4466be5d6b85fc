/** Every write of the log's life, failing once in each way: what was promised is kept, and what was signed is only ever extended. */
import { cpSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fault, type FaultyDisk, faultyDisk } from '../../../test/support/faulty-disk.js';
import {
  growTo,
  openTestLog,
  openWitnesses,
  quorumOf,
  recordingSigner,
  temporaryFolder,
  testEntry,
} from '../../../test/support/log.js';
import { ReferenceTree } from '../../../test/support/reference-tree.js';
import { equal } from '../../bytes/octets.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { Failure } from '../../reason.js';
import type { FileLog } from './file-log.js';

/** Just below a tile's border, so that the life below fills a tile and begins a bundle. */
const BEGINNING = 250;
const original = temporaryFolder();
beforeAll(async () => {
  const log = await openTestLog(original.path, {
    witnesses: await openWitnesses(original.path),
    quorum: quorumOf(2),
  });
  await growTo(log, BEGINNING);
  await log.reached(BEGINNING - 1, 'witnessed', 5000);
  await log.close();
});
afterAll(() => original.remove());

interface Life {
  /** Entries that the log has promised to keep. */
  readonly included: Set<number>;
  readonly signed: Checkpoint[];
  readonly problems: string[];
  /** The codes with which appending or waiting failed. */
  readonly refusals: Set<string>;
  log: FileLog | null;
}

/** Opens a log, appends batches of 1, 12 and 2 entries, waits until the second is witnessed, and closes. */
async function live(folder: string, disk: FaultyDisk): Promise<Life> {
  const life: Life = { included: new Set(), signed: [], problems: [], refusals: new Set(), log: null };
  const refused = (error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    life.refusals.add(error.code);
  };
  const log = await openTestLog(folder, {
    witnesses: await openWitnesses(folder),
    quorum: quorumOf(2),
    signer: recordingSigner(life.signed),
    onProblem: message => life.problems.push(message),
    disk,
  }).catch(refused);
  if (!log) return life;
  life.log = log;
  let next = BEGINNING;
  for (const count of [1, 12, 2]) {
    const waiting: Promise<void>[] = [];
    for (let number = 0; number < count; number++) {
      try {
        const { index, included } = log.append(testEntry(next++));
        waiting.push(included.then(() => void life.included.add(index), refused));
      } catch (error) {
        refused(error);
      }
    }
    await Promise.all(waiting);
    if (count === 12 && log.writable) await log.reached(next - 1, 'witnessed', 300);
  }
  await log.close();
  return life;
}

async function expectKept(folder: string, { included, signed }: Life): Promise<void> {
  const log = await openTestLog(folder, {
    witnesses: await openWitnesses(folder),
    quorum: quorumOf(2),
  });
  const entries = Array.from({ length: BEGINNING }, (_, index) => testEntry(index));
  for (let index = BEGINNING; index < log.signed.size; index++) entries.push(await log.entry(index));
  const reference = new ReferenceTree(entries);
  for (const index of included) expect(equal(entries[index] as Uint8Array, testEntry(index))).toBe(true);
  for (const { size, root } of signed) expect(equal(root, reference.hash(0, size))).toBe(true);
  await growTo(log, log.signed.size + 3);
  await log.close();
}

async function inCopy(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = temporaryFolder();
  cpSync(original.path, folder.path, { recursive: true });
  try {
    await act(folder.path);
  } finally {
    folder.remove();
  }
}

describe('a disk that fails', () => {
  it('nowhere: everything is included, and nothing is reported', async () => {
    await inCopy(async folder => {
      const life = await live(folder, faultyDisk());
      expect([...life.included]).toHaveLength(15);
      expect([...life.refusals]).toEqual([]);
      expect(life.problems).toEqual([]);
      await expectKept(folder, life);
    });
  });

  it.each<Fault>(['lost', 'kept', 'dead'])(
    'at any one write (%s) costs no promise',
    async fault => {
      let calls: readonly string[] = [];
      await inCopy(async folder => {
        const disk = faultyDisk();
        await live(folder, disk);
        calls = disk.calls;
      });
      expect(calls.length).toBeGreaterThan(40);
      for (const call of calls.keys()) {
        await inCopy(async folder => {
          const disk = faultyDisk();
          disk.failAt(call, fault);
          const life = await live(folder, disk);
          for (const code of life.refusals) expect(code).toBe('log/unavailable');
          if (life.refusals.size > 0 && life.log !== null) expect(life.problems).not.toEqual([]);
          await expectKept(folder, life);
        });
      }
    },
    120_000,
  );

  it.each<[string, Fault]>([
    ['write', 'lost'],
    ['write', 'kept'],
    ['datasync', 'lost'],
    ['datasync', 'kept'],
  ])('at a %s (%s) takes no more entries until it is opened again', async (operation, fault) => {
    await inCopy(async folder => {
      const disk = faultyDisk();
      const problems: string[] = [];
      const log = await openTestLog(folder, { disk, onProblem: message => problems.push(message) });
      disk.failAt(operation === 'write' ? disk.count + 1 : disk.count + 2, fault);
      const first = log.append(testEntry(BEGINNING)).included.catch((error: Failure) => error.code);
      let second: unknown;
      try {
        second = await log.append(testEntry(BEGINNING + 1)).included;
      } catch (error) {
        second = error;
      }
      expect(second).toMatchObject({ code: 'log/unavailable' });
      expect(await first).toBe('log/unavailable');
      expect(log.writable).toBe(false);
      expect(() => log.append(testEntry(BEGINNING + 2))).toThrow('log/unavailable');
      expect(await log.reached(BEGINNING, 'included', 60_000)).toBe(false);
      expect(problems).toHaveLength(1);
      expect(log.signed.size).toBe(BEGINNING);
      expect(await log.prove(0)).not.toBeNull();
      await log.close();
    });
  });

  it('by writing less than it was given is given the rest', async () => {
    await inCopy(async folder => {
      const disk = faultyDisk();
      const write = disk.write;
      disk.write = (file, bytes, offset, position) =>
        write(file, bytes.subarray(0, Math.min(bytes.length, offset + 7)), offset, position);
      const log = await openTestLog(folder, { disk });
      await growTo(log, BEGINNING + 10);
      await log.close();
      await expectKept(folder, {
        included: new Set([BEGINNING + 9]),
        signed: [log.signed],
        problems: [],
        refusals: new Set(),
        log,
      });
    });
  });

  it('by keeping other bytes than it was given is found out before anything is signed', async () => {
    await inCopy(async folder => {
      const disk = faultyDisk();
      const signed: Checkpoint[] = [];
      const log = await openTestLog(folder, { disk, signer: recordingSigner(signed) });
      const write = disk.write;
      disk.write = (file, bytes, offset, position) =>
        write(
          file,
          bytes.map(byte => byte ^ (byte === 0x2e ? 1 : 0)),
          offset,
          position,
        );
      await expect(log.append(testEntry(BEGINNING)).included).rejects.toMatchObject({
        code: 'log/unavailable',
      });
      expect(signed.map(({ size }) => size)).toEqual([BEGINNING]);
      await log.close();
    });
  });
});
