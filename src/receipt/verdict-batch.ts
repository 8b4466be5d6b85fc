/**
 * A validator's verdicts on all receipts in a range of a log, as one entry: the root of a Merkle tree (RFC 6962) whose leaves are the canonical JSON of the
 * verdicts, in the order of the receipts. The validator answers for each of them as if it had signed it alone, and a log grows by one entry for a thousand
 * receipts. Why: docs/decisions/0016. Normative: spec/verdict.md §5.
 */
import * as v from 'valibot';
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize, type Json } from '../bytes/json.js';
import { Failure } from '../reason.js';
import { emptyRoot, leafHash } from '../tree/hash.js';
import { Count, Hash, KeyLabel, Origin, Time, Word } from './shapes.js';
import { statementType, writeStatement } from './statement.js';
import type { Verdict } from './verdict.js';

/** Proofs against the validator that one batch can add to its record; whoever has more publishes more batches. */
export const MAX_OVERTURNED_AT_ONCE = 16;

const Batch = v.strictObject({
  /** Milliseconds since 1970: the time that all of them were asked about. */
  asOf: Time,
  /** Which rules were applied. */
  checker: Word,
  /** Under which checkpoint the receipts were proven to be in the log. */
  checkpoint: v.strictObject({ root: Hash, size: Count }),
  /** Verdicts by their outcome; together as many as the tree has leaves. */
  counts: v.strictObject({ fail: Count, inconclusive: Count, pass: Count }),
  /** The range of the log: entries from `start` to `end`, without the last. */
  end: Count,
  /** The origin of the log: what is said about one log counts in no other that has let the same key in. */
  log: Origin,
  /** The validator's own record: how many of its verdicts have been proven wrong, and the root over the proofs in the order in which they came. */
  overturned: v.strictObject({ count: Count, root: Hash }),
  /** `index`: where the log has it; null for a batch that enters no log. */
  policy: v.strictObject({ digest: Hash, index: v.nullable(Count) }),
  /** The digest of the payload of the validator's batch before; null for its first. */
  previous: v.nullable(Hash),
  /** Of the tree of verdicts. */
  root: Hash,
  /** 0 for the first batch of a key, then 1, 2 … */
  sequence: Count,
  start: Count,
  /** SHA-256 of the trust file's bytes. */
  trust: Hash,
});
export type VerdictBatch = v.InferOutput<typeof Batch>;

export const VERDICT_BATCH = statementType({
  predicateType: 'urn:countersign:verdict-batch:v1',
  subject: v.strictTuple([
    v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('verdict-batch') }),
  ]),
  /** `made`: when it was signed, in milliseconds, by the clock of `issuer`. */
  predicate: v.strictObject({ batch: Batch, issuer: KeyLabel, made: Time }),
  malformed: 'verdict/malformed',
});

/** SHA-256 of the batch's canonical JSON, hexadecimal: the statement's subject. */
export function batchDigest(batch: VerdictBatch): string {
  return toHex(sha256(canonicalize(batch as Json)));
}

/** `issuer`: the label of the key that signs; `made` in milliseconds. */
export function batchStatement(batch: VerdictBatch, issuer: string, made: number): Uint8Array {
  return writeStatement(VERDICT_BATCH, {
    subject: [{ digest: { sha256: batchDigest(batch) }, name: 'verdict-batch' }],
    predicate: { batch, issuer, made },
  });
}

/** How many verdicts a batch has. */
export function verdictsIn({ counts }: VerdictBatch): number {
  return counts.pass + counts.fail + counts.inconclusive;
}

/** The leaf of a verdict in its batch's tree. */
export function verdictLeaf(verdict: Verdict): Uint8Array {
  return leafHash(canonicalize(verdict as Json));
}

/** What a batch is to be by itself. Throws `verdict/malformed`, naming the member. */
export function checkBatch(batch: VerdictBatch): void {
  const { start, end, checkpoint, previous, sequence, overturned, root } = batch;
  const wrong = (field: string) => new Failure('verdict/malformed', { field: `predicate.batch.${field}` });
  if (start > end || end > checkpoint.size) throw wrong('end');
  if ((previous === null) !== (sequence === 0)) throw wrong('previous');
  const verdicts = verdictsIn(batch);
  if (verdicts > end - start) throw wrong('counts');
  const empty = toHex(emptyRoot());
  if ((verdicts === 0) !== (root === empty)) throw wrong('root');
  if ((overturned.count === 0) !== (overturned.root === empty)) throw wrong('overturned');
}
