/**
 * What keeps a policy from working: each with its code, and where in the policy it stands. A policy with any of these is not used.
 *
 * A rule that cannot be carried out is worse than none, because whoever wrote it believes that it is.
 */
import { covers, wildcard } from '../../exchange/wildcard.js';
import type { ReasonCode } from '../../reason.js';
import type { Policy, Rule } from './language.js';
import { lintChecks } from './lint-checks.js';
import { lintDiversity } from './lint-diversity.js';
import type { LintFinding, PolicyPath } from './lint-finding.js';
import { lintUpstreams } from './lint-upstreams.js';
import { type JudgedUpstream, judgedUpstreams, type Surroundings } from './surroundings.js';

/** All that is wrong with a policy, in its own order. */
export function lintPolicy(policy: Policy, surroundings: Surroundings): LintFinding[] {
  const upstreams = judgedUpstreams(policy, surroundings);
  const takers = policy.rules.map(takerOf);
  return [
    ...lintStated(policy, surroundings),
    ...policy.rules.flatMap((rule, at) => [
      ...lintName(policy.rules, at),
      ...lintHolders(rule, at, surroundings),
      ...lintReach(policy.rules, takers, at),
      ...lintRedaction(rule, at),
      ...lintRule(rule, ['rules', at], upstreams, surroundings),
    ]),
  ];
}

function* lintRule(
  rule: Rule,
  path: PolicyPath,
  upstreams: readonly JudgedUpstream[],
  surroundings: Surroundings,
): Generator<LintFinding> {
  const { findings, able } = lintUpstreams(rule, path, upstreams);
  yield* findings;
  // Where nobody can be asked, nothing further can be said.
  if (able.length === 0) return;
  yield* lintChecks(rule, path, able, surroundings);
  yield* lintDiversity(rule, path, able);
}

function lintStated({ upstreams: stated }: Policy, { upstreams }: Surroundings): LintFinding[] {
  return Object.entries(stated).flatMap(([name, { trust }]): LintFinding[] => {
    const known = upstreams.find(upstream => upstream.name === name);
    const path = ['upstreams', name];
    if (known === undefined)
      return [{ code: 'clause/upstream-unknown', path, detail: knownAs(name, upstreams), ofName: true }];
    if (trust !== undefined && !known.givesReceipts)
      return [{ code: 'clause/trust-useless', path: [...path, 'trust'], detail: name }];
    return [];
  });
}

function knownAs(name: string, upstreams: readonly { readonly name: string }[]): string {
  return `"${name}"; there are ${upstreams.map(upstream => upstream.name).join(', ')}`;
}

function lintName(rules: readonly Rule[], at: number): LintFinding[] {
  const { name } = rules[at] as Rule;
  const first = rules.findIndex(rule => rule.name === name);
  if (first === at) return [];
  return [
    { code: 'clause/name-repeated', path: ['rules', at, 'name'], detail: `"${name}", as rule ${first + 1}` },
  ];
}

/** Names without a star have to be there; a pattern may be for those to come. */
function lintHolders(
  { for: { keys = [], teams = [] } = {} }: Rule,
  at: number,
  known: Surroundings,
): LintFinding[] {
  const missing = (
    code: ReasonCode,
    member: string,
    names: readonly string[],
    there: readonly string[] | null,
  ) =>
    names.flatMap((name, index): LintFinding[] => {
      const isThere = there === null || name.includes('*') || there.some(wildcard(name));
      return isThere ? [] : [{ code, path: ['rules', at, 'for', member, index], detail: null }];
    });
  return [
    ...missing('clause/key-unknown', 'keys', keys, known.keys),
    ...missing('clause/team-unknown', 'teams', teams, known.teams),
  ];
}

function lintRedaction({ redact }: Rule, at: number): LintFinding[] {
  if (redact === undefined || redact.kinds.length > 0 || redact.names !== undefined) return [];
  return [{ code: 'clause/redaction-empty', path: ['rules', at, 'redact'], detail: null }];
}

function lintReach(rules: readonly Rule[], takers: readonly Taker[], at: number): LintFinding[] {
  const rule = rules[at] as Rule;
  const before = takers.slice(0, at).findIndex(takesAll => takesAll(rule));
  if (before < 0) return [];
  const { name } = rules[before] as Rule;
  return [
    {
      code: 'clause/rule-unreachable',
      path: ['rules', at],
      detail: `rule ${before + 1} ("${name}") is for all that it is for`,
    },
  ];
}

/** Whether a rule takes all that another is for. */
type Taker = (narrow: Rule) => boolean;

function takerOf({ for: wide = {} }: Rule): Taker {
  const members = (['keys', 'teams', 'models'] as const).flatMap(member => {
    const covering = wide[member]?.map(covers);
    return covering === undefined ? [] : [{ member, covering }];
  });
  return ({ for: narrow = {} }) =>
    members.every(
      ({ member, covering }) =>
        narrow[member]?.every(one => covering.some(isCovering => isCovering(one))) ?? false,
    );
}
