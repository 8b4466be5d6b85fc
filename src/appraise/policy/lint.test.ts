import { describe, expect, it } from 'vitest';
import { policyOf, type RuleInput, SURROUNDINGS } from '../../../test/support/policies.js';
import type { ReasonCode } from '../../reason.js';
import type { PolicyInput } from './language.js';
import { lintPolicy } from './lint.js';
import type { LintFinding } from './lint-finding.js';
import type { Surroundings } from './surroundings.js';

interface Row {
  readonly code: ReasonCode;
  readonly what: string;
  readonly rules: readonly Partial<RuleInput>[];
  /** Where it is. */
  readonly at: string;
  readonly detail?: string;
  readonly upstreams?: PolicyInput['upstreams'];
  readonly surroundings?: Partial<Surroundings>;
}

const check = (
  name: Exclude<NonNullable<RuleInput['checks']>[number]['check'], 'model-pinned'>,
  stage: 'before' | 'first-byte' | 'final',
  onFailure: 'block' | 'reroute' | 'refund' | 'flag',
): NonNullable<RuleInput['checks']> => [{ check: name, stage, onFailure }];
const pinned = (stage: 'before' | 'final'): NonNullable<RuleInput['checks']> => [
  { check: 'model-pinned', stage, onFailure: 'flag', digests: ['ab'.repeat(32)] },
];
const half = (more: object = {}): NonNullable<RuleInput['diversity']> => [
  { of: 'controller', atMost: 50, ofLast: 10, onFailure: 'reroute', ...more },
];
const only = (...names: string[]): NonNullable<RuleInput['upstreams']> => ({ names });

/** One that has to show what it is. */
const ATTESTED = { name: 'one', givesReceipts: false, givesDigests: false, isAttested: true };

