/** Policies and gateways for tests of the policy's language. */
import * as v from 'valibot';
import { type Policy, type PolicyInput, PolicySchema } from '../../src/appraise/policy/language.js';
import type { Surroundings } from '../../src/appraise/policy/surroundings.js';

export type RuleInput = PolicyInput['rules'][number];

/** A gateway with the engine, two providers, and another gateway. */
export const SURROUNDINGS: Surroundings = {
  upstreams: [
    { name: 'built-in', givesReceipts: false, givesDigests: true },
    { name: 'one', givesReceipts: false, givesDigests: false },
    { name: 'two', givesReceipts: false, givesDigests: false },
    { name: 'far', givesReceipts: true, givesDigests: false },
  ],
  keys: ['alice', 'bob', 'ci-1'],
  teams: ['research'],
  hasPrices: true,
};

const STATED: PolicyInput['upstreams'] = {
  'built-in': { controller: 'Example Operator', cloud: 'own machines' },
  one: { controller: 'Example One', cloud: 'Cloud A' },
  two: { controller: 'Example Two', cloud: 'Cloud A' },
  far: { controller: 'Example Far', trust: { file: 'far.json' } },
};

/** A policy with these rules, each of which gets a name of its own where it has none. */
export function policyOf(
  rules: readonly (Partial<RuleInput> & object)[],
  upstreams: PolicyInput['upstreams'] = STATED,
): Policy {
  const named = rules.map((rule, at) => ({ name: `rule-${at}`, ...rule }));
  return v.parse(PolicySchema, { name: 'test', upstreams, rules: named });
}
