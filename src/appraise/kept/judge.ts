/**
 * Judging evidence from its pieces alone: the verifier of its kind up to pinned roots, then the policy that is among the pieces. The same pieces at the
 * same time under the same roots always give the same checks, which is what makes a judgement something that can be disputed.
 */
import { toHex } from '../../bytes/hex.js';
import { type Json, sameJson } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import { type Appraised, appraiseEvidence } from '../evidence/appraised.js';
import { type EvidenceTrust, type Material, partOf } from './material.js';
import { type EvidenceRecord, keptCheck } from './record.js';
import { checkPieces } from './roles.js';

/**
 * Judges at `asOf` (Unix seconds). Throws `archive/pieces-unfit` or `archive/policy-malformed` for material that is none, and what the verifier of the
 * kind throws for evidence that cannot be read.
 */
export async function judgeEvidence(
  material: Material,
  asOf: number,
  trust: EvidenceTrust = {},
): Promise<Appraised> {
  checkPieces(material.kind, material.pieces);
  const appraised = await appraiseEvidence(partOf(material, asOf, trust));
  const { kind } = appraised.report;
  if (kind !== material.kind) throw new Failure('archive/pieces-unfit', { field: 'kind', detail: kind });
  return appraised;
}

/** Whether a judgement found what a record says that one has found: the same evidence, and check for check the same. */
export function agrees({ report, checks }: Appraised, record: EvidenceRecord): boolean {
  const found = checks.map(keptCheck) as unknown as Json;
  return (
    report.kind === record.kind &&
    toHex(report.signedRegion) === record.signedRegion &&
    toHex(report.whole) === record.whole &&
    sameJson(found, record.checks as unknown as Json)
  );
}
