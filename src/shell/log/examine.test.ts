import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildLog, EXAMINED_BY } from '../../../test/support/examined-log.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { testKey } from '../../../test/support/keys.js';
import { acceptsTestEntry, LOG, temporaryFolder, testEntry } from '../../../test/support/log.js';
import { utf8 } from '../../bytes/octets.js';
import { writeBundle } from '../../tree/tile.js';
import { type Examination, examineLog } from './examine.js';
import type { CheckpointKeys } from './kept-checkpoint.js';

let folder: ReturnType<typeof temporaryFolder>;
const at = (path: string) => join(folder.path, 'log', path);
const examine = (changes: { readonly keys?: CheckpointKeys } = {}): Promise<Examination> =>
  examineLog({ folder: at(''), keys: EXAMINED_BY, accepts: acceptsTestEntry, ...changes });
const files = () =>
  readdirSync(at('.'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(at('.').length + 1));
function flip(path: string, position: number, bit = 4): void {
  const bytes = readFileSync(at(path));
  bytes[position] = (bytes[position] as number) ^ (1 << bit);
  writeFileSync(at(path), bytes);
}
const named = ({ damage }: Examination) => damage.map(({ file }) => file);

describe('a small log, of two full bundles, an end that is kept and one that is not', () => {
  const original = temporaryFolder();
  beforeAll(() => buildLog(original.path, 514, 520));
  afterAll(() => original.remove());
  beforeEach(() => {
    folder = temporaryFolder();
    cpSync(original.path, folder.path, { recursive: true });
  });
  afterEach(() => folder.remove());

  it('is sound', async () => {
    const { kept, entries, damage, leftovers } = await examine();
    expect([kept?.checkpoint.size, entries, damage, leftovers]).toEqual([514, 520, [], []]);
    expect(kept?.cosigners).toHaveLength(3);
    expect(kept?.time).toBeGreaterThan(0);
  });

  it('is read and left as it is', async () => {
    const before = files().map(file => [file, readFileSync(at(file)), statSync(at(file)).mtimeMs]);
    await examine();
    expect(files().map(file => [file, readFileSync(at(file)), statSync(at(file)).mtimeMs])).toEqual(before);
  });

  it.each<[string, () => void, string[]]>([
    ['an entry', () => flip('tile/entries/000', 9), ['tile/entries/000']],
    ['the length of an entry', () => flip('tile/entries/001', 1), ['tile/entries/001']],
    ['a tile', () => flip('tile/0/001', 9), ['tile/0/001']],
    ['an entry that is kept and has no tile yet', () => flip('tile/entries/002', 9), ['tile/entries/002']],
    ['an entry that is not kept yet', () => flip('tile/entries/002', 54 * 4 + 9), ['tile/entries/002']],
    ['a tile that is missing', () => rmSync(at('tile/0/000')), ['tile/0/000']],
    ['a bundle that is missing', () => rmSync(at('tile/entries/001')), ['tile/entries/001']],
    ['the last bundle, missing', () => rmSync(at('tile/entries/002')), ['tile/entries/002']],
    ['the checkpoint, missing', () => rmSync(at('checkpoint')), ['checkpoint']],
    ['a tile that is cut', () => truncateSync(at('tile/0/001'), 4096), ['tile/0/001']],
    ['a bundle that is cut', () => truncateSync(at('tile/entries/001'), 4096), ['tile/entries/001']],
    [
      'a bundle that is cut short of what is kept',
      () => truncateSync(at('tile/entries/002'), 50),
      ['tile/entries/002'],
    ],
    [
      'a bundle with more than it should have',
      () => writeFileSync(at('tile/entries/001'), writeBundle([testEntry(9)]), { flag: 'a' }),
      ['tile/entries/001'],
    ],
    [
      'an end that is no entry',
      () => writeFileSync(at('tile/entries/002'), writeBundle([utf8('no')]), { flag: 'a' }),
      ['tile/entries/002'],
    ],
    [
      'half an entry at the end',
      () => writeFileSync(at('tile/entries/002'), Uint8Array.of(0, 9, 1), { flag: 'a' }),
      ['tile/entries/002'],
    ],
    [
      'zeros at the end',
      () => writeFileSync(at('tile/entries/002'), new Uint8Array(99), { flag: 'a' }),
      ['tile/entries/002'],
    ],
    [
      'a bundle after one that ends early',
      () => writeFileSync(at('tile/entries/003'), writeBundle([testEntry(768)])),
      ['tile/entries/002'],
    ],
    [
      'two bundles',
      () => {
        flip('tile/entries/000', 9);
        flip('tile/entries/001', 9);
      },
      ['tile/entries/000', 'tile/entries/001'],
    ],
    [
      'two tiles',
      () => {
        flip('tile/0/000', 9);
        flip('tile/0/001', 9);
      },
      ['tile/0/000', 'tile/0/001'],
    ],
    [
      'a bundle and another one’s tile, where nobody can tell any more',
      () => {
        flip('tile/entries/000', 9);
        flip('tile/0/001', 9);
      },
      ['tile/entries/000', 'tile/entries/001'],
    ],
  ])('names %s, with what to do', async (_, damage, expected) => {
    damage();
    const examination = await examine();
    expect(named(examination)).toEqual(expected);
    for (const { what, advice } of examination.damage) {
      expect(what.length).toBeGreaterThan(5);
      expect(advice.length).toBeGreaterThan(20);
    }
  });

  it('every file that a log does not need is listed, and harms nothing', async () => {
    writeFileSync(at('checkpoint.new'), 'half');
    writeFileSync(at('tile/0/002'), 'old');
    const { damage, leftovers } = await examine();
    expect([damage, leftovers]).toEqual([[], ['checkpoint.new', 'tile/0/002']]);
  });

  it('signed by another key is not this log’s', async () => {
    const other = testKey(LOG.key.name, 99).key;
    expect(named(await examine({ keys: { ...EXAMINED_BY, log: other } }))).toEqual(['checkpoint']);
  });

  it('a line by a witness that nobody knows is no proof of anything', async () => {
    const { damage } = await examine({ keys: { ...EXAMINED_BY, witnesses: EXAMINED_BY.witnesses.slice(1) } });
    expect(damage.map(({ what }) => what)).toEqual([expect.stringContaining('witness.example/1')]);
  });

  it('a folder without a log is none: log/not-found', async () => {
    expect(
      await reasonOfAsync(() =>
        examineLog({ folder: join(folder.path, 'nowhere'), keys: EXAMINED_BY, accepts: () => true }),
      ),
    ).toBe('log/not-found');
    expect(
      await reasonOfAsync(() => examineLog({ folder: folder.path, keys: EXAMINED_BY, accepts: () => true })),
    ).toBe('log/not-found');
  });

  it('says how far it is', async () => {
    const steps: [number, number][] = [];
    await examineLog({
      folder: at(''),
      keys: EXAMINED_BY,
      accepts: () => true,
      onProgress: (...step) => steps.push(step),
    });
    expect(steps).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });
});

describe('any byte of any file', () => {
  it('counts: whichever is flipped, its file is named', async () => {
    const original = temporaryFolder();
    folder = temporaryFolder();
    await buildLog(original.path, 258, 261, index => testEntry(index, 14));
    cpSync(original.path, folder.path, { recursive: true });
    let flips = 0;
    for (const file of files()) {
      const whole = readFileSync(at(file));
      // The slow suite takes every byte.
      for (let position = flips % 7; position < whole.length; position += 601) {
        flip(file, position, position % 8);
        expect(named(await examine()), `byte ${position} of ${file}`).toContain(file);
        writeFileSync(at(file), whole);
        flips++;
      }
    }
    expect(flips).toBeGreaterThan(30);
    expect(named(await examine())).toEqual([]);
    original.remove();
    folder.remove();
  }, 30_000);
});
