/** Every byte that a log keeps, changed: an examination names the file, whichever it is. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { examineLog } from '../../src/shell/log/examine.js';
import { buildLog, EXAMINED_BY } from '../support/examined-log.js';
import { acceptsTestEntry, temporaryFolder, testEntry } from '../support/log.js';

it('every byte of every file of a log counts', async () => {
  const folder = temporaryFolder();
  await buildLog(folder.path, 258, 261, index => testEntry(index, 14));

  const root = join(folder.path, 'log');
  const examine = async () => {
    const { damage } = await examineLog({ folder: root, keys: EXAMINED_BY, accepts: acceptsTestEntry });
    return damage.map(({ file }) => file);
  };
  expect(await examine()).toEqual([]);
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  let flips = 0;
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name);
    const file = path.slice(root.length + 1);
    const whole = readFileSync(path);
    for (let position = 0; position < whole.length; position++) {
      const changed = Buffer.from(whole);
      changed[position] = (changed[position] as number) ^ (1 << (position % 8));
      writeFileSync(path, changed);
      const named = await examine();
      if (!named.includes(file))
        throw new Error(`bit ${position % 8} of byte ${position} of ${file}: ${named}`);
      flips++;
    }
    writeFileSync(path, whole);
  }
  expect(flips).toBeGreaterThan(15_000);
  expect(await examine()).toEqual([]);
  folder.remove();
}, 400_000);
