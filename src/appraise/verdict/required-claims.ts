/** Whether the claims that come out are as a policy requires them. What is unknown, or not applicable, is no claim that anything passes by. */
import type { ReasonCode } from '../../reason.js';
import type { RequiredClaim } from './appraisal-policy-schema.js';
import { type Claim, POSSIBLE_CLAIMS } from './claim.js';

type Comparable = Pick<Claim, 'about' | 'status' | 'source' | 'coverage' | 'revocableBy'>;

/**
 * Why a claim is not as it has to be; null where it is: `appraisal/claim-refuted`, `appraisal/claim-unknown`, `appraisal/claim-unverified`,
 * `appraisal/claim-source-refused`, `appraisal/claim-coverage-differs` or `appraisal/claim-revocable`.
 */
export function whyUnmet(required: RequiredClaim, claim: Comparable): ReasonCode | null {
  switch (claim.status) {
    case 'refuted':
      return 'appraisal/claim-refuted';
    case 'unknown':
    case 'not-applicable':
      return 'appraisal/claim-unknown';
    case 'asserted':
      if (required.status === 'verified') return 'appraisal/claim-unverified';
      break;
    case 'verified':
  }
  const { sources, coverage, revocableBy } = required;
  if (sources !== undefined && !sources.includes(claim.source)) return 'appraisal/claim-source-refused';
  if (coverage !== undefined && coverage !== claim.coverage) return 'appraisal/claim-coverage-differs';
  if (revocableBy !== undefined && !claim.revocableBy.every(each => revocableBy.includes(each)))
    return 'appraisal/claim-revocable';
  return null;
}

/** Whether any claim that comes out today is as it has to be. */
export function canBeMet(required: RequiredClaim): boolean {
  return POSSIBLE_CLAIMS.some(claim => claim.about === required.about && whyUnmet(required, claim) === null);
}
