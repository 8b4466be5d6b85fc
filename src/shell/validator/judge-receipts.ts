/** The verdicts on the receipts in one stretch of a log, with the tree that they make. */
import { appraiseLogged, type Question } from '../../appraise/verdict/appraise-logged.js';
import { evidenceJson } from '../../appraise/verdict/evidence-json.js';
import { MAX_PACKAGE_BYTES, PackageWriter } from '../../appraise/verdict/verdict-package.js';
import type { EvidenceArtefact } from '../../appraise/verdict/weighed-evidence.js';
import { canonicalize, type Json } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import { type Envelope, parseEnvelope } from '../../receipt/envelope.js';
import { RECEIPT, type Receipt } from '../../receipt/receipt.js';
import { predicateTypeOf, readStatement } from '../../receipt/statement.js';
import { Frontier } from '../../tree/frontier.js';
import { leafHash } from '../../tree/hash.js';
import { tlogProofText } from '../../tree/tlog-proof.js';

/** Gives what is to be had of the evidence that a receipt names: a few megabytes of one receipt at most. */
export type EvidenceSource = (receipt: Receipt) => Promise<readonly EvidenceArtefact[]>;

/** An entry of the log, of whatever type. */
export interface PlacedEntry {
  readonly index: number;
  readonly entry: Uint8Array;
}

/** Gives the proof of an entry under the checkpoint, in base64. */
export type ProofOf = (index: number) => Promise<readonly string[]> | readonly string[];

export interface JudgedReceipts {
  readonly lines: PackageWriter;
  readonly tree: Frontier;
  readonly counts: { readonly fail: number; readonly inconclusive: number; readonly pass: number };
  /** From which entry on nothing has been judged, because a package would grow too long; null where all were. */
  readonly next: number | null;
}

/**
 * A package grows up to this, and by one receipt with its evidence at most: a log may hold a thousand entries of 64 KiB, each with evidence of some megabytes, and
 * a package that is longer than one may be could never be read again.
 */
export const ENOUGH_BYTES = MAX_PACKAGE_BYTES / 2;

/**
 * Judges the receipts among these entries, one after another: an envelope that has just been looked at is not read again. `proverFor` is asked once, for the
 * first of them. `enough`: the bytes of a package from which on what comes is left for another.
 */
export async function judgeReceipts(
  entries: readonly PlacedEntry[],
  checkpoint: string,
  proverFor: (first: number) => Promise<ProofOf>,
  question: Question,
  evidenceOf: EvidenceSource | null,
  enough = ENOUGH_BYTES,
): Promise<JudgedReceipts> {
  const lines = new PackageWriter();
  const tree = new Frontier();
  const counts = { fail: 0, inconclusive: 0, pass: 0 };
  let proofOf: ProofOf | null = null;
  for (const { index, entry } of entries) {
    const envelope = receiptIn(entry);
    if (envelope === null) continue;
    proofOf ??= await proverFor(index);
    const hashes = await proofOf(index);
    const proof = tlogProofText(index, hashes, checkpoint);
    const given = await evidenceFor(envelope, evidenceOf);
    const { verdict, evidence } = await appraised({ entry, envelope, proof }, question, given);
    counts[verdict.outcome]++;
    const written = canonicalize(verdict as Json);
    tree.push(leafHash(written));
    lines.add({ entry, evidence: evidence.map(evidenceJson), hashes, index, verdict }, written);
    if (lines.size >= enough) return { lines, tree, counts, next: index + 1 };
  }
  return { lines, tree, counts, next: null };
}

/** The envelope of a receipt; null for an entry that is none, or cannot be read: that is for monitors. */
function receiptIn(entry: Uint8Array): Envelope | null {
  try {
    const envelope = parseEnvelope(entry);
    return predicateTypeOf(envelope) === RECEIPT.predicateType ? envelope : null;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** Evidence that nobody can read is as good as none: the policy says what that means. */
async function appraised(
  receipt: { readonly entry: Uint8Array; readonly envelope: Envelope; readonly proof: string },
  question: Question,
  evidence: readonly EvidenceArtefact[],
) {
  try {
    return { verdict: await appraiseLogged(receipt, question, evidence), evidence };
  } catch (error) {
    const isEvidence = error instanceof Failure && error.code.startsWith('appraisal/evidence-');
    if (!isEvidence || evidence.length === 0) throw error;
    return { verdict: await appraiseLogged(receipt, question), evidence: [] };
  }
}

async function evidenceFor(
  envelope: Envelope,
  evidenceOf: EvidenceSource | null,
): Promise<readonly EvidenceArtefact[]> {
  if (evidenceOf === null) return [];
  try {
    const receipt = readStatement(RECEIPT, envelope).predicate;
    return receipt.evidence.length === 0 ? [] : await evidenceOf(receipt);
  } catch (error) {
    // A receipt that cannot be read is judged as that.
    if (error instanceof Failure && error.code === 'receipt/malformed') return [];
    throw error;
  }
}
