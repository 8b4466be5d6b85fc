/** What the operator decides about reading is logged once, whatever the moment of a crash. */
import { copyFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hastyDisk } from '../../../test/support/faulty-disk.js';
import { testKey } from '../../../test/support/keys.js';
import { openTestLog, temporaryFolder } from '../../../test/support/log.js';
import { entryKeys } from '../../receipt/entry.js';
import { Retention } from '../log/retention.js';
import { announceActs } from './announce-acts.js';

const ISSUER = testKey('issuer.example/announcing', 7);

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

it('an act whose entry was logged before a crash gets the place that it has', async () => {
  const log = await openTestLog(folder.path, { keysOf: entryKeys });
  const retention = await Retention.open(folder.path, hastyDisk);
  await retention.decide({ act: 'deny', index: 0, reason: 'court-order' }, 1);
  const file = `${folder.path}/retention.json`;
  copyFileSync(file, `${file}.before`);
  await announceActs(retention, log, ISSUER);
  expect(retention.denials).toMatchObject([{ logged: 0 }]);

  copyFileSync(`${file}.before`, file);
  const again = await Retention.open(folder.path, hastyDisk);
  expect(again.denials).toMatchObject([{ logged: null }]);
  await announceActs(again, log, ISSUER);
  expect(again.denials).toMatchObject([{ logged: 0 }]);
  expect(log.size).toBe(1);
  await log.close();
});
