/** What comes of looking at evidence that is handed in with a receipt. */
import type { ReasonCode } from '../../reason.js';
import type { JudgedEvidence } from '../../receipt/verdict.js';

/** What one piece of evidence comes to. */
export interface WeighedEvidence {
  readonly judged: JudgedEvidence;
  readonly status: 'accepted' | 'refused' | 'inconclusive';
  readonly code: ReasonCode | null;
  /** Null for what has no edges: a receipt of an upstream. */
  readonly binding: {
    readonly status: 'accepted' | 'refused' | 'inconclusive';
    readonly code: ReasonCode | null;
  } | null;
  /** What it shows when it is accepted and bound: of which fact, and which grade. */
  /** Public keys: who has signed a receipt that is accepted, and whose receipts an attestation that is accepted and bound is for. */
  readonly signedBy?: Uint8Array;
  readonly signersAttested?: readonly Uint8Array[];
  readonly shows: { readonly place: 'handoff' | 'hardware' | null; readonly model: 'provider-signed' | null };
}
