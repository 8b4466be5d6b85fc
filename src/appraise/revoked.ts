/** The codes of what was revoked, by what it was. Beside `revocations.ts`, so that who only verifies a bundle loads the text of one of them. */
import type { ReasonCode } from '../reason.js';
import type { RevocationField } from '../receipt/revocation-words.js';

/** The code of a fact or a piece of evidence that a revocation of that field has taken back. */
export const REVOKED = {
  chip: 'revocation/chip',
  tcb: 'revocation/tcb',
  measurement: 'revocation/measurement',
  signer: 'revocation/signer',
  model: 'revocation/model',
} as const satisfies Record<RevocationField, ReasonCode>;
