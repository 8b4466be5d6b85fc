/** The batch that follows another one: what was judged, in its place in the chain. */
import { CHECKER } from '../../appraise/verdict/appraise.js';
import { PackageWriter } from '../../appraise/verdict/verdict-package.js';
import { toHex } from '../../bytes/hex.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { MAX_OVERTURNED_AT_ONCE, type VerdictBatch } from '../../receipt/verdict-batch.js';
import { emptyRoot } from '../../tree/hash.js';
import type { OverturnedRecord } from './overturned.js';
import type { LastBatch } from './state.js';

/** What a batch says beyond its place. */
export interface Judged {
  readonly counts: VerdictBatch['counts'];
  readonly lines: PackageWriter;
  readonly root: string;
}

export const NOTHING_JUDGED: Judged = {
  counts: { fail: 0, inconclusive: 0, pass: 0 },
  lines: new PackageWriter(),
  root: toHex(emptyRoot()),
};

/** `question`: what all of it was held against, and up to which entry. */
export function batchAfter(
  last: LastBatch | null,
  { counts, root }: Judged,
  question: Pick<VerdictBatch, 'asOf' | 'end' | 'policy' | 'trust'>,
  { origin, size, root: treeRoot }: Checkpoint,
  record: OverturnedRecord,
): VerdictBatch {
  return {
    ...question,
    checker: CHECKER,
    checkpoint: { root: toHex(treeRoot), size },
    counts,
    log: origin,
    overturned: record.upTo((last?.overturned ?? 0) + MAX_OVERTURNED_AT_ONCE),
    previous: last?.digest ?? null,
    root,
    sequence: (last?.sequence ?? -1) + 1,
    start: last?.end ?? 0,
  };
}
