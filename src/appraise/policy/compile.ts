/** A policy made ready: everything that does not depend on a request is decided when it is loaded, and never again. */
import { wildcard } from '../../exchange/wildcard.js';
import type { ReasonCode } from '../../reason.js';
import { type Consequence, FACTS, type SharedBy, type Stage } from '../../receipt/policy-words.js';
import { type AttemptFacts, CHECKS, CLAUSE_CODES, isAsAsked } from './checks.js';
import { Diversity } from './diversity.js';
import type { CompiledCheck } from './judgement.js';
import type { CheckClause, DiversityClause, Policy, Rule } from './language.js';
import {
  isAtLeast,
  type JudgedUpstream,
  judgedUpstreams,
  reachable,
  type Surroundings,
} from './surroundings.js';

/** Whom a request is from, as far as rules ask. Null where the gateway has no keys, or the key no team. */
export interface Asker {
  readonly key: string | null;
  readonly team: string | null;
}

/** A limit on how much goes to one party. */
export interface CompiledDiversity {
  readonly counted: Diversity;
  readonly partyOf: (upstream: string) => string | null;
  readonly onFailure: DiversityClause['onFailure'];
}

export interface CompiledRule {
  readonly name: string;
  /** Its place among the rules, from 0. */
  readonly at: number;
  readonly clauses: Rule;
  readonly buffer: boolean;
  /** Why an upstream may not be asked; null where it may. */
  refusal(upstream: string): ReasonCode | null;
  readonly checks: Readonly<Record<Stage, readonly CompiledCheck[]>>;
  readonly diversity: readonly CompiledDiversity[];
}

export class CompiledPolicy {
  readonly rules: readonly CompiledRule[];
  /** The upstreams that it was decided for, as a text to be compared. */
  readonly madeFor: string;
  readonly #matchers: readonly ((asker: Asker, names: readonly string[]) => boolean)[];

  constructor(policy: Policy, surroundings: Surroundings) {
    const upstreams = judgedUpstreams(policy, surroundings);
    this.madeFor = JSON.stringify(upstreams);
    this.rules = policy.rules.map((rule, at) => compileRule(rule, at, upstreams));
    this.#matchers = policy.rules.map(matcherOf);
  }

  /** The first rule that is for a request; null where none is. `names`: the model by all its names. */
  ruleFor(asker: Asker, names: readonly string[]): CompiledRule | null {
    const at = this.#matchers.findIndex(matches => matches(asker, names));
    return this.rules[at] ?? null;
  }
}

/** Whether a rule lets an upstream be asked, by its name and by who stands behind it. */
export function isAllowed({ upstreams = {} }: Rule, { name, controller, cloud }: JudgedUpstream): boolean {
  const { names, controllers, clouds } = upstreams;
  if (names !== undefined && !names.some(pattern => wildcard(pattern)(name))) return false;
  if (controllers !== undefined && (controller === null || !controllers.includes(controller))) return false;
  return clouds === undefined || (cloud !== null && clouds.includes(cloud));
}

/** Whether an upstream can ever give the grades that a rule requires. */
export function canReach({ require = { onFailure: 'block' } }: Rule, upstream: JudgedUpstream): boolean {
  const highest = reachable(upstream);
  return FACTS.every(fact => {
    const required = require[fact];
    return required === undefined || isAtLeast(fact, highest[fact], required);
  });
}

function compileRule(rule: Rule, at: number, upstreams: readonly JudgedUpstream[]): CompiledRule {
  const refusals = new Map(
    upstreams.map(upstream => [
      upstream.name,
      !isAllowed(rule, upstream)
        ? CLAUSE_CODES['upstream-allowed']
        : canReach(rule, upstream)
          ? null
          : ('clause/grade-unreachable' satisfies ReasonCode),
    ]),
  );
  const checks = [...gradeChecks(rule), ...rule.checks.map(compileCheck)];
  const of = (stage: Stage) => checks.filter(check => check.stage === stage);
  return {
    name: rule.name,
    at,
    clauses: rule,
    buffer: rule.buffer,
    // One that was not there when the policy was read has never been judged.
    refusal: upstream => {
      const refusal = refusals.get(upstream);
      return refusal === undefined ? CLAUSE_CODES['upstream-allowed'] : refusal;
    },
    checks: { before: of('before'), 'first-byte': of('first-byte'), final: of('final') },
    diversity: rule.diversity.map(({ of, atMost, ofLast, onFailure }) => ({
      counted: new Diversity(atMost, ofLast),
      partyOf: partyOf(of, upstreams),
      onFailure,
    })),
  };
}

function compileCheck(clause: CheckClause): CompiledCheck {
  const { check, stage, onFailure } = clause;
  const { code, holds } = CHECKS[check];
  const digests = new Set('digests' in clause ? clause.digests : []);
  return { check, stage, onFailure, code, holds: facts => holds(facts, digests) };
}

/** Of the grades that an upstream can give today, those of model and place are not there with every answer. */
function gradeChecks({ require }: Rule): readonly CompiledCheck[] {
  if (require === undefined) return [];
  const { model, place, onFailure } = require;
  return [
    // By whom a request is taken has to be known before it leaves.
    ...(place === undefined || place === 'asserted'
      ? []
      : [gradeCheck('before', onFailure, facts => isAtLeast('place', placeGrade(facts), place))]),
    ...(model === undefined
      ? []
      : [gradeCheck('final', onFailure, facts => isAtLeast('model', modelGrade(facts), model))]),
  ];
}

function gradeCheck(stage: Stage, onFailure: Consequence, holds: CompiledCheck['holds']): CompiledCheck {
  return { check: 'grades', stage, onFailure, code: CLAUSE_CODES.grades, holds };
}

function placeGrade({ isAttested }: AttemptFacts): string {
  return isAttested ? 'handoff' : 'asserted';
}

/** The grade that the fact *model* has when the answer is there. */
function modelGrade(facts: AttemptFacts): string {
  if (facts.served === null) return 'none';
  return facts.hasReceipt && isAsAsked(facts) ? 'provider-signed' : 'asserted';
}

function partyOf(of: SharedBy, upstreams: readonly JudgedUpstream[]): (upstream: string) => string | null {
  const parties = new Map(upstreams.map(upstream => [upstream.name, upstream[of]]));
  return upstream => parties.get(upstream) ?? null;
}

/** One request counts by every name that its model has here: no rule is passed by another name of it. */
function matcherOf({ for: { keys, teams, models } = {} }: Rule) {
  const isKey = anyOf(keys);
  const isTeam = anyOf(teams);
  const isModel = anyOf(models);
  return ({ key, team }: Asker, names: readonly string[]): boolean =>
    (isKey === null || (key !== null && isKey(key))) &&
    (isTeam === null || (team !== null && isTeam(team))) &&
    (isModel === null || names.some(isModel));
}

function anyOf(patterns: readonly string[] | undefined): ((text: string) => boolean) | null {
  if (patterns === undefined) return null;
  const all = patterns.map(wildcard);
  return text => all.some(matches => matches(text));
}
