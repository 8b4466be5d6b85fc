import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policyOf, type RuleInput, SURROUNDINGS } from '../../../test/support/policies.js';
import { type AttemptFacts, CHECKS, NOTHING_KNOWN } from './checks.js';
import { CompiledPolicy } from './compile.js';
import { judge } from './judgement.js';

const compiled = (...rules: Partial<RuleInput>[]) => new CompiledPolicy(policyOf(rules), SURROUNDINGS);
const NOBODY = { key: null, team: null };

/** All is well with it. */
const WELL: AttemptFacts = {
  asked: 'gpt-4o',
  served: 'gpt-4o-2024-08-06',
  digest: 'ab'.repeat(32),
  isPriced: true,
  isAnswer: true,
  isWhole: true,
  hasFinish: true,
  hasUsage: true,
  hasReceipt: true,
  isAttested: true,
};

describe('the rule that is for a request', () => {
  it.each<{ what: string; for: RuleInput['for']; asker?: object; names?: string[]; isFor: boolean }>([
    { what: 'everybody', for: undefined, isFor: true },
    { what: 'a key by its name', for: { keys: ['alice'] }, asker: { key: 'alice' }, isFor: true },
    { what: 'another key', for: { keys: ['alice'] }, asker: { key: 'bob' }, isFor: false },
    { what: 'a key, and none is shown', for: { keys: ['*'] }, isFor: false },
    { what: 'keys by a pattern', for: { keys: ['ci-*'] }, asker: { key: 'ci-7' }, isFor: true },
    { what: 'a team', for: { teams: ['research'] }, asker: { key: 'a', team: 'research' }, isFor: true },
    { what: 'a team, and the key has none', for: { teams: ['*'] }, asker: { key: 'a' }, isFor: false },
    { what: 'a model', for: { models: ['gpt-4o'] }, names: ['gpt-4o', 'one/gpt-4o'], isFor: true },
    {
      what: 'a model by its name at an upstream',
      for: { models: ['one/*'] },
      names: ['a', 'one/a'],
      isFor: true,
    },
    { what: 'another model', for: { models: ['gpt-4o'] }, names: ['gpt-4o-mini'], isFor: false },
    {
      what: 'a key and a model, and only the key fits',
      for: { keys: ['alice'], models: ['a'] },
      asker: { key: 'alice' },
      names: ['b'],
      isFor: false,
    },
  ])('for $what: $isFor', ({ for: whom, asker, names = [''], isFor }) => {
    const rule = compiled(whom === undefined ? {} : { for: whom }).ruleFor({ ...NOBODY, ...asker }, names);
    expect(rule !== null).toBe(isFor);
  });

  it('is the first of them', () => {
    const policy = compiled({ for: { keys: ['bob'] } }, { for: { models: ['a*'] } }, {});
    expect(policy.ruleFor({ key: 'alice', team: null }, ['ab'])?.at).toBe(1);
    expect(policy.ruleFor(NOBODY, ['b'])?.at).toBe(2);
  });
});

describe('who may be asked', () => {
  it.each<{ upstreams: RuleInput['upstreams']; allowed: string[] }>([
    { upstreams: undefined, allowed: ['built-in', 'one', 'two', 'far'] },
    { upstreams: { names: ['one', 'f*'] }, allowed: ['one', 'far'] },
    { upstreams: { controllers: ['Example Two'] }, allowed: ['two'] },
    { upstreams: { clouds: ['Cloud A'] }, allowed: ['one', 'two'] },
    { upstreams: { clouds: ['Cloud A'], names: ['two', 'far'] }, allowed: ['two'] },
  ])('$upstreams', ({ upstreams, allowed }) => {
    const [rule] = compiled(upstreams === undefined ? {} : { upstreams }).rules;
    const names = SURROUNDINGS.upstreams.map(({ name }) => name);
    expect(names.filter(name => rule?.refusal(name) === null)).toEqual(allowed);
    expect(rule?.refusal('later')).toBe('clause/upstream-refused');
  });

  it('not one that can never give the grade', () => {
    const [rule] = compiled({ buffer: true, require: { model: 'provider-signed' } }).rules;
    expect([rule?.refusal('one'), rule?.refusal('far')]).toEqual(['clause/grade-unreachable', null]);
  });
});

describe('checks', () => {
  const broken: Record<keyof typeof CHECKS, Partial<AttemptFacts>> = {
    'answer-whole': { isWhole: false },
    'finish-known': { hasFinish: false },
    'model-as-asked': { served: 'gpt-4o-mini' },
    'model-pinned': { digest: 'cd'.repeat(32) },
    'price-known': { isPriced: false },
    'upstream-answered': { isAnswer: false },
    'upstream-attested': { isAttested: false },
    'upstream-receipt': { hasReceipt: false },
    'usage-known': { hasUsage: false },
  };
  const digests = new Set([WELL.digest as string]);

  it.each(Object.entries(CHECKS))('%s passes what is well, and fails on that alone', (name, { holds }) => {
    expect(holds(WELL, digests)).toBe(true);
    expect(holds({ ...WELL, ...broken[name as keyof typeof CHECKS] }, digests)).toBe(false);
    for (const [other, change] of Object.entries(broken))
      if (other !== name) expect([other, holds({ ...WELL, ...change }, digests)]).toEqual([other, true]);
  });

  it.each(Object.entries(CHECKS))('%s never passes what is not known', (_, { holds }) => {
    expect(holds(NOTHING_KNOWN, digests)).toBe(false);
  });

  it.each<{ required: 'asserted' | 'provider-signed'; facts: Partial<AttemptFacts>; holds: boolean }>([
    { required: 'asserted', facts: { hasReceipt: false }, holds: true },
    { required: 'asserted', facts: { served: null }, holds: false },
    { required: 'provider-signed', facts: {}, holds: true },
    { required: 'provider-signed', facts: { hasReceipt: false }, holds: false },
    { required: 'provider-signed', facts: { served: 'another' }, holds: false },
  ])("the model's grade $required with $facts: $holds", ({ required, facts, holds }) => {
    const [rule] = compiled({ buffer: true, require: { model: required } }).rules;
    const { failed, stop } = judge(rule?.checks.final ?? [], { ...WELL, ...facts });
    expect([failed.length === 0, stop?.code]).toEqual([holds, holds ? undefined : 'clause/grade-missed']);
  });
});

describe('what comes of a stage', () => {
  const CONSEQUENCES = ['block', 'reroute', 'refund', 'flag'] as const;

  it('is the strictest of what failed, and everything that failed is told', () => {
    const made = fc.record({ onFailure: fc.constantFrom(...CONSEQUENCES), holds: fc.boolean() });
    fc.assert(
      fc.property(fc.array(made, { maxLength: 6 }), all => {
        const checks = all.map(({ onFailure, holds }) => ({
          check: 'usage-known' as const,
          stage: 'final' as const,
          code: 'clause/usage-missing' as const,
          onFailure,
          holds: () => holds,
        }));
        const { failed, stop } = judge(checks, WELL);
        expect(failed).toEqual(checks.filter((_, at) => all[at]?.holds === false));
        const strictest = ['block', 'reroute'].find(one => failed.some(({ onFailure }) => onFailure === one));
        expect(stop?.onFailure).toBe(strictest);
      }),
    );
  });
});
