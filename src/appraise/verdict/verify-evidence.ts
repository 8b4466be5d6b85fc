/**
 * Verifying a bundle together with evidence of where it ran or of who says which model it was. The bundle is verified as without it; then each piece is weighed as
 * an appraiser weighs it, and the facts have the grades that an appraiser gives them. Nothing is held against a policy but the evidence itself.
 */
import type { Clause } from '../../receipt/verdict.js';
import { type Check, fail, notChecked, pass } from '../check.js';
import type { Facts } from '../facts.js';
import { type Outcome, type Verification, type VerifyInput, verify } from '../verify.js';
import type { Claim } from './claim.js';
import { claimsOf, reliedOn } from './claims.js';
import { evidenceClauses } from './evidence-clauses.js';
import { type WeighInput, weighAll } from './weigh-all.js';
import type { WeighedEvidence } from './weighed.js';

/** What is handed in with a bundle, and what of it counts. */
export type GivenEvidence = Pick<WeighInput, 'evidence' | 'measure' | 'roots'>;

/** What one piece comes to, in what can be printed. */
export type VerifiedEvidence = Omit<WeighedEvidence, 'signedBy' | 'signersAttested'>;

export interface EvidenceVerification extends Verification {
  /** Sorted by the digest of the document; empty where there is no receipt that it could belong to. */
  readonly evidence: readonly VerifiedEvidence[];
}

/**
 * As `verify`, with the checks `evidence`, `binding` and, where the measure asks for it, `freshness`. One that fails makes the outcome `fail`; one that could not be
 * made makes it `inconclusive`, because evidence that is given is meant to count.
 *
 * Throws `appraisal/evidence-unreadable` for a piece that nobody could judge, naming it, and `appraisal/evidence-excessive` for too many.
 */
export async function verifyWithEvidence(
  input: VerifyInput,
  given: GivenEvidence,
): Promise<EvidenceVerification> {
  const verification = await verify(input);
  const { bundle, parsed, trust, asOf } = input;
  const weighed = await weighAll(
    { ...given, bundle, trust, asOf, ...(parsed === undefined ? {} : { parsed }) },
    verification,
  );
  const checks = checksOf(weighed, given, verification, asOf);
  return {
    ...verification,
    outcome: outcomeWith(verification.outcome, checks),
    checks: [...verification.checks, ...checks],
    facts: factsWith(verification, weighed, asOf),
    evidence: weighed.map(({ signedBy: _, signersAttested: __, ...shown }) => shown),
  };
}

function checksOf(
  weighed: readonly WeighedEvidence[],
  { evidence, measure }: GivenEvidence,
  { receipt }: Verification,
  asOf: number,
): readonly Check[] {
  if (evidence.length === 0) return [];
  // What could it be evidence of?
  if (receipt === null) return [notChecked('evidence', 'evidence/prerequisite-failed')];
  const relied = new Date(reliedOn(receipt, asOf)).toISOString();
  return evidenceClauses(weighed, receipt, measure, asOf).map(clause => checkOf(clause, weighed, relied));
}

function checkOf(
  { clause, status, code }: Clause,
  weighed: readonly WeighedEvidence[],
  relied: string,
): Check {
  const name = clause as 'evidence' | 'binding' | 'freshness';
  if (code === null) return pass(name, SAYS[name](relied));
  if (status !== 'fail') return notChecked(name, code);
  const at = weighed.findIndex(each => (name === 'binding' ? each.binding : each)?.code === code);
  return fail(name, code, at < 0 ? null : `evidence.${at}`);
}

const SAYS: Readonly<Record<'evidence' | 'binding' | 'freshness', (relied: string) => string>> = {
  evidence: relied => `genuine, and what counts, as of ${relied}`,
  binding: () => 'of the same run as this receipt',
  freshness: relied => `made shortly enough before ${relied}`,
};

function outcomeWith(outcome: Outcome, checks: readonly Check[]): Outcome {
  if (outcome === 'malformed' || outcome === 'fail') return outcome;
  if (checks.some(({ status }) => status === 'fail')) return 'fail';
  return checks.every(({ status }) => status === 'pass') ? outcome : 'inconclusive';
}

/** By the claims that an appraiser makes of the same. */
function factsWith(verification: Verification, weighed: readonly WeighedEvidence[], asOf: number): Facts {
  const { facts, outcome } = verification;
  if (outcome === 'fail' || outcome === 'malformed' || weighed.length === 0) return facts;
  const claims = claimsOf(verification, weighed, asOf);
  const claimed = <Name extends 'model' | 'place'>(name: Name): Facts[Name] => {
    // There is one of each fact.
    const { strength, revoked } = claims.find(({ about }) => about === name) as Claim;
    const because = becauseOf(name, strength, facts[name].because, weighed);
    return { grade: strength, because, ...(revoked === undefined ? {} : { revoked }) } as Facts[Name];
  };
  return { ...facts, model: claimed('model'), place: claimed('place') };
}

function becauseOf(
  name: 'model' | 'place',
  grade: string,
  because: string,
  weighed: readonly WeighedEvidence[],
): string {
  const kinds = weighed
    .flatMap(({ shows, judged }) => (shows[name] === null ? [] : [judged.kind]))
    .join(', ');
  if (grade === 'hardware') return `the machine that signed this receipt ran the model itself (${kinds})`;
  if (grade === 'handoff')
    return `what took the request is known (${kinds}), and not where it went from there; ${because}`;
  if (grade === 'provider-signed') return `the provider's own receipt says so; ${because}`;
  const isOpen = name === 'place' && weighed.some(isGoodAndSilent);
  return isOpen ? `${because}; the evidence holds, but nobody has named the software that counts` : because;
}

/** Evidence of a machine that is accepted and bound, and whose software is none that was asked for. */
function isGoodAndSilent({ judged, status, binding, shows }: WeighedEvidence): boolean {
  const isOfMachine = judged.kind !== 'countersign-receipt' && judged.kind !== 'nvidia';
  return isOfMachine && status === 'accepted' && binding?.status === 'accepted' && shows.place === null;
}
