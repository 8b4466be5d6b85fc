/**
 * Whom a log asks to cosign: a witness, or a mirror, which cosigns once it has been brought the entries. Source: C2SP tlog-policy,
 * tlog-witness and tlog-mirror, of which this is the meaning without the transport.
 */
import type { Checkpoint } from '../note/checkpoint.js';
import type { VerifierKey } from '../note/key.js';
import type { NoteSignature } from '../note/signature-line.js';
import type { AddCheckpoint, AddCheckpointAnswer } from '../note/witness.js';
import type { EntryPackage } from './add-entries.js';
import type { Interval } from './subtree.js';

/** Where the entries for a mirror are taken from. */
export interface EntrySource {
  /** The packages with the entries of an interval of the tree of `size` entries, in order. */
  packages(interval: Interval, size: number): AsyncIterable<EntryPackage>;
}

/** What a log gives along with a checkpoint. Only a mirror makes use of the entries. */
export interface Supply {
  readonly entries: EntrySource;
  /** Called whenever the mirror has taken more of them. */
  readonly onProgress: () => void;
  /** Aborts when the log ends. */
  readonly signal: AbortSignal;
}

export interface SuppliedCheckpoint extends AddCheckpoint {
  /** Left out by who has no log at hand: then a mirror cannot cosign. */
  readonly supply?: Supply;
}

/** Every `Witness` is one. */
export interface PolicyMember {
  /** As a witness's: of one party, at least one. */
  readonly keys: readonly VerifierKey[];
  /** As a witness's; a mirror may take long. */
  addCheckpoint(request: SuppliedCheckpoint): Promise<AddCheckpointAnswer>;
}

/**
 * Brings a mirror what it lacks of a tree whose checkpoint it has taken, and resolves to what it then says of it. Nobody has judged
 * these lines. Throws `peer/…`, `witness/stale` when the mirror has gone on to another checkpoint, and what the supply throws.
 */
export type FillMirror = (checkpoint: Checkpoint, supply: Supply) => Promise<readonly NoteSignature[]>;
