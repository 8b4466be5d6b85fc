import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as otherWork } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Fault, type FaultyDisk, faultyDisk } from '../../../test/support/faulty-disk.js';
import { growTo, openTestLog, temporaryFolder, testEntry, testKeysOf } from '../../../test/support/log.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { sha256 } from '../../bytes/cryptography.js';
import { equal, u64be } from '../../bytes/octets.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { type IndexShape, KeyIndex } from './key-index.js';
import { KeyRun } from './key-run.js';

/** So many entries, two keys each, that the index is written twice and something is left in memory. */
const ENTRIES = 1250;
/** Enough for eight runs and some more. */
const MERGED_ENTRIES = 5000;
/** Seven runs, and the eighth nearly full. */
const BEFORE_MERGING = 8 * 512 - 50;
const keysOf = (index: number) => {
  const digest = sha256(u64be(index));
  return [digest.slice(0, 16), digest.slice(16)];
};

let folder: ReturnType<typeof temporaryFolder>;
let shape: IndexShape;
const open = (size: number, disk: Disk = nodeDisk) => KeyIndex.open(at('.'), disk, size, shape);
const at = (name: string) => join(folder.path, 'index', name);
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  vi.restoreAllMocks();
  folder.remove();
});

const runFiles = () =>
  readdirSync(at('.'))
    .filter(name => name.endsWith('.run'))
    .map(name => Number.parseInt(name, 10))
    .sort((a, b) => a - b);

async function fill(index: KeyIndex, to = ENTRIES): Promise<void> {
  while (index.size < to) {
    index.add(keysOf(index.size));
    await index.flush(index.size);
  }
}

async function expectAll(index: KeyIndex, to = ENTRIES): Promise<void> {
  const missed: number[] = [];
  for (let entry = 0; entry < to; entry += 13) {
    for (const key of keysOf(entry)) {
      if (![index.recent(key), ...(await index.candidates(key))].includes(entry)) missed.push(entry);
    }
  }
  expect(missed).toEqual([]);
  const unknown = sha256(u64be(to)).slice(0, 16);
  expect([index.recent(unknown), await index.candidates(unknown)]).toEqual([null, []]);
}

async function written(): Promise<number> {
  const index = await open(ENTRIES);
  await fill(index);
  await expectAll(index);
  await index.close();
  const reopened = await open(ENTRIES);
  const { size } = reopened;
  expect(size).toBeGreaterThan(ENTRIES / 2);
  await reopened.close();
  return size;
}

const SHAPES: readonly (readonly [string, IndexShape])[] = [
  ['that has its blocks in memory', { recentKeys: 1024, keysInMemory: 2 ** 20 }],
  ['that has its blocks on disk', { recentKeys: 1024, keysInMemory: 0 }],
];

