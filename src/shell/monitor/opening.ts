/** Where a monitor goes on from: the tree that it kept, and the last place at which its table of keys and its state agree. */
import { join } from 'node:path';
import { fromBase64 } from '../../bytes/base64.js';
import { toHex } from '../../bytes/hex.js';
import type { KnownKeys } from '../../court/misbehaviour/known-keys.js';
import { formatVerifierKey, KEY_TYPE, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import type { KeyHistory } from '../../receipt/key-history.js';
import { Frontier } from '../../tree/frontier.js';
import type { Disk } from '../files/disk.js';
import { OwnTree } from '../tiles/own-tree.js';
import { CheckpointBook } from './checkpoint-book.js';
import { KeyTable } from './key-table.js';
import { Ledger, NO_TALLIES, type Tallies } from './ledger.js';
import { NOTHING_SEEN, type Place, readState } from './state.js';

export interface Opened {
  readonly table: KeyTable;
  readonly tree: OwnTree;
  readonly ledger: Ledger;
  readonly book: CheckpointBook;
  readonly frontier: Frontier;
  /** Of the whole tree. */
  readonly tallies: Tallies;
  /** The place that the table is at on disk; null for the beginning. */
  readonly place: Place | null;
}

export interface Opening {
  readonly folder: string;
  readonly disk: Disk;
  readonly log: VerifierKey;
  readonly known: KnownKeys;
  readonly beginning: KeyHistory;
}

/** Throws `monitor/state-corrupt`. */
export async function openKept({ folder, disk, log, known, beginning }: Opening): Promise<Opened> {
  const state = await readState(folder, identityOf(log, beginning));
  const places = state?.places ?? [];
  const { table, place } = await openTable(join(folder, 'keys'), disk, places);
  const kept = state?.tree ?? null;
  const keyChanges = (place?.keyChanges ?? []).map(({ index, entry }) => ({
    index,
    entry: fromBase64(entry) ?? new Uint8Array(),
  }));
  let history = beginning;
  let tree: OwnTree;
  let frontier: Frontier;
  try {
    tree = new OwnTree(join(folder, 'tree'), disk, kept?.size ?? 0, kept?.edge ?? []);
    if (kept !== null && toHex(await tree.root()) !== kept.root) throw new Failure('monitor/state-corrupt');
    frontier = new Frontier(tree.size, await tree.frontier());
    for (const { index, entry } of keyChanges) history = await history.after(index, entry);
  } catch (error) {
    await table.close();
    throw new Failure('monitor/state-corrupt', {
      field: folder,
      detail: error instanceof Error ? error.message : 'unknown',
    });
  }
  const ledger = new Ledger(table, tree, { history, keyChanges, tallies: place?.tallies ?? NO_TALLIES });
  const book = await CheckpointBook.open(state?.seen ?? NOTHING_SEEN, log.name, known);
  return { table, tree, ledger, book, frontier, place, tallies: kept?.tallies ?? NO_TALLIES };
}

/** Which log a folder is about, whatever has become of its keys since: the key with which it began. */
export function identityOf(log: VerifierKey, beginning: KeyHistory): string {
  const first = beginning.tenures.find(({ role, key }) => role === 'log' && key.type === KEY_TYPE.ed25519);
  return formatVerifierKey(first?.key ?? log);
}

/** A table that was lost, or that is at neither place, is made again from the log. */
async function openTable(
  folder: string,
  disk: Disk,
  places: readonly Place[],
): Promise<{ table: KeyTable; place: Place | null }> {
  const table = await KeyTable.open(folder, disk, places.at(-1)?.size ?? 0);
  const place = places.find(({ size }) => size === table.size) ?? null;
  if (place !== null || table.size === 0) return { table, place };
  await table.close();
  return { table: await KeyTable.open(folder, disk, 0), place: null };
}
