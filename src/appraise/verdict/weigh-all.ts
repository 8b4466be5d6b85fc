/** All the evidence that is handed in with a bundle, each piece weighed for the receipt in it: the same for whoever verifies and for whoever appraises. */
import { Failure } from '../../reason.js';
import { type Bundle, parseBundle } from '../../receipt/bundle.js';
import { MAX_EVIDENCE } from '../../receipt/verdict.js';
import type { EvidenceTrust } from '../kept/material.js';
import { inForce } from '../revocations.js';
import type { Trust } from '../trust.js';
import type { Verification } from '../verify.js';
import type { EvidenceMeasure } from './appraisal-policy.js';
import { reliedOn } from './claims.js';
import type { WeighedEvidence } from './weighed.js';
import { withAttestedSigners } from './weighed-attestation.js';
import { type EvidenceArtefact, weigh } from './weighed-evidence.js';

export interface WeighInput {
  /** The bundle's exact bytes. */
  readonly bundle: Uint8Array;
  /** What `parseBundle` reads in those bytes, from whoever has it already. */
  readonly parsed?: Bundle;
  readonly trust: Trust | null;
  readonly measure: EvidenceMeasure;
  /** At most {@link MAX_EVIDENCE}. */
  readonly evidence: readonly EvidenceArtefact[];
  /** The time asked about, in milliseconds since 1970. */
  readonly asOf: number;
  /** Roots other than the makers' own: for tests, and for whoever has hardware of his own. */
  readonly roots?: EvidenceTrust;
}

/**
 * Sorted by the digest of the document; none where there is no receipt that they could belong to. Throws `appraisal/evidence-unreadable` for evidence that
 * nobody could judge, naming it, and `appraisal/evidence-excessive` for more of it than a verdict can name.
 *
 * @param verification what `verify` says of the same bundle
 */
export async function weighAll(
  { bundle, parsed, trust, measure, evidence, asOf, roots = {} }: WeighInput,
  { receipt, revocations }: Pick<Verification, 'receipt' | 'revocations'>,
): Promise<readonly WeighedEvidence[]> {
  if (evidence.length > MAX_EVIDENCE)
    throw new Failure('appraisal/evidence-excessive', { detail: `${evidence.length}` });
  if (receipt === null || evidence.length === 0) return [];
  const known = [...revocations, ...inForce(trust?.revocations ?? [], receipt, asOf)];
  const { envelope } = parsed ?? parseBundle(bundle);
  const weighed: WeighedEvidence[] = [];
  for (const [at, artefact] of evidence.entries()) {
    try {
      weighed.push(await weigh(artefact, envelope, measure, reliedOn(receipt, asOf), known, roots));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure('appraisal/evidence-unreadable', { field: `evidence.${at}`, detail: error.code });
    }
  }
  const wholes = weighed.map(({ judged }) => judged.whole);
  if (new Set(wholes).size < wholes.length)
    throw new Failure('appraisal/evidence-unreadable', { field: 'evidence', detail: 'one of them twice' });
  // In one order, whoever hands them in: which of several decides a clause must not depend on it, and no verdict names an order.
  return withAttestedSigners(weighed.sort((a, b) => (a.judged.whole < b.judged.whole ? -1 : 1)));
}
