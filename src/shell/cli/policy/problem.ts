/** What is wrong with a policy, said to whoever wrote it: with its code, the line and the column, and what to do. */
import { advice, type ReasonCode, says } from '../../../reason.js';
import { UsageError } from '../exit-code.js';

export interface PolicyProblem {
  readonly code: ReasonCode;
  /** `file:line:column`. */
  readonly where: string;
  /** What exactly was found; null where the code says it all. */
  readonly detail: string | null;
}

/** A policy that is not used. */
export class PolicyRefused extends UsageError {
  readonly problems: readonly PolicyProblem[];

  constructor(problems: readonly PolicyProblem[]) {
    super(problems.map(sentenceOf).join('\n'));
    this.problems = problems;
  }
}

export function sentenceOf({ code, where, detail }: PolicyProblem): string {
  const found = detail === null ? '' : ` Found: ${detail.replace(/\.$/, '')}.`;
  return `${where}: ${code}: ${says(code)}${found} ${advice(code)}`;
}
