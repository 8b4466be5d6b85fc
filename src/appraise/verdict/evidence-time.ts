/** When evidence was made, as far as it says so itself, and whether that is as a policy has it. What says nothing about it shows nothing. */
import type { ReasonCode } from '../../reason.js';
import type { Receipt } from '../../receipt/receipt.js';
import type { Clause } from '../../receipt/verdict.js';
import type { AppraisalPolicy } from './appraisal-policy.js';
import type { WeighedEvidence } from './weighed.js';

type Timed = Pick<WeighedEvidence, 'status' | 'madeAt' | 'shows' | 'judged'>;

const DECIDED = { clause: 'freshness', decidedBy: 'evidence-time' } as const;

/** `relied`: when the evidence was relied on, in milliseconds. What was refused is judged by another clause. */
export function freshnessClause(
  evidence: readonly Timed[],
  { maximumEvidenceAge }: Pick<AppraisalPolicy, 'maximumEvidenceAge'>,
  relied: number,
): readonly Clause[] {
  if (maximumEvidenceAge === null) return [];
  const machines = evidence.filter(
    ({ judged: { kind } }) => kind !== 'countersign-receipt' && kind !== 'nvidia',
  );
  if (machines.length === 0) return [open('appraisal/evidence-missing')];
  // Turned round, so that what is no number is old.
  const isOld = ({ madeAt }: Timed) => madeAt !== null && !(relied - madeAt <= maximumEvidenceAge * 1000);
  if (machines.some(isOld)) return [{ ...DECIDED, code: 'appraisal/evidence-old', status: 'fail' }];
  if (machines.some(({ madeAt }) => madeAt === null)) return [open('appraisal/evidence-undated')];
  return [{ ...DECIDED, code: null, status: 'pass' }];
}

function open(code: ReasonCode): Clause {
  return { ...DECIDED, code, status: 'inconclusive' };
}

/**
 * Why a place that evidence shows was not known to be shown before the request came in; null where it was, or where the operator's word alone is what is asked for.
 * `counts`: whether a place that a piece shows is enough.
 */
export function whyNotBefore(
  evidence: readonly Timed[],
  { time: { received } }: Receipt,
  counts: (place: 'handoff' | 'hardware') => boolean,
): ReasonCode | null {
  const showing = evidence.filter(({ shows: { place } }) => place !== null && counts(place));
  if (showing.length === 0 || showing.some(({ madeAt }) => madeAt !== null && madeAt <= received))
    return null;
  return showing.some(({ madeAt }) => madeAt === null)
    ? 'appraisal/evidence-undated'
    : 'appraisal/evidence-late';
}
