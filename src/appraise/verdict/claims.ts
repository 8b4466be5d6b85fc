/**
 * What can be said about an exchange, each statement with where it comes from and what could take it back. Status and source are ACI's words; a claim that
 * nobody has checked is `asserted`, and stays that however often it is repeated. Sources: ACI draft (`aci/1`), typed claims; 4-trust.
 */
import type { FactName } from '../../receipt/policy-words.js';
import type { Receipt } from '../../receipt/receipt.js';
import type { Verification } from '../verify.js';
import type { WeighedEvidence } from './weighed.js';

export type ClaimStatus = 'asserted' | 'verified' | 'refuted' | 'unknown' | 'not-applicable';
export type ClaimSource = 'hardware-proven' | 'verifier-derived' | 'provider-asserted' | 'operator-asserted';

export interface Claim {
  readonly about: FactName;
  readonly status: ClaimStatus;
  readonly source: ClaimSource;
  /** The grade of the fact; `none` where not even the weakest could be established. */
  readonly strength: string;
  /** What it is about: this exchange, or everything that one run of a machine has done. */
  readonly coverage: 'exchange' | 'run';
  /** Milliseconds since 1970: when it held. */
  readonly asOf: number;
  /** Whose later word can take it back. */
  readonly revocableBy: readonly ('issuer' | 'log' | 'witnesses' | 'vendor' | 'provider')[];
}

/** One claim for each of the four facts, in the order of the list. */
export function claimsOf(
  verification: Verification,
  evidence: readonly WeighedEvidence[],
  asOf: number,
): readonly Claim[] {
  const { receipt, facts } = verification;
  const isRefuted = verification.outcome === 'fail' || verification.outcome === 'malformed';
  const relied = receipt === null ? asOf : reliedOn(receipt, asOf);
  const claim = (
    about: FactName,
    strength: string,
    source: ClaimSource,
    rest: Partial<Pick<Claim, 'coverage' | 'revocableBy' | 'asOf'>> = {},
  ): Claim => ({
    about,
    status: isRefuted ? 'refuted' : statusOf(strength, source),
    source,
    strength: isRefuted ? 'none' : strength,
    coverage: 'exchange',
    asOf,
    revocableBy: ['issuer'],
    ...rest,
  });
  return [
    modelClaim(facts.model.grade, evidence, claim),
    placeClaim(facts.place.grade, evidence, claim, relied),
    claim('record', facts.record.grade, 'verifier-derived', {
      revocableBy: facts.record.grade === 'witnessed' ? ['issuer', 'log', 'witnesses'] : ['issuer', 'log'],
    }),
    // Nobody has recomputed it, and no one says so but the checker.
    claim('answer', facts.answer.grade, 'verifier-derived'),
  ];
}

/** When evidence was relied on: it is judged as of then, whatever it has become since. */
export function reliedOn({ time }: Receipt, asOf: number): number {
  return Math.min(time.completed, asOf);
}

type MakeClaim = (
  about: FactName,
  strength: string,
  source: ClaimSource,
  rest?: Partial<Pick<Claim, 'coverage' | 'revocableBy' | 'asOf'>>,
) => Claim;

function modelClaim(stated: string, evidence: readonly WeighedEvidence[], claim: MakeClaim): Claim {
  if (stated !== 'none' && evidence.some(({ shows }) => shows.model !== null))
    return claim('model', 'provider-signed', 'provider-asserted', { revocableBy: ['issuer', 'provider'] });
  return claim('model', stated, 'operator-asserted');
}

function placeClaim(
  stated: string,
  evidence: readonly WeighedEvidence[],
  claim: MakeClaim,
  relied: number,
): Claim {
  const shown = evidence.map(({ shows }) => shows.place);
  const grade = shown.includes('hardware') ? 'hardware' : shown.includes('handoff') ? 'handoff' : null;
  if (stated === 'none' || grade === null) return claim('place', stated, 'operator-asserted');
  return claim('place', grade, 'hardware-proven', {
    coverage: 'run',
    asOf: relied,
    revocableBy: ['issuer', 'vendor'],
  });
}

function statusOf(strength: string, source: ClaimSource): ClaimStatus {
  if (strength === 'none') return 'unknown';
  if (strength === 'asserted' || strength === 'not-recomputed') return 'asserted';
  return source === 'provider-asserted' ? 'asserted' : 'verified';
}
