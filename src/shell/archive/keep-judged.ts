/** Judging a piece of evidence that has just come in, with collateral that did not come along, and keeping it with everything that it was judged with. */
import type { Appraised } from '../../appraise/evidence/appraised.js';
import { judgeEvidence } from '../../appraise/kept/judge.js';
import type { EvidenceTrust, Material } from '../../appraise/kept/material.js';
import type { FreshCollateral } from '../../appraise/kept/standing.js';
import type { EvidenceRecords, StoredRecord } from './evidence-records.js';

export interface KeepOptions {
  /** Unix seconds. */
  readonly asOf: number;
  /** Asked for what did not come along; left out where nobody is to be asked. */
  readonly fresh?: FreshCollateral;
  readonly trust?: EvidenceTrust;
}

export interface KeptJudgement {
  readonly stored: StoredRecord;
  readonly appraised: Appraised;
  /** Why some collateral could not be had. The judgement says what that leaves open. */
  readonly problems: readonly Error[];
}

/**
 * When it resolves, evidence and judgement survive a loss of power, whatever was found. Rejects with what `judgeEvidence` and `EvidenceRecords.keep` do, and
 * then nothing is kept.
 */
export async function keepJudged(
  records: EvidenceRecords,
  material: Material,
  { asOf, fresh, trust = {} }: KeepOptions,
): Promise<KeptJudgement> {
  const problems: Error[] = [];
  const pieces = (await fresh?.renew(material, asOf, problem => problems.push(problem))) ?? [];
  const given = material.pieces.map(({ role }) => role);
  const missing = pieces.filter(({ role }) => !given.includes(role));
  const whole = { ...material, pieces: [...material.pieces, ...missing] };
  const appraised = await judgeEvidence(whole, asOf, trust);
  return { stored: await records.keep(whole, appraised, asOf), appraised, problems };
}
