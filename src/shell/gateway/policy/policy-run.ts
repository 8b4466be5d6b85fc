/**
 * One exchange under the rule that is for it: which upstreams may be asked, what comes of the checks at each stage, and what its receipt says of that.
 */

import { type AttemptFacts, CLAUSE_CODES, NOTHING_KNOWN } from '../../../appraise/policy/checks.js';
import type { CompiledRule } from '../../../appraise/policy/compile.js';
import { type CompiledCheck, type Finding, findingOf, judge } from '../../../appraise/policy/judgement.js';
import type { Holder } from '../../../economy/admission.js';
import type { NamedEvidence } from '../../../exchange/upstream.js';
import { Failure, type ReasonCode } from '../../../reason.js';
import type { Stage } from '../../../receipt/policy-words.js';
import { MAX_FINDINGS, type Receipt } from '../../../receipt/receipt.js';
import { unattested } from '../attestation/standing.js';
import type { RedactionRules } from '../redaction/rules.js';
import type { Route, Target, Tier } from '../routing/route.js';
import type { PolicyInForce, PolicyReference, Rules, RuleTerms } from './in-force.js';

/** Why a target is not asked. */
export interface PassedOver {
  readonly target: Target;
  readonly code: ReasonCode;
  /** What it has shown of itself, where that is why; nothing where it is left out. */
  readonly shown?: readonly NamedEvidence[];
}

/** Why a target is not asked: where it has not shown what it has to, by the code of what was wrong. `code`: why else. */
export function passedOverFor(target: Target, code: ReasonCode): PassedOver {
  const finding = BY_EVIDENCE.has(code) ? unattested(target.upstream) : null;
  return finding === null
    ? { target, code }
    : { target, code: finding.failure.code, shown: finding.evidence };
}

const BY_EVIDENCE: ReadonlySet<ReasonCode> = new Set([
  'clause/attestation-missing',
  'clause/grade-missed',
  'upstream/unattested',
]);

/** What is to be done when the checks of a stage do not let the answer pass. */
export interface Stop {
  readonly check: CompiledCheck;
  /** For when nothing else can be done than to refuse. */
  readonly failure: Failure;
}

/** `refused`: why nobody may be asked; else the route that is left. */
export type Narrowed = { readonly passedOver: readonly PassedOver[] } & (
  | { readonly route: Route; readonly refused?: undefined }
  | { readonly refused: Failure }
);

/** What is known of a target before it is asked. */
export type LookAhead = (
  target: Target,
) => Pick<AttemptFacts, 'asked' | 'digest' | 'isPriced' | 'isAttested'>;

export class PolicyRun {
  readonly #reference: PolicyReference;
  readonly #rules: Rules;
  readonly #rule: CompiledRule;
  readonly #lookAhead: LookAhead;
  /** Of the attempt that runs. */
  #findings: Finding[] = [];

  private constructor(reference: PolicyReference, rules: Rules, rule: CompiledRule, lookAhead: LookAhead) {
    this.#reference = reference;
    this.#rules = rules;
    this.#rule = rule;
    this.#lookAhead = lookAhead;
  }

  /** `model`: as the client named it. Null where the policy has no rules. Throws `clause/none-applies` where none of them is for this. */
  static begin(
    { reference, rules }: PolicyInForce,
    holder: Holder | null,
    model: string | null,
    { tiers }: Route,
    lookAhead: LookAhead,
  ): PolicyRun | null {
    if (rules === null) return null;
    const names = [
      model ?? '',
      ...tiers.flatMap(({ targets }) =>
        targets.flatMap(target => {
          const asked = target.model ?? model ?? '';
          return [asked, `${target.upstream.name}/${asked}`];
        }),
      ),
    ];
    const asker = { key: holder?.name ?? null, team: holder?.team ?? null };
    const rule = rules.compiled.ruleFor(asker, names);
    if (rule === null) throw new Failure('clause/none-applies', { field: 'policy.rules' });
    return new PolicyRun(reference, rules, rule, lookAhead);
  }

  get buffer(): boolean {
    return this.#rule.buffer;
  }

  /** What is taken out of the prompt before it leaves; null for nothing. */
  get redaction(): RedactionRules | null {
    return this.#terms.redaction;
  }

  get parties(): RuleTerms['parties'] {
    return this.#terms.parties;
  }

  /** Whom to believe about an upstream's own receipts; null for nobody. */
  trustFor(upstream: string): NonNullable<ReturnType<Rules['trust']['get']>> | null {
    return this.#rules.trust.get(upstream) ?? null;
  }

