/** Every byte that a log keeps, changed: an examination names the file, whichever it is. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cosignerOf } from '../../src/note/cosignature.js';
import { examineLog } from '../../src/shell/log/examine.js';
import { testMlDsaCosigner } from '../support/keys.js';
import {
  acceptsTestEntry,
  growTo,
  LOG,
  openTestLog,
  openWitnesses,
  quorumOf,
  temporaryFolder,
  testEntry,
  WITNESSES,
} from '../support/log.js';

const OWN = testMlDsaCosigner(LOG.key.name, 2);
const KEYS = { log: LOG.key, logCosigner: OWN.key, witnesses: WITNESSES.map(({ key }) => key) };

it('every byte of every file of a log counts', async () => {
  const folder = temporaryFolder();
  const make = (index: number) => testEntry(index, 14);
  const log = await openTestLog(folder.path, {
    cosigner: cosignerOf(OWN.key, OWN.signer),
    witnesses: await openWitnesses(folder.path),
    quorum: quorumOf(3),
  });
  await growTo(log, 258, make);
  expect(await log.reached(257, 'witnessed', 30_000)).toBe(true);
  await log.close();
  // And a few entries that no kept checkpoint covers.
  const unwitnessed = await openTestLog(folder.path);
  await growTo(unwitnessed, 261, make);
  await unwitnessed.close();

  const root = join(folder.path, 'log');
  const examine = async () => {
    const { damage } = await examineLog({ folder: root, keys: KEYS, accepts: acceptsTestEntry });
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
