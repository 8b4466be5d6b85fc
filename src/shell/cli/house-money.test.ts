import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { withNewKey, withoutKey } from '../../economy/key-changes.js';
import { formatSecret, type KeyFile, NO_KEYS, secretDigest } from '../../economy/virtual-key.js';
import { changeKeyFile } from '../access/key-file.js';
import { namesIn, openAdmission } from './house-money.js';

const ALICE = { id: 'aaaaaaaaaaaaaaaaaaaaaaaaaa', name: 'alice', digest: '0'.repeat(64) };
const alice = withNewKey(
  NO_KEYS,
  { ...ALICE, models: ['*'], expires: null, team: 'research', limits: [] },
  0,
) as KeyFile;

it.each<[string, KeyFile, ReturnType<typeof namesIn>]>([
  ['there are none yet: all may come', NO_KEYS, { keys: null, teams: null }],
  ['keys, and the teams that they are of', alice, { keys: ['alice'], teams: ['research'] }],
  [
    'a key that was revoked: a policy that names it goes on',
    withoutKey(alice, 'alice', 1) as KeyFile,
    { keys: ['alice'], teams: ['research'] },
  ],
])('names that a policy may have: %s', (_, file, names) => {
  expect(namesIn(file)).toEqual(names);
});

const folder = mkdtempSync(join(tmpdir(), 'countersign-money-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secretOf = (at: number) => formatSecret(new Uint8Array(32).fill(at));
const withKey = (file: KeyFile, at: number): KeyFile =>
  withNewKey(
    file,
    {
      ...{ id: String.fromCharCode(97 + at).repeat(26), name: `key-${at}`, team: null },
      ...{ digest: secretDigest(secretOf(at)) as string, expires: null, models: ['*'], limits: [] },
    },
    0,
  ) as KeyFile;

it('keys that are read again while they change end as they are in the file', async () => {
  const admission = await openAdmission(folder, () => undefined);
  const read: Promise<number>[] = [];
  for (let at = 0; at < 20; at++) {
    read.push(admission.reload(), admission.reload());
    await changeKeyFile(folder, file => withKey(at === 0 ? NO_KEYS : file, at));
    read.push(admission.reload());
  }
  const counts = await Promise.all(read);
  // No reading finds fewer keys than one that was asked for before it.
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(admission.holders().keys).toHaveLength(20);
  await admission.close();
});
