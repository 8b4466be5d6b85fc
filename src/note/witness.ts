/** What a log needs of a witness. Source: C2SP tlog-witness, of which this is the meaning without the transport. */
import type { VerifierKey } from './key.js';
import type { NoteSignature } from './signature-line.js';

export interface AddCheckpoint {
  /** The size that the log believes the witness has last cosigned; 0 for none. */
  readonly oldSize: number;
  /** The consistency proof from that size to the checkpoint's, at most 63 hashes. */
  readonly proof: readonly Uint8Array[];
  /** The checkpoint as a note, signed by the log. */
  readonly checkpoint: Uint8Array;
}

export type AddCheckpointAnswer =
  /** One for each of its keys. */
  | { readonly status: 'cosigned'; readonly cosignatures: readonly NoteSignature[] }
  /** The witness has cosigned another size, which the log should start from (HTTP 409). */
  | { readonly status: 'stale'; readonly size: number };

export interface Witness {
  /** The keys that it cosigns with, at least one: of one party, which may have one for each algorithm. */
  readonly keys: readonly VerifierKey[];
  /**
   * Checks and persists, atomically and durably, before it answers. Throws `note/malformed`, `checkpoint/malformed`,
   * `checkpoint/origin-mismatch` (404), `checkpoint/log-signature-missing` or `note/signature-invalid` (403),
   * `witness/old-size-too-large` (400) or `witness/consistency-invalid` (422).
   */
  addCheckpoint(request: AddCheckpoint): Promise<AddCheckpointAnswer>;
}
