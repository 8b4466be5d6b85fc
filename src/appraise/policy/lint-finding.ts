/** What linting a policy finds. */
import type { ReasonCode } from '../../reason.js';

/** Where in the policy something stands: names of members, and numbers in lists. */
export type PolicyPath = readonly (string | number)[];

export interface LintFinding {
  readonly code: ReasonCode;
  readonly path: PolicyPath;
  /** What exactly was found; null where the code says it all. */
  readonly detail: string | null;
  /** Whether it is the member's name that is wrong, and not its value. */
  readonly ofName?: true;
}
