import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numbered } from '../../../../test/support/epochs.js';
import { reasonOf, reasonOfAsync } from '../../../../test/support/failure.js';
import { utf8 } from '../../../bytes/octets.js';
import { type Disk, nodeDisk } from '../../files/disk.js';
import { EpochJournal } from './epoch-journal.js';
import { framesOf } from './read-journal.js';

const ENTRY = utf8('the entry of an epoch');
const CLIENT = numbered('client', 1);
const DIGEST = new Uint8Array(32).fill(7);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-journal-'));
});

afterAll(() => rm(folder, { recursive: true }));

const kinds = (path: string) => [...framesOf(path)].map(({ kind }) => kind);

describe('the journal of an epoch', () => {
  it('is written in the turn in which it is noted, before the loop waits for anything', async () => {
    const path = join(folder, 'turn');
    const journal = EpochJournal.begin(path, ENTRY);
    journal.note(CLIENT, 1, null);
    journal.note(CLIENT, 2, null);
    await turn();
    await turn();
    expect(kinds(path)).toEqual(['entry', 'records']);
    journal.close();
  });

  it('holds more notes of one turn than one frame does', async () => {
    const path = join(folder, 'many');
    const journal = EpochJournal.begin(path, ENTRY);
    for (let counter = 1; counter <= 5000; counter++) journal.note(CLIENT, counter, null);
    await journal.end({ ending: 'complete', through: 1, made: 2 });
    const records = [...framesOf(path)].flatMap(frame => (frame.kind === 'records' ? frame.records : []));
    expect(records).toHaveLength(5000);
    expect(kinds(path).at(-1)).toBe('end');
  });

  it('takes nothing more after its end', async () => {
    const journal = EpochJournal.begin(join(folder, 'ended'), ENTRY);
    await journal.end({ ending: 'complete', through: 1, made: 2 });
    expect(reasonOf(() => journal.note(CLIENT, 1, null))).toBe('epoch/journal-unavailable');
  });

  it('cut or flipped anywhere, says what stood before that, and nothing else', async () => {
    const path = join(folder, 'whole');
    const journal = EpochJournal.begin(path, ENTRY);
    journal.note(CLIENT, 1, null);
    await journal.mark({ through: 7, size: 3 });
    journal.note(CLIENT, 1, { status: 'completed', receipt: { digest: DIGEST, index: 3 } });
    await journal.end({ ending: 'complete', through: 9, made: 10 });
    const whole = await readFile(path);
    const lengths = [...framesOf(path)].map(({ length }) => length);
    const damaged = join(folder, 'damaged');
    for (let at = 0; at < whole.length; at++) {
      const before = lengths.filter(length => length <= at).length;
      await writeFile(damaged, whole.subarray(0, at));
      expect(kinds(damaged)).toHaveLength(before);
      await writeFile(
        damaged,
        Uint8Array.from(whole, (byte, i) => (i === at ? byte ^ 1 : byte)),
      );
      expect(kinds(damaged)).toHaveLength(before);
    }
  });

  it('goes on where it was sound', async () => {
    const path = join(folder, 'resumed');
    const journal = EpochJournal.begin(path, ENTRY);
    journal.note(CLIENT, 1, null);
    await journal.mark({ through: 7, size: 3 });
    journal.close();
    const [, , mark] = [...framesOf(path)];
    await writeFile(path, Buffer.concat([await readFile(path), utf8('torn')]));
    const resumed = EpochJournal.resume(path, mark?.length as number);
    resumed.note(CLIENT, 2, null);
    await resumed.end({ ending: 'cut-off', through: 7, made: 9 });
    expect(kinds(path)).toEqual(['entry', 'records', 'mark', 'records', 'end']);
  });

  it.each<[string, Partial<Disk>]>([
    [
      'a write',
      {
        write: () => {
          throw new Error('no space');
        },
      },
    ],
    ['a sync', { datasync: () => Promise.reject(new Error('an error of the disk')) }],
  ])('after %s has failed, whoever notes is told', async (_, broken) => {
    let isBroken = false;
    const disk = new Proxy(nodeDisk, {
      get: (target, name: keyof Disk) =>
        isBroken && broken[name] !== undefined ? broken[name] : target[name],
    });
    const journal = EpochJournal.begin(join(folder, 'broken'), ENTRY, disk);
    isBroken = true;
    journal.note(CLIENT, 1, null);
    expect(await reasonOfAsync(() => journal.mark({ through: 1, size: 1 }))).toBe(
      'epoch/journal-unavailable',
    );
    isBroken = false;
    expect(journal.failed).toBe(true);
    expect(reasonOf(() => journal.note(CLIENT, 2, null))).toBe('epoch/journal-unavailable');
    expect(reasonOf(() => journal.flush())).toBe('epoch/journal-unavailable');
    journal.close();
  });

  it('cannot be begun where there is no folder', () => {
    expect(reasonOf(() => EpochJournal.begin(join(folder, 'none', 'journal'), ENTRY))).toBe(
      'epoch/journal-unavailable',
    );
    expect(reasonOf(() => EpochJournal.resume(join(folder, 'none'), 0))).toBe('epoch/journal-unavailable');
  });
});
