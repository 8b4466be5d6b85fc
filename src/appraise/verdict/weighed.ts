/** What comes of looking at evidence that is handed in with a receipt. */
import type { ReasonCode } from '../../reason.js';
import type { JudgedEvidence } from '../../receipt/verdict.js';
import type { HardwareReport } from '../evidence/appraised.js';
import { evidenceFacts } from '../kept/facts.js';
import { revokedOf } from '../revocations.js';
import { REVOKED } from '../revoked.js';
import type { KnownRevocation } from '../trust.js';

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
  /** When it was made, as it says itself, in milliseconds since 1970; null where it does not, and for what was not accepted. */
  readonly madeAt: number | null;
  /** What it shows when it is accepted and bound: of which fact, and which grade. */
  readonly shows: Shown;
  /** Where something behind it was revoked: what, since when that is known (milliseconds), and which place it showed before; null where nothing was. */
  readonly revoked: (FoundRevocation & { readonly was: Shown['place'] }) | null;
  /** The public key that has signed a receipt that is accepted. */
  readonly signedBy?: Uint8Array;
  /** The public keys whose receipts an attestation that is accepted and bound is for. */
  readonly signersAttested?: readonly Uint8Array[];
}

export interface Shown {
  readonly place: 'handoff' | 'hardware' | null;
  readonly model: 'provider-signed' | null;
}

export interface FoundRevocation {
  readonly code: ReasonCode;
  /** Since when it is known, in milliseconds since 1970. */
  readonly until: number;
}

/** What of the evidence was revoked first; null where nothing was. */
export function revocationOf(
  report: HardwareReport,
  known: readonly KnownRevocation[],
): FoundRevocation | null {
  const found = revokedOf(evidenceFacts(report), known);
  return found === null ? null : { code: REVOKED[found.revocation.field], until: found.decided };
}
