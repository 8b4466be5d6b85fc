import { expect, it } from 'vitest';
import { withNewKey, withoutKey } from '../../economy/key-changes.js';
import { type KeyFile, NO_KEYS } from '../../economy/virtual-key.js';
import { namesIn } from './house-money.js';

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
