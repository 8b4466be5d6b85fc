/** An appraisal policy in plain words, a sentence for each thing that it asks. */
import { FACTS, type FactName, GRADES } from '../../receipt/policy-words.js';
import type { PolicyOf } from '../kept/policy-text.js';
import type { AppraisalPolicyForm, RequiredClaim, SignedOff } from './appraisal-policy-schema.js';
import { countedKinds, VENDOR_OF } from './vendors.js';

/** What each grade that is reached today means, after "has to be". */
const MEANS: Readonly<Record<FactName, Readonly<Record<string, string>>>> = {
  model: {
    asserted: 'named by the operator',
    'provider-signed': "in a receipt of the provider's own, signed by one who is listed",
  },
  place: {
    asserted: 'named by the operator',
    handoff: 'such that attested software took the request, and handed it on',
    hardware: 'attested hardware that ran the model itself',
  },
  record: {
    signed: 'signed by the issuer',
    included: "in the log, by the log's own signature",
    witnessed: 'in the log, as enough witnesses have seen it',
  },
  answer: { 'not-recomputed': 'there; nobody has to have recomputed it' },
};
const OF: Readonly<Record<FactName, string>> = {
  model: 'Which model it was',
  place: 'Where it ran',
  record: 'The record',
  answer: 'The answer',
};

/** `measures`: the policy's `evidence`, with what it leaves out filled in. */
export function explainAppraisal(policy: AppraisalPolicyForm, measures: PolicyOf): readonly string[] {
  return [
    'Every check of the bundle has to pass: its form, its signature, its times, and its place in the log as far as the trust file asks for it.',
    ...requirements(policy),
    ...evidence(policy, measures),
    ...software(policy),
    ...models(policy),
    ...age(policy),
    ...claims(policy),
    ...quorum(policy),
    ...issuers(policy),
    'What is unknown, or does not apply, passes nowhere.',
  ];
}

function* requirements({ requires, stages }: AppraisalPolicyForm): Generator<string> {
  for (const fact of FACTS) {
    const required = requires[fact];
    if (required === undefined) continue;
    const better = GRADES[fact].slice((GRADES[fact] as readonly string[]).indexOf(required) + 1);
    const more = better.length === 0 ? '' : `, or better (${better.join(', ')})`;
    yield `${OF[fact]} has to be ${MEANS[fact][required] ?? required} ("${required}")${more}.`;
    if (stages[fact] === 'before')
      yield `${OF[fact]} has to have been shown before the request came in, by evidence that says when it was made.`;
  }
}

function* evidence(
  { evidence: { kinds, vendors, ...given } }: AppraisalPolicyForm,
  measures: PolicyOf,
): Generator<string> {
  const counted = countedKinds(kinds, vendors);
  if (kinds !== undefined || vendors !== undefined)
    yield `Of evidence only ${counted.map(kind => `${kind} (${VENDOR_OF[kind]})`).join(', ')} counts; other evidence fails.`;
  if (given.maximumAgeSeconds !== undefined)
    yield `Evidence of a machine was at most ${given.maximumAgeSeconds} seconds old when it was relied on, and says so itself.`;
  const { minimumTcb } = measures['sev-snp'];
  if (minimumTcb !== null)
    for (const [product, tcb] of Object.entries(minimumTcb)) {
      const parts = Object.entries(tcb).flatMap(([part, version]) =>
        version === null ? [] : [`${part} ${version}`],
      );
      yield `AMD ${product} counts from this TCB on: ${parts.join(', ')}; product lines that are not listed do not count.`;
    }
  for (const kind of ['tdx', 'sgx'] as const) {
    if (given[kind] === undefined) continue;
    const { statuses, minimumTcbDate } = measures[kind];
    const since = minimumTcbDate === null ? '' : `, with all fixes of ${day(minimumTcbDate)}`;
    yield `Intel ${kind.toUpperCase()} counts with the status ${statuses.join(' or ')}${since}.`;
  }
  if (given.nitro !== undefined)
    yield `Nitro documents are at most ${measures.nitro.maximumAge} seconds old${measures.nitro.pcrs.size === 0 ? '' : `, and have listed values in PCR ${[...measures.nitro.pcrs.keys()].join(', ')}`}.`;
  if (given.nvidia !== undefined)
    yield `Of NVIDIA only ${measures.nvidia.architectures.join(', ')} counts${measures.nvidia.required.length === 0 ? '' : `, and these checks have to be made: ${measures.nvidia.required.join(', ')}`}.`;
}