const ROWS: readonly Row[] = [
  {
    code: 'clause/name-repeated',
    what: 'two rules of one name',
    rules: [{ name: 'same', for: { keys: ['alice'] } }, { name: 'same' }],
    at: 'rules.1.name',
    detail: '"same", as rule 1',
  },
  {
    code: 'clause/key-unknown',
    what: 'a key that there is not',
    rules: [{ for: { keys: ['alice', 'alcie'] } }],
    at: 'rules.0.for.keys.1',
  },
  {
    code: 'clause/team-unknown',
    what: 'a team that there is not',
    rules: [{ for: { teams: ['reserach'] } }],
    at: 'rules.0.for.teams.0',
  },
  {
    code: 'clause/upstream-unknown',
    what: 'an upstream that there is not',
    rules: [{ upstreams: only('one', 'opnai') }],
    at: 'rules.0.upstreams.names.1',
    detail: '"opnai"; there are built-in, one, two, far',
  },
  {
    code: 'clause/upstream-unknown',
    what: 'something stated of an upstream that there is not',
    rules: [{}],
    upstreams: { three: { controller: 'Example Three' } },
    at: 'upstreams.three',
    detail: '"three"; there are built-in, one, two, far',
  },
  {
    code: 'clause/party-unknown',
    what: 'a controller of nobody',
    rules: [{ upstreams: { controllers: ['Example One', 'example one'] } }],
    at: 'rules.0.upstreams.controllers.1',
    detail: '"example one" is the controller of no upstream',
  },
  {
    code: 'clause/party-unknown',
    what: 'a cloud of nobody',
    rules: [{ upstreams: { clouds: ['Cloud B'] } }],
    at: 'rules.0.upstreams.clouds.0',
  },
  {
    code: 'clause/trust-useless',
    what: 'a trust file for an upstream without receipts',
    rules: [{}],
    upstreams: { one: { trust: { file: 'one.json' } } },
    at: 'upstreams.one.trust',
  },
  {
    code: 'clause/upstream-none',
    what: 'lists that nobody is on all of',
    rules: [{ upstreams: { names: ['one'], controllers: ['Example Two'] } }],
    at: 'rules.0.upstreams',
  },
  {
    code: 'clause/grade-impossible',
    what: 'hardware from providers without evidence',
    rules: [{ require: { place: 'hardware' } }],
    at: 'rules.0.require.place',
    detail: 'place "hardware"; those who may be asked give "asserted" at most',
  },
  {
    code: 'clause/grade-impossible',
    what: 'a receipt that is logged before the answer leaves',
    rules: [{ require: { record: 'included' } }],
    at: 'rules.0.require.record',
  },
  {
    code: 'clause/grade-impossible',
    what: "a provider's signature from those who sign nothing",
    rules: [{ buffer: true, upstreams: only('one', 'two'), require: { model: 'provider-signed' } }],
    at: 'rules.0.require.model',
  },
  {
    code: 'clause/rule-unreachable',
    what: 'a rule after one for everybody',
    rules: [{ name: 'all' }, { for: { keys: ['alice'] } }],
    at: 'rules.1',
    detail: 'rule 1 ("all") is for all that it is for',
  },
  {
    code: 'clause/rule-unreachable',
    what: 'a narrower pattern after a wider one',
    rules: [
      { for: { models: ['gpt-*', 'claude-*'] } },
      { for: { models: ['gpt-4o*', 'claude-x'], keys: ['alice'] } },
    ],
    at: 'rules.1',
  },
  {
    code: 'clause/check-repeated',
    what: 'one check twice at one stage',
    rules: [
      {
        checks: [
          { check: 'usage-known', stage: 'final', onFailure: 'flag' },
          { check: 'usage-known', stage: 'final', onFailure: 'refund' },
        ],
      },
    ],
    at: 'rules.0.checks.1',
    detail: 'usage-known at final',
  },
  {
    code: 'clause/stage-impossible',
    what: 'usage before there is any',
    rules: [{ checks: check('usage-known', 'before', 'flag') }],
    at: 'rules.0.checks.0.stage',
    detail: 'usage-known can be made at final',
  },
  {
    code: 'clause/refund-impossible',
    what: 'a refund of what was not sent',
    rules: [{ checks: check('price-known', 'before', 'refund') }],
    at: 'rules.0.checks.0.onFailure',
  },
  {
    code: 'clause/buffer-needed',
    what: 'a block of what has passed',
    rules: [{ checks: check('usage-known', 'final', 'block') }],
    at: 'rules.0.checks.0.onFailure',
    detail: 'block',
  },
  {
    code: 'clause/buffer-needed',
    what: 'another answer after one has passed',
    rules: [{ checks: check('usage-known', 'final', 'reroute') }],
    at: 'rules.0.checks.0.onFailure',
    detail: 'reroute',
  },
  {
    code: 'clause/buffer-needed',
    what: "a model's grade that shows only at the end, and blocks",
    rules: [{ require: { model: 'asserted' } }],
    at: 'rules.0.require',
  },
  {
    code: 'clause/reroute-impossible',
    what: 'nobody else to ask',
    rules: [{ upstreams: only('one'), checks: check('upstream-answered', 'first-byte', 'reroute') }],
    at: 'rules.0.checks.0.onFailure',
    detail: 'only one may be asked',
  },
  {
    code: 'clause/prices-missing',
    what: 'a price where there is no list',
    rules: [{ checks: check('price-known', 'before', 'block') }],
    surroundings: { hasPrices: false },
    at: 'rules.0.checks.0',
  },
  {
    code: 'clause/digest-impossible',
    what: 'digests from those who tell none',
    rules: [{ upstreams: only('one', 'two'), checks: pinned('before') }],
    at: 'rules.0.checks.0',
  },
  {
    code: 'clause/receipt-impossible',
    what: 'receipts that nobody could judge',
    rules: [{ checks: check('upstream-receipt', 'final', 'flag') }],
    upstreams: {},
    at: 'rules.0.checks.0',
  },
  {
    code: 'clause/attestation-impossible',
    what: 'evidence of upstreams that show none',
    rules: [{ checks: check('upstream-attested', 'before', 'flag') }],
    at: 'rules.0.checks.0',
  },
  {
    code: 'clause/stage-impossible',
    what: 'evidence that is looked at when the prompt has left',
    rules: [{ checks: check('upstream-attested', 'final', 'flag') }],
    upstreams: {},
    surroundings: { upstreams: [ATTESTED] },
    at: 'rules.0.checks.0.stage',
  },
  {
    code: 'clause/refund-impossible',
    what: 'a refund where a place that is required is not shown',
    rules: [{ require: { place: 'handoff', onFailure: 'refund' } }],
    upstreams: {},
    surroundings: { upstreams: [ATTESTED] },
    at: 'rules.0.require',
  },
  {
    code: 'clause/refund-impossible',
    what: 'the same beside a grade of the model',
    rules: [{ require: { model: 'asserted', place: 'handoff', onFailure: 'refund' } }],
    upstreams: {},
    surroundings: { upstreams: [ATTESTED] },
    at: 'rules.0.require',
  },
  {
    code: 'clause/grade-impossible',
    what: 'a place that no handoff shows',
    rules: [{ require: { place: 'hardware' } }],
    upstreams: {},
    surroundings: { upstreams: [ATTESTED] },
    at: 'rules.0.require.place',
  },
  {
    code: 'clause/redaction-empty',
    what: 'nothing that is taken out',
    rules: [{ redact: { restore: false } }],
    at: 'rules.0.redact',
  },
  {
    code: 'clause/diversity-repeated',
    what: 'two limits for controllers',
    rules: [{ diversity: [...half(), ...half({ atMost: 60 })] }],
    at: 'rules.0.diversity.1',
    detail: 'controller',
  },
  {
    code: 'clause/diversity-impossible',
    what: 'a half each for one party',
    rules: [{ upstreams: only('one'), diversity: half({ onFailure: 'block' }) }],
    at: 'rules.0.diversity.0',
    detail: '1 controller, each for 5 of the last 10 exchanges at most',
  },
  {
    code: 'clause/diversity-impossible',
    what: 'two upstreams in one cloud',
    rules: [{ upstreams: only('one', 'two'), diversity: half({ of: 'cloud' }) }],
    at: 'rules.0.diversity.0',
  },
  {
    code: 'clause/diversity-impossible',
    what: 'all of whom nobody is stated, who are one',
    rules: [{ diversity: half() }],
    upstreams: {},
    at: 'rules.0.diversity.0',
  },
];

