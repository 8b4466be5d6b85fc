/** Appraising what stands in a log: the bundle is made of the entry and its proof, and the receipt is read once. */
import { bundleOfEntry, MAX_BUNDLE_BYTES } from '../../receipt/bundle.js';
import type { Envelope } from '../../receipt/envelope.js';
import type { Verdict } from '../../receipt/verdict.js';
import { type AppraisalInput, appraise } from './appraise.js';
import type { EvidenceArtefact } from './weighed-evidence.js';

/** An entry with a receipt, and where it stands. */
export interface LoggedReceipt {
  /** The entry's bytes. */
  readonly entry: Uint8Array;
  /** What `parseEnvelope` reads in them. */
  readonly envelope: Envelope;
  /** A `tlog-proof`. */
  readonly proof: string;
}

/** What all receipts of a batch are held against; `asOf` in milliseconds. */
export type Question = Pick<AppraisalInput, 'trust' | 'policy' | 'asOf' | 'roots'>;

/** The verdict that `appraise` gives of the bundle with this entry and proof. Throws what `appraise` throws. */
export async function appraiseLogged(
  { entry, envelope, proof }: LoggedReceipt,
  question: Question,
  evidence: readonly EvidenceArtefact[] = [],
): Promise<Verdict> {
  const bundle = bundleOfEntry(entry, proof);
  // A bundle that is too long is none, for whoever judges again by its bytes as well.
  const parsed = bundle.length <= MAX_BUNDLE_BYTES ? { envelope, proof } : null;
  const { verdict } = await appraise({ ...question, bundle, evidence, ...(parsed !== null && { parsed }) });
  return verdict;
}
