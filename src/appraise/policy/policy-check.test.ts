import { describe, expect, it } from 'vitest';
import { ISSUER, STRANGER } from '../../../test/support/parties.js';
import { policyOf, type RuleInput, SURROUNDINGS } from '../../../test/support/policies.js';
import { make } from '../../../test/support/sample-exchange.js';
import { SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { utf8 } from '../../bytes/octets.js';
import { keyLabel } from '../../note/key.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import { epochStatement } from '../../receipt/epoch.js';
import { loggedPolicyDigest, loggedPolicyStatement, PolicyNames } from '../../receipt/logged-policy.js';
import { defaultPolicy, policyDigest, policyStatement } from '../../receipt/policy.js';
import type { Receipt } from '../../receipt/receipt.js';
import { verify } from '../verify.js';
import { NO_FILES, publishedPolicy } from './publish.js';

const LABEL = keyLabel(ISSUER.key);
const entryOf = (statement: Uint8Array, by = ISSUER) =>
  envelopeBytes(seal(statement, keyLabel(by.key), by.signer));
const published = (rule: Partial<RuleInput> = {}) =>
  publishedPolicy(
    policyOf([{ name: 'rule', ...rule }]),
    { ...SURROUNDINGS, upstreams: [{ name: 'provider', givesReceipts: false, givesDigests: false }] },
    NO_FILES,
    new PolicyNames(new Uint8Array(32), utf8('')),
  );
const PLAIN = defaultPolicy(['provider']);

/** What is said of the sample's receipt under this policy, by an outsider who holds the entry. */
async function checked(policy: Receipt['policy'], entry: Uint8Array, without?: 'trust') {
  const input = await make({ receipt: receipt => ({ ...receipt, policy }) });
  const trust = without === 'trust' ? null : input.trust;
  const { checks, outcome } = await verify({ ...input, trust, policy: entry });
  const check = checks.find(({ name }) => name === 'policy');
  return { outcome, status: check?.status, says: check?.status === 'pass' ? check.says : check?.code };
}

describe('a receipt with the entry of its policy', () => {
  const rules = published();
  const UNDER_RULE = { digest: loggedPolicyDigest(rules), index: 0, rule: 'rule' };

  it('is in keeping with the rule that it names', async () => {
    expect(await checked(UNDER_RULE, entryOf(loggedPolicyStatement(rules, LABEL)))).toEqual({
      outcome: 'pass',
      status: 'pass',
      says: 'in keeping with rule "rule" of the policy "test", as far as a receipt shows it',
    });
  });

  it('is in keeping with a policy without rules', async () => {
    const policy = { digest: policyDigest(PLAIN), index: 0 };
    expect(await checked(policy, entryOf(policyStatement(PLAIN, LABEL)))).toMatchObject({ status: 'pass' });
  });

  it('is not looked at where nobody is believed', async () => {
    const entry = entryOf(loggedPolicyStatement(rules, LABEL));
    expect(await checked(UNDER_RULE, entry, 'trust')).toMatchObject({
      status: 'not-checked',
      says: 'trust/missing',
    });
  });

  it.each<{ what: string; code: string; policy?: Receipt['policy']; entry: Uint8Array }>([
    {
      what: 'a rule that does not let its upstream be asked',
      code: 'clause/upstream-refused',
      policy: {
        digest: loggedPolicyDigest(published({ upstreams: { names: ['nobody'] } })),
        index: 0,
        rule: 'rule',
      },
      entry: entryOf(loggedPolicyStatement(published({ upstreams: { names: ['nobody'] } }), LABEL)),
    },
    {
      what: 'a policy without rules that does not',
      code: 'clause/upstream-refused',
      policy: { digest: policyDigest(defaultPolicy(['another'])), index: 0 },
      entry: entryOf(policyStatement(defaultPolicy(['another']), LABEL)),
    },
    {
      what: 'another policy without rules',
      code: 'clause/policy-mismatch',
      entry: entryOf(policyStatement(PLAIN, LABEL)),
    },
    {
      what: 'another policy',
      code: 'clause/policy-mismatch',
      entry: entryOf(loggedPolicyStatement(published({ buffer: true }), LABEL)),
    },
    {
      what: 'the policy of another issuer',
      code: 'envelope/issuer-unknown',
      entry: entryOf(loggedPolicyStatement(rules, keyLabel(STRANGER.key)), STRANGER),
    },
    {
      what: 'a policy that the issuer has not signed',
      code: 'envelope/signature-invalid',
      entry: envelopeBytes(seal(loggedPolicyStatement(rules, LABEL), LABEL, STRANGER.signer)),
    },
    {
      what: 'another entry',
      code: 'entry/malformed',
      entry: entryOf(epochStatement(ISSUER.key, SAMPLE_RECEIPT.epoch, 1)),
    },
    { what: 'no entry', code: 'json/malformed', entry: utf8('{') },
  ])('fails with $what', async ({ code, policy = UNDER_RULE, entry }) => {
    expect(await checked(policy, entry)).toEqual({ outcome: 'fail', status: 'fail', says: code });
  });
});
