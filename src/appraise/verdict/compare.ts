/**
 * Two verdicts beside each other, clause by clause. Where they judged the same by the same rules and differ, one of them is wrong, and judging again says
 * which; where they judged something else, or by another policy, a difference is no lie.
 */
import { type Json, sameJson } from '../../bytes/json.js';
import { CLAUSES, type Clause, type ClauseName, type Verdict } from '../../receipt/verdict.js';

/** What two verdicts may have been about that is not the same. */
export const INPUTS = ['bundle', 'receipt', 'trust', 'policy', 'evidence', 'asOf', 'checker'] as const;
export type InputName = (typeof INPUTS)[number];

export interface ClauseDifference {
  readonly clause: ClauseName;
  /** Null where a verdict has no such clause. */
  readonly first: Clause | null;
  readonly second: Clause | null;
}

export interface Comparison {
  /** What they were not both about. Where there is any, a difference proves nothing against anybody. */
  readonly inputs: readonly InputName[];
  readonly clauses: readonly ClauseDifference[];
  /** `same`; `other-question`: they differ, and were asked something else; `contradiction`: one of them is wrong. */
  readonly kind: 'same' | 'other-question' | 'contradiction';
}

export function compareVerdicts(first: Verdict, second: Verdict): Comparison {
  const inputs = INPUTS.filter(name => !sameJson(first[name] as Json, second[name] as Json));
  const clauses = CLAUSES.flatMap((clause): ClauseDifference[] => {
    const [a, b] = [clauseOf(first, clause), clauseOf(second, clause)];
    return isSameClause(a, b) ? [] : [{ clause, first: a, second: b }];
  });
  const differs = clauses.length > 0 || first.outcome !== second.outcome;
  return {
    inputs,
    clauses,
    kind: !differs ? 'same' : inputs.length > 0 ? 'other-question' : 'contradiction',
  };
}

export function clauseOf({ clauses }: Verdict, name: ClauseName): Clause | null {
  return clauses.find(({ clause }) => clause === name) ?? null;
}

/** Whether two say the same of a clause, the reason and the claim that decided it included. */
export function isSameClause(a: Clause | null, b: Clause | null): boolean {
  return a?.status === b?.status && a?.code === b?.code && a?.decidedBy === b?.decidedBy;
}
