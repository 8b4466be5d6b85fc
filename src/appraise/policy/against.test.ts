import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../../test/support/failure.js';
import { policyOf, type RuleInput, SURROUNDINGS } from '../../../test/support/policies.js';
import { SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { utf8 } from '../../bytes/octets.js';
import type { ReasonCode } from '../../reason.js';
import { loggedPolicyDigest, PolicyNames } from '../../receipt/logged-policy.js';
import type { Receipt } from '../../receipt/receipt.js';
import { checkAgainstPolicy } from './against.js';
import { NO_FILES, publishedPolicy } from './publish.js';

const logged = (rule: Partial<RuleInput>) =>
  publishedPolicy(
    policyOf([{ name: 'rule', ...rule }]),
    SURROUNDINGS,
    NO_FILES,
    new PolicyNames(new Uint8Array(32), utf8('')),
  );

/** One that went to the upstream `one`. */
const RECEIPT: Receipt = {
  ...SAMPLE_RECEIPT,
  attempts: SAMPLE_RECEIPT.attempts.map(attempt => ({ ...attempt, upstream: 'one' })),
};
const PERSON = { role: 'human-gate', person: 'Jane Roe' } as const;

function judged(rule: Partial<RuleInput>, change: (receipt: Receipt) => Receipt = receipt => receipt) {
  const policy = logged(rule);
  const digest = loggedPolicyDigest(policy);
  const receipt = change({ ...RECEIPT, policy: { digest, index: 0, rule: 'rule' } });
  return () => checkAgainstPolicy(receipt, policy, digest);
}

const checks = (
  check: 'usage-known' | 'finish-known' | 'price-known' | 'upstream-receipt' | 'model-as-asked',
): RuleInput['checks'] => [{ check, stage: 'final', onFailure: 'flag' }];
const ATTESTED: NonNullable<RuleInput['checks']> = [
  { check: 'upstream-attested', stage: 'before', onFailure: 'flag' },
];
const response = (change: Partial<Receipt['response']>) => (receipt: Receipt) => ({
  ...receipt,
  response: { ...receipt.response, ...change },
});
const found =
  (...findings: NonNullable<Receipt['policy']['findings']>) =>
  (receipt: Receipt) => ({
    ...receipt,
    policy: { ...receipt.policy, findings },
  });
const served = (name: string | null) => (receipt: Receipt) => ({
  ...receipt,
  model: { ...receipt.model, served: name === null ? null : { name } },
});

describe('a receipt that is not in keeping with its policy', () => {
  it.each<{
    code: ReasonCode;
    what: string;
    rule?: Partial<RuleInput>;
    change?: (receipt: Receipt) => Receipt;
  }>([
    {
      code: 'clause/policy-mismatch',
      what: 'of another policy',
      change: receipt => ({ ...receipt, policy: { ...receipt.policy, digest: '0'.repeat(64) } }),
    },
    {
      code: 'clause/rule-unknown',
      what: 'under a rule that there is not',
      change: receipt => ({ ...receipt, policy: { ...receipt.policy, rule: 'other' } }),
    },
    {
      code: 'clause/rule-unknown',
      what: 'under none, though something was sent',
      change: receipt => ({ ...receipt, policy: { digest: receipt.policy.digest, index: 0 } }),
    },
    {
      code: 'clause/upstream-refused',
      what: 'that asked whom it may not',
      rule: { upstreams: { names: ['two'] } },
    },
    {
      code: 'clause/upstream-refused',
      what: 'that asked whom it may not before it asked whom it may',
      rule: { upstreams: { names: ['one'] } },
      change: receipt => ({
        ...receipt,
        attempts: [
          ...receipt.attempts.map(attempt => ({ ...attempt, upstream: 'two', sent: 'a'.repeat(64) })),
          ...receipt.attempts,
        ],
      }),
    },
    {
      code: 'clause/finding-unfounded',
      what: 'with a finding of a check that the rule has not',
      change: found({ check: 'usage-known', stage: 'final', done: 'flag' }),
    },
    {
      code: 'clause/finding-unfounded',
      what: 'that flags what was to be refunded',
      rule: { checks: [{ check: 'usage-known', stage: 'final', onFailure: 'refund' }] },
      change: found({ check: 'usage-known', stage: 'final', done: 'flag' }),
    },
    {
      code: 'clause/finding-unfounded',
      what: 'with one about diversity',
      change: found({ check: 'diversity', stage: 'before', done: 'block' }),
    },
    {
      code: 'clause/finding-ignored',
      what: 'of an answer that passed and was to be blocked',
      rule: { buffer: true, checks: [{ check: 'usage-known', stage: 'final', onFailure: 'block' }] },
      change: found({ check: 'usage-known', stage: 'final', done: 'block' }),
    },
    {
      code: 'clause/finding-omitted',
      what: 'without usage',
      rule: { checks: checks('usage-known') },
      change: response({ usage: null }),
    },
    {
      code: 'clause/finding-omitted',
      what: 'without a finish',
      rule: { checks: checks('finish-known') },
      change: response({ finish: [] }),
    },
    {
      code: 'clause/finding-omitted',
      what: 'without a price',
      rule: { checks: checks('price-known') },
      change: receipt => ({ ...receipt, price: { lines: null, reason: 'not-listed' } }),
    },
    {
      code: 'clause/finding-omitted',
      what: "without the upstream's receipt",
      rule: { checks: checks('upstream-receipt') },
    },
    {
      code: 'clause/finding-omitted',
      what: 'without evidence of the upstream',
      rule: { checks: [{ check: 'upstream-attested', stage: 'before', onFailure: 'flag' }] },
    },
    {
      code: 'clause/finding-omitted',
      what: 'without evidence of a place that is required',
      rule: { require: { place: 'handoff', onFailure: 'flag' } },
    },
    {
      code: 'clause/finding-omitted',
      what: 'of another model than was asked for',
      rule: { checks: checks('model-as-asked') },
      change: served('sample-2'),
    },
    {
      code: 'clause/finding-omitted',
      what: 'of a model that nobody named',
      rule: { checks: checks('model-as-asked') },
      change: served(null),
    },
    {
      code: 'clause/responsibility-differs',
      what: 'without the person at the gate',
      rule: { responsibility: [PERSON] },
    },
  ])('$code: $what', ({ code, rule = {}, change }) => {
    expect(reasonOf(judged(rule, change))).toBe(code);
  });
});

describe('a receipt that is in keeping with it', () => {
  it.each<{ what: string; rule?: Partial<RuleInput>; change?: (receipt: Receipt) => Receipt }>([
    {
      what: 'of whom it may ask',
      rule: { upstreams: { names: ['one'] }, for: { models: ['one/sample-*'] } },
    },
    {
      what: 'with evidence of the upstream',
      rule: { checks: ATTESTED, require: { place: 'handoff' } },
      change: receipt => ({
        ...receipt,
        evidence: [
          {
            digest: 'ab'.repeat(32),
            mediaType: 'application/json',
            signedDigest: 'cd'.repeat(32),
            type: 'upstream-attestation',
          },
        ],
      }),
    },
    {
      what: 'without it, which it says',
      rule: { checks: ATTESTED },
      change: found({ check: 'upstream-attested', done: 'flag', stage: 'before' }),
    },
    {
      what: 'that was sent to nobody',
      rule: { checks: ATTESTED },
      change: receipt => ({ ...receipt, upstream: null }),
    },
    {
      what: 'whose model changed after its first byte was checked',
      rule: { checks: [{ check: 'model-as-asked', stage: 'first-byte', onFailure: 'block' }] },
      change: served('sample-2'),
    },
    {
      what: 'whose model only a commitment names',
      rule: { checks: checks('model-as-asked') },
      change: receipt => ({
        ...receipt,
        model: { ...receipt.model, requested: { commitment: 'a'.repeat(64) } },
      }),
    },
    {
      what: 'that passed over whom it may not ask',
      rule: { upstreams: { names: ['one'] } },
      change: receipt => ({
        ...receipt,
        attempts: [
          ...receipt.attempts.map(attempt => ({ ...attempt, upstream: 'two', sent: null })),
          ...receipt.attempts,
        ],
      }),
    },
    {
      what: 'that was refused, where nobody else could be asked',
      rule: { checks: [{ check: 'upstream-answered', stage: 'first-byte', onFailure: 'reroute' }] },
      change: receipt =>
        found({ check: 'upstream-answered', stage: 'first-byte', done: 'block' })(
          response({ status: 'refused', reason: 'clause/upstream-failed' })(receipt),
        ),
    },
    {
      what: 'that says what failed',
      rule: { checks: checks('usage-known') },
      change: receipt =>
        found({ check: 'usage-known', stage: 'final', done: 'flag' })(response({ usage: null })(receipt)),
    },
    {
      what: 'under no rule, and nothing was sent',
      change: receipt => ({
        ...receipt,
        attempts: [],
        policy: { digest: receipt.policy.digest, index: 0 },
        request: { ...receipt.request, sent: null },
      }),
    },
  ])('$what', ({ rule = {}, change }) => {
    expect(judged(rule, change)).not.toThrow();
  });
});
