/** What comes of the checks of one stage. */
import type { ReasonCode } from '../../reason.js';
import type { ClauseName, Consequence, PolicyCheckName, Stage } from '../../receipt/policy-words.js';
import type { AttemptFacts } from './checks.js';

/** A check of a rule, ready to be made. */
export interface CompiledCheck {
  readonly check: PolicyCheckName | ClauseName;
  readonly stage: Stage;
  readonly onFailure: Consequence;
  readonly code: ReasonCode;
  readonly holds: (facts: AttemptFacts) => boolean;
}

/** One that failed, as receipts say it. */
export interface Finding {
  readonly check: PolicyCheckName | ClauseName;
  readonly stage: Stage;
  /** What was done about it. */
  readonly done: Consequence;
}

export interface Judgement {
  /** Those that failed, in the order of the rule. */
  readonly failed: readonly CompiledCheck[];
  /** What has to be done: that of the strictest of them; null where the answer may pass. */
  readonly stop: CompiledCheck | null;
}

const PASSED: Judgement = { failed: [], stop: null };

/** `block` goes before `reroute`; the others let the answer pass. */
export function judge(checks: readonly CompiledCheck[], facts: AttemptFacts): Judgement {
  const failed = checks.filter(({ holds }) => !holds(facts));
  if (failed.length === 0) return PASSED;
  const stop =
    failed.find(({ onFailure }) => onFailure === 'block') ??
    failed.find(({ onFailure }) => onFailure === 'reroute') ??
    null;
  return { failed, stop };
}

export function findingOf({ check, stage, onFailure }: CompiledCheck): Finding {
  return { check, stage, done: onFailure };
}
