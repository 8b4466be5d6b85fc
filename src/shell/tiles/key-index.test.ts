import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultyDisk } from '../../../test/support/faulty-disk.js';
import { growTo, openTestLog, temporaryFolder, testEntry, testKeysOf } from '../../../test/support/log.js';
import { sha256 } from '../../bytes/cryptography.js';
import { u64be } from '../../bytes/octets.js';
import { nodeDisk } from '../files/disk.js';
import { KeyIndex } from './key-index.js';

/** So many entries, two keys each, that the index is written twice and something is left in memory. */
const ENTRIES = 10_000;
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
    ['has lost its bounds', () => rmSync(at('through'))],
    ['has its bounds flipped', () => flip('through', 1000)],
    ['has its bounds cut', () => truncateSync(at('through'), 500)],
    ['has a bucket lost', () => rmSync(at('7f'))],
    ['has a bucket cut', () => truncateSync(at('7f'), readFileSync(at('7f')).length - 1)],
    ['has a bucket flipped', () => flip('7f', 23)],
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
      if (name !== 'through') writeFileSync(at(name), Buffer.alloc(55, 1), { flag: 'a' });
    }
    const index = await KeyIndex.open(at('.'), nodeDisk, ENTRIES);
    expect(index.size).toBe(through);
    await fill(index, ENTRIES + 5000);
    await expectAll(index, ENTRIES + 5000);
    await index.close();
  });

  it('whose disk fails once finds everything all the same, and writes it the next time', async () => {
    for (const call of [0, 2, 100, 512, 514]) {
      for (const fault of ['lost', 'kept'] as const) {
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

  it('refuses a key of another length', async () => {
    const index = await KeyIndex.open(at('.'), nodeDisk, 0);
    expect(() => index.add([new Uint8Array(15)])).toThrow(RangeError);
  });
});

describe('a log', () => {
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
