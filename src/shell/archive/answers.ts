/** The two answers about evidence in the archive: good as of then, and still good now. */
import type { EvidenceTrust } from '../../appraise/kept/material.js';
import {
  type FreshCollateral,
  type GoodNow,
  type GoodThen,
  goodAsOfThen,
  stillGoodNow,
} from '../../appraise/kept/standing.js';
import type { EvidenceRecords, StoredRecord } from './evidence-records.js';

export interface Answers extends StoredRecord {
  readonly then: GoodThen;
  readonly now: GoodNow;
  /** Why some collateral could not be renewed, so that the kept one was taken. */
  readonly problems: readonly Error[];
}

/**
 * Judges one record again, then and at `now` (Unix seconds). Rejects with what `EvidenceRecords.materialOf` and `judgeEvidence` throw. Without
 * `fresh` the second answer is made with what was kept.
 */
export async function answersFor(
  archive: EvidenceRecords,
  stored: StoredRecord,
  now: number,
  { fresh, trust }: { readonly fresh?: FreshCollateral; readonly trust?: EvidenceTrust } = {},
): Promise<Answers> {
  const material = archive.materialOf(stored.record);
  const problems: Error[] = [];
  const then = await goodAsOfThen(stored.record, material, trust);
  const renewed = (await fresh?.renew(material, now, problem => problems.push(problem))) ?? [];
  return { ...stored, then, now: await stillGoodNow(material, renewed, now, trust), problems };
}
