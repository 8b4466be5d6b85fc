import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Fault, faultyDisk } from '../../../test/support/faulty-disk.js';
import { growTo, openTestLog, temporaryFolder, testEntry, testKeysOf } from '../../../test/support/log.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { sha256 } from '../../bytes/cryptography.js';
import { equal, u64be } from '../../bytes/octets.js';
import { nodeDisk } from '../files/disk.js';
import { KeyIndex } from './key-index.js';

/** So many entries, two keys each, that the index is written twice and something is left in memory. */
const ENTRIES = 10_000;
/** Enough for eight runs and some more. */
const MERGED_ENTRIES = 40_000;
/** Seven runs, and the eighth nearly full. */
const BEFORE_MERGING = 8 * 4096 - 100;
const keysOf = (index: number) => {
  const digest = sha256(u64be(index));
  return [digest.slice(0, 16), digest.slice(16)];
};

let folder: ReturnType<typeof temporaryFolder>;
const at = (name: string) => join(folder.path, 'index', name);
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

async function fill(index: KeyIndex, to = ENTRIES): Promise<void> {
  while (index.size < to) {
    index.add(keysOf(index.size));
    await index.flush(index.size);
  }
}

async function expectAll(index: KeyIndex, to = ENTRIES): Promise<void> {
  for (let entry = 0; entry < to; entry += 97) {
    for (const key of keysOf(entry)) {
      expect([index.recent(key), ...(await index.candidates(key))]).toContain(entry);
    }
  }
  const unknown = sha256(u64be(to)).slice(0, 16);
  expect([index.recent(unknown), await index.candidates(unknown)]).toEqual([null, []]);
}

async function written(): Promise<number> {
  const index = await KeyIndex.open(at('.'), nodeDisk, ENTRIES);
  await fill(index);
  await expectAll(index);
  await index.close();
  const reopened = await KeyIndex.open(at('.'), nodeDisk, ENTRIES);
  const { size } = reopened;
  expect(size).toBeGreaterThan(ENTRIES / 2);
  await reopened.close();
  return size;
}

