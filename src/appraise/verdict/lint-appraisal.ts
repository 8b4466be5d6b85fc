/**
 * What is wrong with an appraisal policy that has the right form. A refusal keeps it from being used: no receipt of today can pass it, or it means less than it says. A
 * caution does not: the policy can be used, and is more lenient than whoever wrote it may believe.
 */
import type { ReasonCode } from '../../reason.js';
import { FACTS, type FactName, GRADES, type Stage } from '../../receipt/policy-words.js';
import type { PolicyOf } from '../kept/policy-text.js';
import type { AppraisalPolicyForm } from './appraisal-policy-schema.js';
import { namesSoftware } from './known-software.js';
import { canBeMet } from './required-claims.js';
import { countedKinds, DATED, EVIDENCE_KINDS, type EvidenceKindName, MACHINES } from './vendors.js';

export interface AppraisalFinding {
  readonly weight: 'refusal' | 'caution';
  readonly code: ReasonCode;
  /** Where in the policy it stands: names of members, and numbers in lists. */
  readonly path: readonly (string | number)[];
  /** What exactly was found; null where the code says it all. */
  readonly detail: string | null;
}

type Found = Omit<AppraisalFinding, 'weight'>;

/** `measures`: the policy's `evidence`, with what it leaves out filled in. Refusals first, each in the order of the policy. */
export function lintAppraisal(policy: AppraisalPolicyForm, measures: PolicyOf): readonly AppraisalFinding[] {
  const { kinds, vendors } = policy.evidence;
  const counted = countedKinds(kinds, vendors);
  const refusals = [
    ...grades(policy),
    ...places(policy, measures, counted),
    ...stages(policy, counted),
    ...freshness(policy, counted),
    ...names(policy),
    ...claims(policy),
  ];
  const cautions = [...openings(policy, measures, counted), ...unsigned(policy), ...idle(policy, counted)];
  return [
    ...refusals.map(each => ({ weight: 'refusal', ...each }) as const),
    ...cautions.map(each => ({ weight: 'caution', ...each }) as const),
  ];
}

/** The highest grade that any receipt has today, of the facts where it is not the last of the list. */
const HIGHEST = { model: 'provider-signed', answer: 'not-recomputed' } as const;

function* grades({ requires, providers }: AppraisalPolicyForm): Generator<Found> {
  for (const fact of ['model', 'answer'] as const) {
    const [order, required]: [readonly string[], string | undefined] = [GRADES[fact], requires[fact]];
    if (required === undefined || order.indexOf(required) <= order.indexOf(HIGHEST[fact])) continue;
    const detail = `"${required}"; "${HIGHEST[fact]}" at most`;
    yield { code: 'appraisal/grade-unreachable', path: ['requires', fact], detail };
  }
  if (requires.model === 'provider-signed' && providers.length === 0)
    yield { code: 'appraisal/provider-missing', path: ['requires', 'model'], detail: null };
}

function isPlaceShown({ requires: { place } }: AppraisalPolicyForm): boolean {
  return place === 'handoff' || place === 'hardware';
}

function* places(
  policy: AppraisalPolicyForm,
  measures: PolicyOf,
  counted: readonly EvidenceKindName[],
): Generator<Found> {
  const machines = MACHINES.filter(kind => counted.includes(kind));
  const here = policy.evidence.kinds === undefined ? 'vendors' : 'kinds';
  if (counted.length === 0) yield { code: 'appraisal/kinds-none', path: ['evidence', here], detail: null };
  else if (machines.length === 0) {
    if (isPlaceShown(policy))
      yield { code: 'appraisal/machine-missing', path: ['evidence', here], detail: counted.join(', ') };
    if (policy.releases.length > 0)
      yield { code: 'appraisal/release-useless', path: ['releases'], detail: counted.join(', ') };
  } else if (isPlaceShown(policy) && !machines.some(kind => namesSoftware(kind, policy.releases, measures)))
    yield { code: 'appraisal/software-unnamed', path: ['requires', 'place'], detail: null };
}

