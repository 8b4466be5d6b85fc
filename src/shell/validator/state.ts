/**
 * What a validator remembers from one run to the next, as canonical JSON that is replaced as a whole. It may be behind the packages on disk, which say what
 * was judged, and never ahead of them.
 */
import { join } from 'node:path';
import * as v from 'valibot';
import { canonicalize, parseCanonical } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import { Count, Hash, KeyLabel } from '../../receipt/shapes.js';
import type { Disk } from '../files/disk.js';
import { readIfPresent, writeDurably } from '../files/durable.js';

const Last = v.strictObject({
  /** Of the payload of the validator's last batch. */
  digest: Hash,
  end: Count,
  overturned: Count,
  sequence: Count,
});
/** The batch that the next one follows. */
export type LastBatch = v.InferOutput<typeof Last>;

const State = v.strictObject({
  key: KeyLabel,
  last: v.nullable(Last),
  /** The log's first key. */
  log: v.string(),
  /** Where the log has the policy; null before it has one. */
  policy: v.nullable(v.strictObject({ digest: Hash, index: Count })),
  /** Batches, counted from the first, that the log has. */
  submitted: Count,
  /** As far as the log was read: the partial tile of each level. */
  tree: v.strictObject({ edge: v.array(v.string()), root: Hash, size: Count }),
});
export type ValidatorState = v.InferOutput<typeof State>;

/** The state in a folder, or null before the first. Throws `verdict/state-corrupt` where it cannot be read, or is of another log or key. */
export async function readState(folder: string, log: string, key: string): Promise<ValidatorState | null> {
  const bytes = await readIfPresent(statePath(folder));
  if (bytes === null) return null;
  const corrupt = (detail: string) =>
    new Failure('verdict/state-corrupt', { field: statePath(folder), detail });
  let value: unknown;
  try {
    value = parseCanonical(bytes);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw corrupt(error.code);
  }
  const result = v.safeParse(State, value);
  if (!result.success) throw corrupt(v.getDotPath(result.issues[0]) ?? 'its form');
  if (result.output.log !== log) throw corrupt('it is about another log');
  if (result.output.key !== key) throw corrupt('it is of another key');
  return result.output;
}

export function writeState(folder: string, state: ValidatorState, disk: Disk): Promise<void> {
  return writeDurably(statePath(folder), canonicalize(state), 0o644, disk);
}

function statePath(folder: string): string {
  return join(folder, 'state.json');
}
