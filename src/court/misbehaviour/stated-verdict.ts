/**
 * A verdict with what makes somebody answer for it: an envelope of its own, or a batch that was signed and the proof that the verdict is in its tree.
 * Source: spec/verdict.md §4 and §5.
 */
import * as v from 'valibot';
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import { fromHex } from '../../bytes/hex.js';
import type { Json } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import { type Envelope, EnvelopeSchema, envelopeJson, readEnvelope } from '../../receipt/envelope.js';
import { Count } from '../../receipt/shapes.js';
import { readStatement } from '../../receipt/statement.js';
import { VERDICT, type Verdict, Verdict as VerdictSchema } from '../../receipt/verdict.js';
import { VERDICT_BATCH, type VerdictBatch, verdictLeaf, verdictsIn } from '../../receipt/verdict-batch.js';
import { verifyInclusion } from '../../tree/merkle.js';

/** A tree of 2^53 verdicts has proofs of 53 hashes. */
const MAX_HASHES = 53;

const BatchedSchema = v.strictObject({
  batch: EnvelopeSchema,
  /** Of the proof that the verdict is in the batch's tree, in base64. */
  hashes: v.pipe(v.array(v.pipe(v.string(), v.length(44))), v.maxLength(MAX_HASHES)),
  index: Count,
  verdict: v.unknown(),
});

/** In JSON: an envelope, or a batch's with the verdict and its proof. */
export const StatedVerdictSchema = v.union([EnvelopeSchema, BatchedSchema]);
export type StatedVerdictJson = v.InferOutput<typeof StatedVerdictSchema>;

export interface StatedVerdict {
  /** What was signed: the verdict, or the batch. */
  readonly envelope: Envelope;
  readonly verdict: Verdict;
  /** Where in the batch it stands; null for one that was signed alone. */
  readonly inBatch: { readonly index: number; readonly hashes: readonly Uint8Array[] } | null;
}

/** Throws `verdict/malformed`, `envelope/…`, or `tree/…` when the verdict is not in the batch. Whose signature it is nobody has looked at. */
export function readStatedVerdict(json: StatedVerdictJson): StatedVerdict {
  if (!('batch' in json)) {
    const envelope = readEnvelope(json);
    return { envelope, verdict: readVerdict(envelope), inBatch: null };
  }
  const envelope = readEnvelope(json.batch);
  const result = v.safeParse(VerdictSchema, json.verdict, { abortEarly: true });
  if (!result.success) throw new Failure('verdict/malformed', { field: 'verdict' });
  const hashes = json.hashes.map(text => fromBase64(text) ?? new Uint8Array());
  const stated = { envelope, verdict: result.output, inBatch: { index: json.index, hashes } };
  const batch = readBatch(envelope);
  const root = fromHex(batch.root) as Uint8Array;
  verifyInclusion(json.index, verdictsIn(batch), verdictLeaf(stated.verdict), hashes, root);
  return stated;
}

export function statedVerdictJson({ envelope, verdict, inBatch }: StatedVerdict): StatedVerdictJson {
  if (inBatch === null) return envelopeJson(envelope) as StatedVerdictJson;
  return {
    batch: envelopeJson(envelope),
    hashes: inBatch.hashes.map(toBase64),
    index: inBatch.index,
    verdict: verdict as Json,
  } as StatedVerdictJson;
}

/** Throws `verdict/malformed`, or `envelope/issuer-mismatch` when another key has signed than the one that it says. */
export function readVerdict(envelope: Envelope): Verdict {
  const { issuer, verdict } = readStatement(VERDICT, envelope).predicate;
  isBy(envelope, issuer);
  return verdict;
}

/** Throws as {@link readVerdict} does. */
export function readBatch(envelope: Envelope): VerdictBatch {
  const { issuer, batch } = readStatement(VERDICT_BATCH, envelope).predicate;
  isBy(envelope, issuer);
  return batch;
}

function isBy({ keyId }: Envelope, issuer: string): void {
  if (issuer !== keyId) throw new Failure('envelope/issuer-mismatch', { field: 'predicate.issuer' });
}
