/**
 * What a monitor remembers from one run to the next: its tree, how far its table of keys goes, and which checkpoints it has seen.
 * Canonical JSON, replaced as a whole; written after the tiles that it speaks of are durable.
 *
 * The table of keys is written when that is worth it, and not in step with this file: it may be behind the tree, and of the two places
 * that are kept for it, it is at one.
 */
import { join } from 'node:path';
import * as v from 'valibot';
import { canonicalize, parseCanonical } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import { Count, Hash } from '../../receipt/shapes.js';
import type { Disk } from '../files/disk.js';
import { readIfPresent, writeDurably } from '../files/durable.js';

const Note = v.pipe(v.string(), v.maxLength(1 << 20));

const Tallies = v.strictObject({
  closings: v.optional(Count, 0),
  epochs: Count,
  openNumbers: Count,
  receipts: Count,
  withheld: Count,
});

const Tree = v.strictObject({
  /** The partial tile of each level. */
  edge: v.array(v.string()),
  root: Hash,
  size: Count,
  tallies: Tallies,
});

const Place = v.strictObject({
  /** The entries below `size` that change keys, in base64. */
  keyChanges: v.array(v.strictObject({ entry: v.string(), index: Count })),
  size: Count,
  tallies: Tallies,
});
/** What the entries come to that are in the table. */
export type Place = v.InferOutput<typeof Place>;

const Seen = v.strictObject({
  /** Checkpoints under signatures of the log that contradict the tree. */
  conflicts: v.array(Note),
  /** The largest checkpoint under a signature of the log that the tree has been compared with; null before the first. */
  latest: v.nullable(Note),
  /** Checkpoints that are larger than the tree. */
  pending: v.array(Note),
  /** Of each witness what it has cosigned of the tree, oldest first, by the key's label. */
  witnesses: v.record(v.string(), v.array(Note)),
});
export type Seen = v.InferOutput<typeof Seen>;

const State = v.strictObject({
  log: v.string(),
  /** Older, then newer. */
  places: v.pipe(v.array(Place), v.maxLength(2)),
  seen: Seen,
  tree: Tree,
});
export type State = v.InferOutput<typeof State>;

export const NOTHING_SEEN: Seen = { conflicts: [], latest: null, pending: [], witnesses: {} };

/**
 * The state in a folder, or null before the first. Throws `monitor/state-corrupt` when it cannot be read, or is about another log.
 *
 * @param log the verifier key with which the log began
 */
export async function readState(folder: string, log: string): Promise<State | null> {
  const bytes = await readIfPresent(statePath(folder));
  if (bytes === null) return null;
  const corrupt = (detail: string) =>
    new Failure('monitor/state-corrupt', { field: statePath(folder), detail });
  try {
    const result = v.safeParse(State, parseCanonical(bytes));
    if (!result.success) throw corrupt(v.getDotPath(result.issues[0]) ?? 'its form');
    if (result.output.log !== log) throw corrupt('it is about another log');
    return result.output;
  } catch (error) {
    if (error instanceof Failure && error.code.startsWith('json/')) throw corrupt('it is not canonical JSON');
    throw error;
  }
}

export function writeState(folder: string, state: State, disk: Disk): Promise<void> {
  return writeDurably(statePath(folder), canonicalize(state), 0o644, disk);
}

function statePath(folder: string): string {
  return join(folder, 'state.json');
}