const where = ({ code, path, detail }: LintFinding) => ({ code, at: path.join('.'), detail });

describe('a policy that cannot work', () => {
  it.each(ROWS)('$code: $what', row => {
    const policy = policyOf(row.rules, row.upstreams);
    const findings = lintPolicy(policy, { ...SURROUNDINGS, ...row.surroundings }).map(where);
    expect(findings).toEqual([{ code: row.code, at: row.at, detail: row.detail ?? findings[0]?.detail }]);
  });

  it('has all that is wrong said at once', () => {
    const policy = policyOf([
      { for: { keys: ['eve'] }, checks: check('usage-known', 'final', 'block') },
      { upstreams: only('four') },
      { for: { models: ['a'] } },
    ]);
    expect(lintPolicy(policy, SURROUNDINGS).map(({ code }) => code)).toEqual([
      'clause/key-unknown',
      'clause/buffer-needed',
      'clause/upstream-unknown',
      'clause/rule-unreachable',
    ]);
  });
});

describe('a policy that works', () => {
  it.each<{ what: string; rules: Partial<RuleInput>[]; surroundings?: Partial<Surroundings> }>([
    { what: 'of one rule', rules: [{}] },
    { what: 'with patterns for keys to come', rules: [{ for: { keys: ['new-*'], teams: ['*'] } }] },
    {
      what: 'with keys that nobody has looked for',
      rules: [{ for: { keys: ['eve'] } }],
      surroundings: { keys: null, teams: null },
    },
    {
      what: 'that blocks what it holds back',
      rules: [
        { buffer: true, require: { model: 'asserted' }, checks: check('usage-known', 'final', 'block') },
      ],
    },
    {
      what: 'that asks for the signature of a gateway with a trust file',
      rules: [
        {
          buffer: true,
          require: { model: 'provider-signed' },
          checks: check('upstream-receipt', 'final', 'block'),
        },
      ],
    },
    { what: 'with a model that is pinned', rules: [{ checks: pinned('before') }] },
    {
      what: 'that asks for evidence of one that shows it, and needs to hold nothing back for it',
      rules: [{ require: { place: 'handoff' }, checks: check('upstream-attested', 'before', 'block') }],
      surroundings: { upstreams: [...SURROUNDINGS.upstreams, ATTESTED] },
    },
    { what: 'that spreads', rules: [{ upstreams: only('one', 'two'), diversity: half() }] },
    {
      what: 'with grades that every answer has',
      rules: [{ require: { place: 'asserted', record: 'signed', answer: 'not-recomputed' } }],
    },
    {
      what: 'from the narrow to the wide',
      rules: [
        { for: { keys: ['alice'] } },
        { for: { models: ['gpt-*'] } },
        { for: { teams: ['research'] } },
        {},
      ],
    },
  ])('$what', ({ rules, surroundings }) => {
    expect(lintPolicy(policyOf(rules), { ...SURROUNDINGS, ...surroundings })).toEqual([]);
  });
});

it('rules with as many patterns as they may have take no time that anybody would notice', () => {
  const models = Array.from({ length: 200 }, (_, at) => `m${at}-*`);
  const rules = Array.from({ length: 40 }, (_, at) => ({
    // All but the last are for what those before are for.
    for: { models: [...models.slice(1), `only-${at}`] },
  }));
  expect(lintPolicy(policyOf(rules), SURROUNDINGS)).toEqual([]);
});
