/** A log of more than one tile of tiles, and with an index, damaged here and there: an examination names the file. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Examination, examineLog } from '../../src/shell/log/examine.js';
import { buildLog, EXAMINED_BY } from '../support/examined-log.js';
import { temporaryFolder } from '../support/log.js';
import { entryAt } from '../support/reference-tree.js';

let folder: ReturnType<typeof temporaryFolder>;
const at = (path: string) => join(folder.path, 'log', path);
function flip(path: string, position: number): void {
  const bytes = readFileSync(at(path));
  bytes[position] = (bytes[position] as number) ^ 16;
  writeFileSync(at(path), bytes);
}
const named = ({ damage }: Examination) => damage.map(({ file }) => file);

describe('a log with tiles above tiles, and an index', () => {
  const original = temporaryFolder();
  beforeAll(() => buildLog(original.path, 65_536 + 300, 65_536 + 300, entryAt), 120_000);
  afterAll(() => original.remove());
  beforeEach(() => {
    folder = temporaryFolder();
    cpSync(original.path, folder.path, { recursive: true });
  });
  afterEach(() => folder.remove());

  it.each<[string, () => void, string[]]>([
    ['nothing', () => undefined, []],
    ['an entry', () => flip('tile/entries/017', 30), ['tile/entries/017']],
    ['a tile', () => flip('tile/0/017', 30), ['tile/0/017']],
    ['a tile above', () => flip('tile/1/000', 30), ['tile/1/000']],
    ['a tile above that is missing', () => rmSync(at('tile/1/000')), ['tile/1/000']],
    [
      'a bundle and other ones’ tiles, which the tile above tells apart, and an entry near the edge',
      () => {
        flip('tile/entries/017', 30);
        flip('tile/0/018', 30);
        flip('tile/0/040', 30);
        flip('tile/entries/256', 30);
      },
      ['tile/entries/017', 'tile/0/018', 'tile/0/040', 'tile/entries/256'],
    ],
    ['a tile near the edge', () => flip('tile/0/256', 30), ['tile/0/256']],
    [
      'a tile above and one of those below it',
      () => {
        flip('tile/1/000', 30);
        flip('tile/0/018', 30);
      },
      ['tile/1/000', 'tile/0/018'],
    ],
    ['the index', () => flip(lastRun(), 1000), []],
    ['what the index says of itself', () => flip('index/runs', 3), ['index/runs']],
  ])('names %s', async (name, damage, expected) => {
    damage();
    const found = await examineLog({ folder: at(''), keys: EXAMINED_BY, accepts: () => true });
    const inIndex = named(found).filter(file => file.startsWith('index/') && file.endsWith('.run'));
    expect(
      named(found)
        .filter(file => !inIndex.includes(file))
        .sort(),
    ).toEqual([...expected].sort());
    expect(inIndex.length).toBe(name === 'the index' ? 1 : 0);
  });

  const lastRun = () => {
    const runs = readdirSync(at('index')).filter(name => name.endsWith('.run'));
    return `index/${runs.at(-1)}`;
  };
});
