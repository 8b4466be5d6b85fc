/**
 * Whether a log may be pruned: only what its own logged policy lets go of. Source: C2SP tlog-tiles, "Retention Policies".
 *
 * An entry is as old as the time that it states; one that states none is as old as the next one that does, so that nothing is taken to be
 * older than it is. It is kept for as long as the policy that was in force when it was logged says, or the one of today if that is longer:
 * a policy that is shortened shortens nothing that was promised before.
 */
import { Failure } from '../../reason.js';
import { readEntry } from '../../receipt/entry.js';
import { statedTime } from '../../receipt/retention.js';
import type { PolicyInForce, Retention } from './retention.js';

const DAY = 86_400_000;

export interface Pruning {
  /** The new minimum index. */
  readonly minimum: number;
  /** Whether it may be lower than the one of today. */
  readonly mayLower: boolean;
  /** The size of the log's current checkpoint. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly entry: (index: number) => Promise<Uint8Array>;
  /** Told how many entries have been looked at. */
  readonly onProgress?: (count: number) => void;
}

/**
 * Throws `log/retention-unstated` without a logged policy, `log/minimum-beyond-checkpoint`, `log/minimum-lowered` unless that is wanted,
 * and `log/entry-too-young`, naming the entry.
 */
export async function checkPruning(retention: Retention, pruning: Pruning): Promise<void> {
  const { minimum, mayLower, size, now, entry, onProgress = () => undefined } = pruning;
  const { policies } = retention;
  const current = policies.at(-1);
  if (current === undefined) throw new Failure('log/retention-unstated');
  if (minimum > size) throw new Failure('log/minimum-beyond-checkpoint', { detail: `size ${size}` });
  if (minimum < retention.minimum && !mayLower) {
    throw new Failure('log/minimum-lowered', { detail: `minimum index ${retention.minimum}` });
  }
  /** Entries that state no time, and wait for one that does. */
  let untimed: number[] = [];
  for (let index = retention.minimum; index < size && (index < minimum || untimed.length > 0); index++) {
    const time = statedTime(readEntry(await entry(index)));
    if (index < minimum) untimed.push(index);
    if (time === null) continue;
    for (const waiting of untimed) {
      const days = Math.max(current.minimumDays, daysAt(policies, waiting));
      if (now - time < days * DAY) throw tooYoung(waiting, days);
    }
    untimed = [];
    onProgress(index - retention.minimum + 1);
  }
  const [waiting] = untimed;
  if (waiting !== undefined) throw tooYoung(waiting, current.minimumDays);
}

/** What the policy that was in force when an entry was logged had promised; 0 before the first. */
function daysAt(policies: readonly PolicyInForce[], index: number): number {
  return policies.findLast(({ logged }) => logged <= index)?.minimumDays ?? 0;
}

function tooYoung(index: number, days: number): Failure {
  return new Failure('log/entry-too-young', { field: `entry ${index}`, detail: `not yet ${days} days old` });
}
