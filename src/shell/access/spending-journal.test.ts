import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOf } from '../../../test/support/failure.js';
import { FAULTS, faultyDisk } from '../../../test/support/faulty-disk.js';
import type { Mark } from '../../economy/budgets.js';
import type { Disk } from '../files/disk.js';
import { SpendingJournal } from './spending-journal.js';

let folder: string;
let problems: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-spent-'));
  problems = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (more: { disk?: Disk; longest?: number } = {}) =>
  SpendingJournal.open({ folder, onProblem: message => problems.push(message), ...more });
const mark = (name: string, reached: number, start = 0): Mark => ({ name, start, reached: BigInt(reached) });
const marksOf = (journal: SpendingJournal) =>
  Object.fromEntries([...journal.marks].map(it => [it.name, it.reached]));
/** As after the death of the process: nothing is closed. */
const marksAfterCrash = async () => marksOf(await open());
const files = () => readdirSync(folder).sort();

describe('the journal of what is spent', () => {
  it('has the last mark of each count, after a crash too', async () => {
    const journal = await open();
    journal.record(mark('key/a tokens/day', 10));
    journal.record(mark('key/b tokens/day', 1, 86_400_000));
    journal.record(mark('key/a tokens/day', 20));
    expect(await marksAfterCrash()).toEqual({ 'key/a tokens/day': 20n, 'key/b tokens/day': 1n });
    expect([...(await open()).marks].find(({ name }) => name.startsWith('key/b'))?.start).toBe(86_400_000);
  });

  it('has what was really spent after an end in good order, also where that is less', async () => {
    const journal = await open();
    journal.record(mark('a', 100));
    await journal.close([mark('a', 17)]);
    expect(await marksAfterCrash()).toEqual({ a: 17n });
  });

  it('is for its owner alone, and one file', async () => {
    const journal = await open();
    await journal.close([mark('a', 1)]);
    await open();
    expect(files()).toHaveLength(1);
    expect(statSync(join(folder, files()[0] as string)).mode & 0o777).toBe(0o600);
  });

  it('is written anew before it becomes long, and loses nothing at that', async () => {
    const journal = await open({ longest: 2000 });
    for (let reached = 1; reached <= 500; reached++) journal.record(mark(`k${reached % 7}`, reached));
    await journal.close([]);
    expect(files()).toHaveLength(1);
    expect(statSync(join(folder, files()[0] as string)).size).toBeLessThan(3000);
    expect(await marksAfterCrash()).toEqual(
      Object.fromEntries([494, 495, 496, 497, 498, 499, 500].map(n => [`k${n % 7}`, BigInt(n)])),
    );
  });

  it('ends where a line was half written, and says so', async () => {
    const journal = await open();
    journal.record(mark('a', 1));
    journal.record(mark('a', 2));
    await journal.close([]);
    const path = join(folder, files()[0] as string);
    for (const rest of ['deadbeef ["a",0,"9"]\n', '1234', '\u0000\u0000\n', `${'['.repeat(5000)}\n`]) {
      const whole = readFileSync(path, 'utf8').split('\n').slice(0, 2).join('\n');
      writeFileSync(path, `${whole}\n${rest}`);
      problems.length = 0;
      const reopened = await open();
      expect(marksOf(reopened)).toEqual({ a: 2n });
      expect(problems.join()).toContain(`the last ${rest.length} bytes`);
      await reopened.close([]);
      for (const name of files()) if (join(folder, name) !== path) rmSync(join(folder, name));
      writeFileSync(path, `${whole}\n`);
    }
  });

  it('reads the files of before in their order, as when the power went between two', async () => {
    const journal = await open();
    journal.record(mark('a', 1));
    await journal.close([]);
    const [name = ''] = files();
    const line = readFileSync(join(folder, name), 'utf8');
    writeFileSync(join(folder, 'spent-9.log'), '');
    appendFileSync(join(folder, 'spent-10.log'), line.slice(0, 9));
    writeFileSync(join(folder, 'notes.txt'), 'not ours');
    expect(await marksAfterCrash()).toEqual({ a: 1n });
    expect(files()).toEqual(['notes.txt', 'spent-11.log']);
  });

  it.each(FAULTS)('never loses what it took when any call to the disk fails: %s', async fault => {
    for (let call = 0; ; call++) {
      rmSync(folder, { recursive: true, force: true });
      const disk = faultyDisk();
      disk.failAt(call, fault);
      const taken = new Map<string, bigint>();
      try {
        const journal = await open({ disk, longest: 400 });
        for (let reached = 1; reached <= 24; reached++) {
          const next = mark(`k${reached % 3}`, reached);
          try {
            journal.record(next);
            taken.set(next.name, next.reached);
          } catch (error) {
            expect(
              reasonOf(() => {
                throw error;
              }),
            ).toBe('access/ledger-unavailable');
          }
          await new Promise(resolve => setImmediate(resolve));
        }
        await journal.close([]);
      } catch {
        // It could not be opened, or not be closed in good order: what was taken counts all the same.
      }
      const found = taken.size === 0 ? {} : await marksAfterCrash();
      for (const [name, reached] of taken)
        expect(found[name] ?? -1n, `call ${call}`).toBeGreaterThanOrEqual(reached);
      if (call > disk.count) break;
    }
  });

  it('takes nothing more once something could not be made durable', async () => {
    const disk = faultyDisk();
    const journal = await open({ disk });
    disk.failAt(disk.count + 2, 'dead');
    journal.record(mark('a', 1));
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(problems.join()).toContain('cannot be recorded');
    expect(reasonOf(() => journal.record(mark('a', 2)))).toBe('access/ledger-unavailable');
  });
});
