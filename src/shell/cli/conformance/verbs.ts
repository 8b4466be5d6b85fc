/** All conformance verbs. */
import { bindingVerb } from './binding.js';
import { evidenceVerbs } from './evidence.js';
import { VERIFY_NOTE, VERIFY_PROOF, VERIFY_RECEIPT } from './receipts.js';
import type { Verb } from './verb.js';

export const VERBS: readonly Verb[] = [
  VERIFY_RECEIPT,
  VERIFY_NOTE,
  VERIFY_PROOF,
  ...evidenceVerbs(),
  bindingVerb(),
];
