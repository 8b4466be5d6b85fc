/** A disk that fails once, in each way and at each kind of write; test/slow/faults.test.ts has every single write. */
import { describe, expect, it } from 'vitest';
import {
  BEGINNING,
  callsOf,
  type Disks,
  expectKept,
  inCopy,
  itBreaksNoPromise,
  live,
  OPERATIONS,
  oneForEach,
} from '../../../test/support/fault-table.js';
import { type Fault, faultyDisk } from '../../../test/support/faulty-disk.js';
import { growTo, openTestLog, recordingSigner, testEntry } from '../../../test/support/log.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import type { Failure } from '../../reason.js';

describe('a disk that fails', () => {
  it('nowhere: everything is included, and nothing is reported', async () => {
    await inCopy(async folder => {
      const life = await live(folder, { log: faultyDisk(), witness: faultyDisk() });
      expect([...life.included]).toHaveLength(15);
      expect([...life.refusals]).toEqual([]);
      expect(life.problems).toEqual([]);
      await expectKept(folder, life);
    });
  });

  describe('once', () => itBreaksNoPromise(oneForEach));

  it('at all of these, and no others', async () => {
    for (const [owner, operations] of Object.entries(OPERATIONS)) {
      const calls = await callsOf(owner as keyof Disks);
      expect([...new Set(calls.map(call => call.split(' ')[0]))].sort()).toEqual([...operations].sort());
    }
    expect((await callsOf('log')).length).toBeGreaterThan(40);
    expect((await callsOf('witness')).length).toBeGreaterThan(15);
  });

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