/** When at the earliest a grade can be known to have been shown, from what a receipt and its evidence say. */
function earliest(
  fact: FactName,
  { requires }: AppraisalPolicyForm,
  counted: readonly EvidenceKindName[],
): Stage {
  // What the operator only says is there before, whatever comes; what hardware shows is if it says when.
  const isDated = requires.place === 'asserted' || counted.some(kind => DATED.includes(kind));
  return fact === 'place' && isDated ? 'before' : 'final';
}

function* stages(policy: AppraisalPolicyForm, counted: readonly EvidenceKindName[]): Generator<Found> {
  for (const fact of FACTS) {
    const stage = policy.stages[fact];
    if (stage === undefined || stage === 'final' || policy.requires[fact] === undefined) continue;
    if (earliest(fact, policy, counted) === 'final')
      yield { code: 'appraisal/stage-impossible', path: ['stages', fact], detail: stage };
  }
}

function* freshness(
  { evidence }: AppraisalPolicyForm,
  counted: readonly EvidenceKindName[],
): Generator<Found> {
  if (evidence.maximumAgeSeconds === undefined || counted.some(kind => DATED.includes(kind))) return;
  const detail = `of the kinds that count, ${counted.join(', ')}, none`;
  yield { code: 'appraisal/freshness-unreachable', path: ['evidence', 'maximumAgeSeconds'], detail };
}

function* names(policy: AppraisalPolicyForm): Generator<Found> {
  for (const list of ['releases', 'models'] as const) {
    const seen = new Map<string, number>();
    for (const [at, { name }] of policy[list].entries()) {
      const first = seen.get(name);
      if (first === undefined) seen.set(name, at);
      else
        yield {
          code: 'appraisal/name-repeated',
          path: [list, at, 'name'],
          detail: `"${name}", as number ${first + 1}`,
        };
    }
  }
}

function* claims({
  claims: { required = [] } = { notSubstituted: false },
}: AppraisalPolicyForm): Generator<Found> {
  for (const [at, claim] of required.entries())
    if (!canBeMet(claim))
      yield { code: 'appraisal/claim-impossible', path: ['claims', 'required', at], detail: claim.about };
}

/** What a policy leaves open that most who write one would not. */
function* openings(
  policy: AppraisalPolicyForm,
  measures: PolicyOf,
  counted: readonly EvidenceKindName[],
): Generator<Found> {
  const { name: _, ...rest } = policy;
  const asksNothing = Object.values(rest).every(
    value => value === undefined || Object.keys(value).length === 0,
  );
  if (asksNothing) yield { code: 'appraisal/policy-lenient', path: [], detail: null };
  if (policy.maximumAgeDays === undefined && !asksNothing)
    yield { code: 'appraisal/age-open', path: [], detail: null };
  if (isPlaceShown(policy) && counted.includes('sev-snp') && measures['sev-snp'].minimumTcb === null)
    yield { code: 'appraisal/tcb-open', path: ['evidence'], detail: null };
}

function* unsigned(policy: AppraisalPolicyForm): Generator<Found> {
  for (const list of ['releases', 'models'] as const)
    for (const [at, { name, signed }] of policy[list].entries())
      if (signed === undefined)
        yield { code: 'appraisal/release-unsigned', path: [list, at], detail: `"${name}"` };
}

/** What stands there and changes nothing. */
function* idle(policy: AppraisalPolicyForm, counted: readonly EvidenceKindName[]): Generator<Found> {
  for (const kind of EVIDENCE_KINDS)
    if (policy.evidence[kind] !== undefined && !counted.includes(kind))
      yield { code: 'appraisal/member-idle', path: ['evidence', kind], detail: `${kind} does not count` };
  for (const fact of FACTS)
    if (policy.stages[fact] !== undefined && policy.requires[fact] === undefined)
      yield {
        code: 'appraisal/member-idle',
        path: ['stages', fact],
        detail: `no grade of ${fact} is required`,
      };
}