  /** What the receipt says. */
  get clause(): Receipt['policy'] {
    const { digest, index } = this.#reference;
    const findings = this.#findings.slice(0, MAX_FINDINGS);
    return { digest, ...(findings.length === 0 ? {} : { findings }), index, rule: this.#rule.name };
  }

  /** What the client is told in a header; null for nothing. */
  get header(): string | null {
    if (this.#findings.length === 0) return null;
    return [this.#rule.name, ...this.#findings.map(({ check, done }) => `${check}=${done}`)].join('; ');
  }

  /** Whether its price is to be given back. */
  get isRefunded(): boolean {
    return this.#findings.some(({ done }) => done === 'refund');
  }

  /** Whether it depends on the answer whether it passes, or what the receipt says of it. */
  get checksAnswers(): boolean {
    return this.hasChecks('first-byte') || this.hasChecks('final');
  }

  hasChecks(stage: Stage): boolean {
    return this.#rule.checks[stage].length > 0;
  }

  /** The part of a route that the rule lets be asked. */
  narrow({ tiers, choice }: Route): Narrowed {
    const passedOver: PassedOver[] = [];
    /** By the rule; what a target has been passed over for may say more than that. */
    const refusals: ReasonCode[] = [];
    const left = tiers.flatMap(({ targets, balance }): Tier[] => {
      const [one, ...others] = targets.filter(target => {
        const code = this.#refusal(target);
        if (code === null) return true;
        refusals.push(code);
        passedOver.push(passedOverFor(target, code));
        return false;
      });
      return one === undefined ? [] : [{ targets: [one, ...others], balance }];
    });
    const [tier, ...later] = left;
    if (tier !== undefined) return { route: { tiers: [tier, ...later], choice }, passedOver };
    const [first] = refusals;
    if (first === undefined) throw new Error('a route without a target');
    return { refused: this.#refuse(first), passedOver };
  }

  /** Whether the target that comes next may be asked now; null where it may. What is only flagged is noted. */
  choose(target: Target): Stop | null {
    this.#findings = [];
    const { name } = target.upstream;
    for (const { counted, partyOf, onFailure } of this.#rule.diversity)
      if (!counted.admits(partyOf(name)))
        return this.#stop({
          check: 'diversity',
          stage: 'before',
          onFailure,
          code: CLAUSE_CODES.diversity,
          holds: () => false,
        });
    return this.hasChecks('before')
      ? this.appraise('before', { ...NOTHING_KNOWN, ...this.#lookAhead(target) })
      : null;
  }

  /** Whether the rule lets the target that was chosen be sent the request although it has not shown what it has to: with a flag, which is noted. */
  get letsUnattested(): boolean {
    return this.#findings.some(
      ({ check, stage, done }) =>
        stage === 'before' && done === 'flag' && (check === 'upstream-attested' || check === 'grades'),
    );
  }

  /** The target is about to be sent the request. */
  sending({ upstream }: Target): void {
    for (const { counted, partyOf } of this.#rule.diversity) counted.note(partyOf(upstream.name));
  }

  /** Makes the checks of a stage, all of them or those of these names. Null where the answer may pass. */
  appraise(stage: Stage, facts: AttemptFacts, only?: readonly CompiledCheck['check'][]): Stop | null {
    const all = this.#rule.checks[stage];
    const checks = only === undefined ? all : all.filter(({ check }) => only.includes(check));
    const { failed, stop } = judge(checks, facts);
    this.#findings.push(...failed.filter(check => check !== stop).map(findingOf));
    return stop === null ? null : this.#stop(stop);
  }

  /** Nothing else can be done: the exchange is refused, and its receipt says by which check. */
  refused({ check }: Stop): void {
    this.#findings.push({ ...findingOf(check), done: 'block' });
  }

  #stop(check: CompiledCheck): Stop {
    return { check, failure: this.#failure(check.code) };
  }

  /** Why a target is not asked at all; null for one that is. */
  #refusal(target: Target): ReasonCode | null {
    const refusal = this.#rule.refusal(target.upstream.name);
    if (refusal !== null) return refusal;
    const rerouting = this.#rule.checks.before.filter(({ onFailure }) => onFailure === 'reroute');
    if (rerouting.length === 0) return null;
    return judge(rerouting, { ...NOTHING_KNOWN, ...this.#lookAhead(target) }).stop?.code ?? null;
  }

  #refuse(code: ReasonCode): Failure {
    const check =
      code === CLAUSE_CODES['upstream-allowed']
        ? 'upstream-allowed'
        : (this.#rule.checks.before.find(one => one.code === code)?.check ?? 'grades');
    this.#findings.push({ check, stage: 'before', done: 'block' });
    return this.#failure(code);
  }

  /** Names the rule, by its place and its name. */
  #failure(code: ReasonCode): Failure {
    return new Failure(code, {
      field: `policy.rules.${this.#rule.at}`,
      detail: `the rule "${this.#rule.name}"`,
    });
  }

  get #terms(): RuleTerms {
    return this.#rules.terms[this.#rule.at] as RuleTerms;
  }
}
