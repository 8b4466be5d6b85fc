import { afterEach, beforeEach, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { hastyDisk } from '../../../test/support/faulty-disk.js';
import { LOG, temporaryFolder } from '../../../test/support/log.js';
import { TRUST } from '../../../test/support/monitored.js';
import { beginningOf } from '../../appraise/standing.js';
import { toBase64 } from '../../bytes/base64.js';
import { toHex } from '../../bytes/hex.js';
import { knownKeys } from '../../court/misbehaviour/known-keys.js';
import { formatVerifierKey } from '../../note/key.js';
import { emptyRoot } from '../../tree/hash.js';
import { openKept } from './opening.js';
import { NOTHING_SEEN, type State, writeState } from './state.js';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const tallies = { closings: 0, epochs: 0, openNumbers: 0, receipts: 0, withheld: 0 };

async function open(tree: Partial<State['tree']>) {
  const log = formatVerifierKey(LOG.key);
  const whole = { edge: [], root: toHex(emptyRoot()), size: 0, tallies, ...tree };
  await writeState(folder.path, { log, places: [], seen: NOTHING_SEEN, tree: whole }, hastyDisk);
  return openKept({
    folder: folder.path,
    disk: hastyDisk,
    log: LOG.key,
    known: knownKeys(TRUST),
    beginning: beginningOf(TRUST),
  });
}

it('a monitor goes on from the tree that it kept', async () => {
  const { tree, table } = await open({});
  expect(tree.size).toBe(0);
  await table.close();
});

it.each<[what: string, tree: Partial<State['tree']>]>([
  ['another root', { root: '0'.repeat(64) }],
  ['a size without an edge', { size: 1 }],
  ['the largest size there is', { size: Number.MAX_SAFE_INTEGER }],
  ['an edge that is no base64', { size: 1, edge: ['!'] }],
  ['an edge of half a hash', { size: 1, edge: [toBase64(new Uint8Array(16))] }],
  ['an edge of more hashes than a tile has room for', { size: 1, edge: [toBase64(new Uint8Array(1 << 15))] }],
])('monitor/state-corrupt: %s', async (_, tree) => {
  expect(await reasonOfAsync(() => open(tree))).toBe('monitor/state-corrupt');
});
