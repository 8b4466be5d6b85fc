/** Where a monitor goes on from: the last place at which its tree, its table of keys and its state agree, or the beginning. */
import { join } from 'node:path';
import { fromBase64 } from '../../bytes/base64.js';
import { toHex } from '../../bytes/hex.js';
import type { KnownKeys } from '../../court/misbehaviour/known-keys.js';
import { formatVerifierKey, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import type { KeyHistory } from '../../receipt/key-history.js';
import { Frontier } from '../../tree/frontier.js';
import type { Disk } from '../files/disk.js';
import { CheckpointBook } from './checkpoint-book.js';
import { KeyTable } from './key-table.js';
import { Ledger, NO_TALLIES } from './ledger.js';
import { OwnTree } from './own-tree.js';
import { NOTHING_SEEN, type Place, readState } from './state.js';

export interface Opened {
  readonly table: KeyTable;
  readonly tree: OwnTree;
  readonly ledger: Ledger;
  readonly book: CheckpointBook;
  readonly frontier: Frontier;
  /** The place that the table is at on disk; null for the beginning. */
  readonly place: Place | null;
  /** Findings about entries below this have been told. */
  readonly reported: number;
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
  const state = await readState(folder, formatVerifierKey(log));
  const places = state?.places ?? [];
  const { table, place } = await openTable(join(folder, 'keys'), disk, places);
  const tree = new OwnTree(join(folder, 'tree'), disk, place?.size ?? 0, place?.edge ?? []);
  let history = beginning;
  let frontier: Frontier;
  try {
    if (place !== null && toHex(await tree.root()) !== place.root) throw new Failure('monitor/state-corrupt');
    frontier = new Frontier(tree.size, await tree.frontier());
    for (const { index, entry } of place?.keyChanges ?? [])
      history = await history.after(index, fromBase64(entry) ?? new Uint8Array());
  } catch (error) {
    await table.close();
    throw new Failure('monitor/state-corrupt', {
      field: folder,
      detail: error instanceof Error ? error.message : 'unknown',
    });
  }
  const ledger = new Ledger(table, tree, history, place);
  const book = await CheckpointBook.open(state?.seen ?? NOTHING_SEEN, log.name, known);
  return { table, tree, ledger, book, frontier, place, reported: state?.reported ?? 0 };
}

/** A table that was lost, or that is at neither place, is made again from the log, and so is all that goes with it. */
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
