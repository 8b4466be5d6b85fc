/**
 * Why something failed or was not checked: a closed list of codes, shared by the code, the documentation and the receipts. The list
 * is `spec/reasons.json`; one cause has one code, and a code never changes its meaning.
 */
import { learn, type ReasonCode } from './reason-core.js';
import { REASONS } from './reason-table.js';

// biome-ignore lint/performance/noBarrelFile: whoever imports this has what is in the core, and all texts as well.
export {
  advice,
  Failure,
  type FailureContext,
  type ReasonCode,
  says,
} from './reason-core.js';

learn(REASONS);

export function isReasonCode(text: string): text is ReasonCode {
  return Object.hasOwn(REASONS, text);
}