function* software({ releases }: AppraisalPolicyForm): Generator<string> {
  if (releases.length === 0) return;
  yield 'Evidence of a machine has to be of one of these releases, by everything that it has measured:';
  for (const { name, measurements, signed } of releases)
    yield `"${name}" (${measurements.map(short).join(', ')}), ${onWhose(signed)}.`;
}

function* models({ models }: AppraisalPolicyForm): Generator<string> {
  if (models.length === 0) return;
  yield 'The receipt has to name one of these models by the digest of its files, for which its issuer answers:';
  for (const { name, digest, signed } of models) yield `"${name}" (${short(digest)}), ${onWhose(signed)}.`;
}

function onWhose(signed: readonly SignedOff[] | undefined): string {
  if (signed === undefined) return "on the word of the policy's author alone";
  return `signed by ${signed.map(signature).join(', and by ')}`;
}

function signature({ identity, issuer, source }: SignedOff): string {
  const vouched = issuer === null ? '' : `, for whom ${issuer} vouches`;
  return `${identity}${vouched}${source === null ? '' : `, built from ${source}`}`;
}

function* age({ maximumAgeDays }: AppraisalPolicyForm): Generator<string> {
  if (maximumAgeDays !== undefined)
    yield `The receipt is at most ${maximumAgeDays} ${maximumAgeDays === 1 ? 'day' : 'days'} old at the time asked about.`;
}

function* claims({ claims }: AppraisalPolicyForm): Generator<string> {
  if (claims === undefined) return;
  const { asserted = [], notSubstituted, required = [] } = claims;
  if (asserted.length > 0) yield `The issuer itself has to claim the ${asserted.join(' and the ')}.`;
  if (notSubstituted) yield 'The issuer must not say that another model answered than was asked for.';
  for (const each of required) yield claim(each);
}

function claim({ about, status, sources, coverage, revocableBy }: RequiredClaim): string {
  const parts = [
    ...(sources === undefined ? [] : [`comes from a source that is ${sources.join(' or ')}`]),
    ...(coverage === undefined ? [] : [`covers the ${coverage}`]),
    ...(revocableBy === undefined ? [] : [`can be taken back by nobody but ${revocableBy.join(', ')}`]),
  ];
  const rest = parts.length === 0 ? '' : `, and ${parts.join(', and ')}`;
  return `The claim about the ${about} is ${status === 'verified' ? 'verified' : 'asserted or verified'}${rest}.`;
}

function* quorum({ quorum }: AppraisalPolicyForm): Generator<string> {
  if (quorum === undefined) return;
  const { along, fabricate, split, block } = quorum;
  const least = (parties: number | undefined, what: string) =>
    parties === undefined
      ? []
      : [
          `It takes at least ${parties} ${along === 'controller' ? 'controllers' : `parties told apart by ${along}`} to ${what}.`,
        ];
  yield* least(fabricate, 'fabricate such a receipt');
  yield* least(split, 'show two people two histories');
  yield* least(block, 'keep a receipt out of the log');
}

function* issuers({ issuers }: AppraisalPolicyForm): Generator<string> {
  if (issuers !== undefined) yield `Only receipts of ${issuers.join(', ')} pass.`;
}

function short(digest: string): string {
  return `${digest.slice(0, 16)}…`;
}

/** Of Unix seconds, by the proleptic Gregorian calendar, in UTC. */
function day(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
