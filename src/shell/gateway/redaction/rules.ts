/** What is to be taken out of a prompt before it leaves. */

import { REDACTION_KINDS, type RedactionKind } from '../../../receipt/policy-words.js';

export { REDACTION_KINDS, type RedactionKind };

export interface RedactionRules {
  /** Each is found by what it looks like; names are found by a list. */
  readonly kinds: readonly RedactionKind[];
  /** Names of people, companies, projects: whatever is to be found wherever it stands as a word. */
  readonly names: readonly string[];
  /** Whether what was taken out is put back into the answer. */
  readonly restore: boolean;
}

/** What can be found. */
export type FoundKind = RedactionKind | 'name';

/** Something that was found in a text, from `start`, before `end`. */
export interface Found {
  readonly kind: FoundKind;
  readonly start: number;
  readonly end: number;
}
