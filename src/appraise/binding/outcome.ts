/** Outcomes of edges, and what several of them come to. */
import { type ReasonCode, says } from '../../reason.js';
import type { Outcome } from './run.js';

export const shown = (what: string): Outcome => ({ status: 'holds', says: what });
export const contradicted = (code: ReasonCode): Outcome => ({
  status: 'contradicted',
  code,
  says: says(code),
});
export const notShown = (code: ReasonCode): Outcome => ({ status: 'not-shown', code, says: says(code) });

/** Of several ways to see one edge: one that contradicts counts in any case, and otherwise one that holds is enough. */
export function anyOf(outcomes: readonly Outcome[], none: ReasonCode): Outcome {
  const first = (status: Outcome['status']) => outcomes.find(outcome => outcome.status === status);
  return first('contradicted') ?? first('holds') ?? first('not-shown') ?? notShown(none);
}

/** Of steps that one edge is made of: all must hold. */
export function allOf(steps: readonly [Outcome, ...Outcome[]]): Outcome {
  const first = (status: Outcome['status']) => steps.find(outcome => outcome.status === status);
  return first('contradicted') ?? first('not-shown') ?? steps[0];
}