describe('an index', () => {
  it('lacks after a restart only what was not worth writing, and finds all once that is added again', async () => {
    const through = await written();
    const index = await KeyIndex.open(at('.'), nodeDisk, ENTRIES);
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
    ['has a run flipped', () => flip('1.run', 23)],
  ])('that %s begins anew', async (_, damage) => {
    await written();
    damage();
    const index = await KeyIndex.open(at('.'), nodeDisk, ENTRIES);
    expect(index.size).toBe(0);
    await fill(index);
    await expectAll(index);
    await index.close();
  });

  it('of a longer log than there is begins anew', async () => {
    const through = await written();
    expect((await KeyIndex.open(at('.'), nodeDisk, through)).size).toBe(through);
    expect((await KeyIndex.open(at('.'), nodeDisk, through - 1)).size).toBe(0);
  });

  it('takes no notice of what an unfinished write has left', async () => {
    const through = await written();
    for (const name of readdirSync(at('.'))) {
      if (name !== 'runs') writeFileSync(at(name), Buffer.alloc(55, 1), { flag: 'a' });
    }
    const index = await KeyIndex.open(at('.'), nodeDisk, ENTRIES);
    expect(index.size).toBe(through);
    await fill(index, ENTRIES + 5000);
    await expectAll(index, ENTRIES + 5000);
    await index.close();
  });

  it('whose disk fails once finds everything all the same, and writes it the next time', async () => {
    // It makes a folder, opens and writes a run in eight pieces, and names it in `through` by another open, write and rename.
    const everyCall = Array.from({ length: 13 }, (_, call) => call);
    for (const call of thorough(everyCall, [0, 1, 2, 6, 9, 10, 11, 12])) {
      for (const fault of thorough<readonly Fault[]>(['lost', 'kept', 'torn'], ['lost', 'kept'])) {
        rmSync(at('.'), { recursive: true, force: true });
        const disk = faultyDisk();
        disk.failAt(call, fault);
        const index = await KeyIndex.open(at('.'), disk, 0);
        let failures = 0;
        while (index.size < 5000) {
          index.add(keysOf(index.size));
          await index.flush(index.size).catch(() => failures++);
        }
        expect(failures).toBe(1);
        await expectAll(index, 5000);
        await index.close();
        const reopened = await KeyIndex.open(at('.'), nodeDisk, 5000);
        expect(reopened.size).toBeGreaterThan(4000);
        await fill(reopened, 5000);
        await expectAll(reopened, 5000);
        await reopened.close();
      }
    }
  });

  it('makes one run of eight, in which everything is still found', async () => {
    const index = await KeyIndex.open(at('.'), nodeDisk, 0);
    await fill(index, MERGED_ENTRIES);
    expect(readdirSync(at('.')).filter(name => name.endsWith('.run')).length).toBeLessThan(8);
    await expectAll(index, MERGED_ENTRIES);
    await index.close();
    const reopened = await KeyIndex.open(at('.'), nodeDisk, MERGED_ENTRIES);
    expect(reopened.size).toBeGreaterThan(MERGED_ENTRIES - 5000);
    await fill(reopened, MERGED_ENTRIES);
    await expectAll(reopened, MERGED_ENTRIES);
    await reopened.close();
  });

  it('whose disk fails while runs are made one finds everything all the same, and tries again', async () => {
    const before = join(folder.path, 'before');
    const whole = await KeyIndex.open(before, nodeDisk, 0);
    await fill(whole, BEFORE_MERGING);
    await whole.close();
    for (let call = 0; call < 12; call += thorough(1, 2)) {
      rmSync(at('.'), { recursive: true, force: true });
      cpSync(before, at('.'), { recursive: true });
      const disk = faultyDisk();
      const index = await KeyIndex.open(at('.'), disk, BEFORE_MERGING);
      while (index.size < BEFORE_MERGING) index.add(keysOf(index.size));
      // The eighth run takes eleven calls; then they are merged.
      disk.failAt(disk.count + 11 + call, 'lost');
      let failures = 0;
      for (let more = 0; more < 9000; more++) {
        index.add(keysOf(index.size));
        await index.flush(index.size).catch(() => failures++);
      }
      expect(failures).toBe(1);
      await expectAll(index, BEFORE_MERGING + 9000);
      await index.close();
    }
  });

  it('answers while runs become others under its hands', async () => {
    const index = await KeyIndex.open(at('.'), nodeDisk, 0);
    const lookups: Promise<void>[] = [];
    const missed: number[] = [];
    while (index.size < MERGED_ENTRIES) {
      const entry = Math.floor(index.size / 2);
      index.add(keysOf(index.size));
      const flushing = index.flush(index.size);
      if (index.size % 50 === 0) {
        const [key] = keysOf(entry) as [Uint8Array];
        lookups.push(
          index.candidates(key).then(found => {
            if (![...found, index.recent(key)].includes(entry)) missed.push(entry);
          }),
        );
      }
      if (index.size % 500 === 0) await flushing;
    }
    await Promise.all(lookups);
    expect(missed).toEqual([]);
    await index.close();
  });

  it('leads to every entry that has the key, the first one first, also over many records of one key', async () => {
    const index = await KeyIndex.open(at('.'), nodeDisk, 0);
    const shared = sha256(u64be(1)).slice(0, 16);
    for (let run = 0; run < 3; run++) {
      index.add([shared]);
      for (let other = 1; other < 8300; other++)
        index.add([sha256(u64be(run * 10_000 + other + 2)).slice(0, 16)]);
      await index.flush(index.size);
    }
    expect(await index.candidates(shared)).toEqual([0, 8300, 16_600]);
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
    const index = await KeyIndex.open(at('.'), nodeDisk, 0);
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