describe.each(SHAPES)('an index %s', (_, given) => {
  beforeEach(() => {
    shape = given;
  });

  it('lacks after a restart only what was not worth writing, and finds all once that is added again', async () => {
    const through = await written();
    const index = await open(ENTRIES);
    expect(index.size).toBe(through);
    await fill(index);
    await expectAll(index);
    await index.close();
  });

  it.each<[string, () => void]>([
    ['is lost', () => rmSync(at('.'), { recursive: true })],
    ['has lost its bounds', () => rmSync(at('runs'))],
    ['has its bounds flipped', () => flip('runs', 9)],
    ['has its bounds cut', () => truncateSync(at('runs'), 30)],
    ['has a run lost', () => rmSync(at('1.run'))],
    ['has a run cut', () => truncateSync(at('1.run'), readFileSync(at('1.run')).length - 1)],
    ['has a record flipped', () => flip('1.run', 23)],
    ['has a block flipped', () => flip('1.run', readFileSync(at('1.run')).length - 64)],
  ])('that %s begins anew', async (_, damage) => {
    await written();
    damage();
    const index = await open(ENTRIES);
    expect(index.size).toBe(0);
    await fill(index);
    await expectAll(index);
    await index.close();
  });

  it('of a longer log than there is begins anew', async () => {
    const through = await written();
    expect((await open(through)).size).toBe(through);
    expect((await open(through - 1)).size).toBe(0);
  });

  it('takes no notice of what an unfinished write has left', async () => {
    const through = await written();
    for (const name of readdirSync(at('.'))) {
      if (name !== 'runs') writeFileSync(at(name), Buffer.alloc(55, 1), { flag: 'a' });
    }
    const index = await open(ENTRIES);
    expect(index.size).toBe(through);
    await fill(index, ENTRIES + 625);
    await expectAll(index, ENTRIES + 625);
    await index.close();
  });

  it('whose disk fails once finds everything all the same, and writes it the next time', async () => {
    // It makes a folder, opens and writes a run, its records and blocks in turn, and names it by another open, write and rename.
    const first = faultyDisk();
    const filled = await open(0, first);
    await fill(filled, 512);
    await filled.close();
    const everyCall = [...first.calls.keys()];
    expect(first.calls.at(-1)).toMatch(/^rename .*runs$/);
    for (const call of thorough(everyCall, [0, 1, 2, 3, 9, ...everyCall.slice(-4)])) {
      const one: Fault = call % 2 === 0 ? 'lost' : 'kept';
      for (const fault of thorough<readonly Fault[]>(['lost', 'kept', 'torn'], [one])) {
        rmSync(at('.'), { recursive: true, force: true });
        const disk = faultyDisk();
        disk.failAt(call, fault);
        const index = await open(0, disk);
        let failures = 0;
        while (index.size < 625) {
          index.add(keysOf(index.size));
          await index.flush(index.size).catch(() => failures++);
        }
        expect(failures).toBe(1);
        expect(disk.calls[call]).toBe(first.calls[call]);
        expect(runFiles()).toHaveLength(1);
        await expectAll(index, 625);
        await index.close();
        const reopened = await open(625);
        expect(reopened.size).toBeGreaterThan(500);
        await fill(reopened, 625);
        await expectAll(reopened, 625);
        await reopened.close();
      }
    }
  });

  it('makes one run of eight, in which everything is still found', async () => {
    const index = await open(0);
    await fill(index, MERGED_ENTRIES);
    expect(runFiles().length).toBeLessThan(8);
    await expectAll(index, MERGED_ENTRIES);
    await index.close();
    const reopened = await open(MERGED_ENTRIES);
    expect(reopened.size).toBeGreaterThan(MERGED_ENTRIES - 625);
    await fill(reopened, MERGED_ENTRIES);
    await expectAll(reopened, MERGED_ENTRIES);
    await reopened.close();
  });

  it('whose disk fails while runs are made one finds everything all the same, and tries again', async () => {
    const before = join(folder.path, 'before');
    const whole = await KeyIndex.open(before, nodeDisk, 0, shape);
    await fill(whole, BEFORE_MERGING);
    await whole.close();
    const grown = async (disk: FaultyDisk) => {
      rmSync(at('.'), { recursive: true, force: true });
      cpSync(before, at('.'), { recursive: true });
      const index = await open(BEFORE_MERGING, disk);
      while (index.size < BEFORE_MERGING) index.add(keysOf(index.size));
      let failures = 0;
      for (let more = 0; more < 1125; more++) {
        index.add(keysOf(index.size));
        await index.flush(index.size).catch(() => failures++);
      }
      await expectAll(index, BEFORE_MERGING + 1125);
      await index.close();
      return failures;
    };
    const flawless = faultyDisk();
    expect(await grown(flawless)).toBe(0);
    const { calls } = flawless;
    const merging = [...calls.keys()].filter(call => calls[call]?.endsWith('/9.run'));
    const naming = (merging.at(-1) as number) + 1;
    expect(calls.slice(naming, naming + 4).map(name => name.split(' ')[0])).toEqual([
      'open',
      'write',
      'rename',
      'remove',
    ]);
    const some = [0, 6].map(at => merging[at] as number);
    for (const call of [...thorough(merging, some), naming, naming + 1, naming + 2, naming + 3]) {
      const disk = faultyDisk();
      disk.failAt(call, 'lost');
      // A file that is only to go away may stay.
      expect(await grown(disk)).toBe(call === naming + 3 ? 0 : 1);
      expect(runFiles().includes(9)).toBe(call === naming + 3);
    }
  });

  it('lets go while runs are made one, and leaves them as they were', async () => {
    const disk = faultyDisk();
    const index = await open(0, disk);
    await fill(index, BEFORE_MERGING);
    while (index.size < BEFORE_MERGING + 100) index.add(keysOf(index.size));
    const merged = () => disk.calls.filter(call => call.endsWith('/9.run')).length;
    const flushed = index.flush(index.size);
    while (merged() < 3) await otherWork();
    const before = merged();
    await index.close();
    await flushed;
    // What was read already is written, the last blocks are, and the file goes.
    expect(merged() - before).toBeLessThanOrEqual(4);
    expect(runFiles()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const reopened = await open(BEFORE_MERGING + 100);
    await expectAll(reopened, BEFORE_MERGING + 100);
    await reopened.close();
  });

  it('makes small runs one while large ones take their time', async () => {
    shape = { ...shape, recentKeys: 128 };
    const index = await open(0);
    const grow = async (to: number) => {
      while (index.size < to) {
        index.add(keysOf(index.size));
        await index.flush(index.size);
      }
    };
    // Runs of 128 keys each: with one more there are 64 of them, which become eight, and those one.
    await grow(63 * 64);
    expect(index.runs).toBe(2 * 7);
    let goOn: () => void = () => undefined;
    const waiting = new Promise<void>(resolve => {
      goOn = resolve;
    });
    const { records } = KeyRun.prototype;
    vi.spyOn(KeyRun.prototype, 'records').mockImplementation(async function (this: KeyRun, ...given) {
      if (this.summary.records >= 8 * 128) await waiting;
      return records.apply(this, given);
    });
    const large = grow(64 * 64);
    while (index.runs > 8) await otherWork();
    const small: Promise<void>[] = [];
    for (let run = 1; run <= 8; run++) {
      while (index.size < (64 + run) * 64) index.add(keysOf(index.size));
      small.push(index.flush(index.size));
      while (index.recent(keysOf(index.size - 1)[0] as Uint8Array) !== null) await otherWork();
    }
    while (index.runs > 9) await otherWork();
    goOn();
    await Promise.all([large, ...small]);
    expect(index.runs).toBe(2);
    await expectAll(index, 72 * 64);
    await index.close();
  });

  it('finds nothing rather than too little in a file that is cut off under its hands', async () => {
    const index = await open(0);
    await fill(index, 625);
    truncateSync(at('1.run'), 100);
    const [key] = keysOf(77) as [Uint8Array];
    await expect((async () => index.candidates(key))()).rejects.toMatchObject({ code: 'log/unavailable' });
    await index.close();
  });

  it('answers while runs become others under its hands', async () => {
    const index = await open(0);
    const lookups: Promise<void>[] = [];
    const missed: number[] = [];
    while (index.size < MERGED_ENTRIES) {
      const entry = Math.floor(index.size / 2);
      index.add(keysOf(index.size));
      const flushing = index.flush(index.size);
      if (index.size % 7 === 0) {
        const [key] = keysOf(entry) as [Uint8Array];
        lookups.push(
          index.candidates(key).then(found => {
            if (![...found, index.recent(key)].includes(entry)) missed.push(entry);
          }),
        );
      }
      if (index.size % 60 === 0) await flushing;
    }
    await Promise.all(lookups);
    expect(missed).toEqual([]);
    await index.close();
  });

  it('leads to every entry that has the key, the first one first, also over many records of one key', async () => {
    const index = await open(0);
    const shared = sha256(u64be(1)).slice(0, 16);
    for (let run = 0; run < 3; run++) {
      index.add([shared]);
      for (let other = 1; other < 1040; other++)
        index.add([sha256(u64be(run * 10_000 + other + 2)).slice(0, 16)]);
      await index.flush(index.size);
    }
    expect(await index.candidates(shared)).toEqual([0, 1040, 2080]);
    await index.close();
  });

  it('names what is damaged in it, file by file', async () => {
    await written();
    expect(await KeyIndex.damage(at('.'))).toEqual([]);
    flip('1.run', 100);
    expect(await KeyIndex.damage(at('.'))).toEqual([{ file: '1.run', why: 'its checksum does not match' }]);
    rmSync(at('1.run'));
    expect(await KeyIndex.damage(at('.'))).toEqual([{ file: '1.run', why: 'it cannot be read' }]);
    flip('runs', 0);
    expect(await KeyIndex.damage(at('.'))).toEqual([{ file: 'runs', why: 'its checksum does not match' }]);
  });

  it('refuses a key of another length', async () => {
    const index = await open(0);
    expect(() => index.add([new Uint8Array(15)])).toThrow(RangeError);
  });
});

describe('a log', () => {
  it('finds the first entry of a key, also when the key came again after the first was written down', async () => {
    const twin = sha256(u64be(7)).slice(0, 16);
    const isTwin = (entry: Uint8Array) => [0, 4200].some(index => equal(entry, testEntry(index)));
    const log = await openTestLog(folder.path, {
      keysOf: entry => (isTwin(entry) ? [...testKeysOf(entry), twin] : testKeysOf(entry)),
    });
    await growTo(log, 4200);
    await growTo(log, 4201);
    expect(await log.find(twin)).toBe(0);
    await log.close();
  });

  it('finds nothing where the index lies: the entry decides', async () => {
    const log = await openTestLog(folder.path);
    await growTo(log, 4200);
    await log.close();
    // From now on every entry has other keys than those it was filed under.
    const other = await openTestLog(folder.path, { keysOf: entry => testKeysOf(sha256(entry)) });
    expect(await other.find(testKeysOf(testEntry(3))[0] as Uint8Array)).toBeNull();
    await other.close();
  });

  it('goes on when the index alone cannot be written, and says so once', async () => {
    const disk = faultyDisk();
    const makeFolder = disk.makeFolder;
    disk.makeFolder = path => {
      if (path.endsWith('index')) throw new Error('no index today');
      makeFolder(path);
    };
    const problems: string[] = [];
    const log = await openTestLog(folder.path, { disk, onProblem: message => problems.push(message) });
    await growTo(log, 5000);
    await growTo(log, 5001);
    expect(problems).toHaveLength(1);
    expect(await log.find(testKeysOf(testEntry(3))[0] as Uint8Array)).toBe(3);
    await log.close();
  });
});

function flip(name: string, position: number): void {
  const bytes = readFileSync(at(name));
  bytes[position] = (bytes[position] as number) ^ 0x10;
  writeFileSync(at(name), bytes);
}
