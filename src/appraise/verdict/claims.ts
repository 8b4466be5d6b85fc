/** What can be said about an exchange, from what was checked of its receipt and of the evidence that came with it. */
import type { FactName } from '../../receipt/policy-words.js';
import type { Receipt } from '../../receipt/receipt.js';
import type { Facts } from '../facts.js';
import type { Verification } from '../verify.js';
import type { Claim, ClaimSource, ClaimStatus } from './claim.js';
import type { WeighedEvidence } from './weighed.js';

/** One claim for each of the four facts, in the order of the list. */
export function claimsOf(
  verification: Verification,
  evidence: readonly WeighedEvidence[],
  asOf: number,
): readonly Claim[] {
  const { receipt, facts } = verification;
  const isRefuted = verification.outcome === 'fail' || verification.outcome === 'malformed';
  const relied = receipt === null ? asOf : reliedOn(receipt, asOf);
  const claim = (about: FactName, strength: string, source: ClaimSource, rest: Rest = {}): Claim => ({
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
    modelClaim(facts.model, evidence, claim),
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

type Rest = Partial<Pick<Claim, 'coverage' | 'revocableBy' | 'asOf' | 'revoked'>>;
type MakeClaim = (about: FactName, strength: string, source: ClaimSource, rest?: Rest) => Claim;

function modelClaim(
  { grade: stated, revoked }: Facts['model'],
  evidence: readonly WeighedEvidence[],
  claim: MakeClaim,
): Claim {
  if (revoked !== undefined) {
    const isSigned = evidence.some(({ shows }) => shows.model !== null);
    return claim('model', 'none', 'operator-asserted', {
      revoked: isSigned ? { ...revoked, was: 'provider-signed' } : revoked,
    });
  }
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
  const [revoked] = evidence.flatMap(each => each.revoked ?? []);
  // One part of a run that is bad spoils what its other parts show.
  if (stated !== 'none' && revoked !== undefined) {
    const was = revoked.was ?? grade;
    return claim('place', stated, 'operator-asserted', was === null ? {} : { revoked: { ...revoked, was } });
  }
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
