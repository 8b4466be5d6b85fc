/** A checkpoint under the log's own Ed25519 signature: what a commit ends with, and what witnesses are shown. */
import type { Signer } from '../../bytes/cryptography.js';
import { type Checkpoint, formatCheckpoint } from '../../note/checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { signNote } from '../../note/signed-note.js';

export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** What is signed. */
  readonly text: string;
  readonly signature: NoteSignature;
}

/** `key`'s name must be the checkpoint's origin. */
export function signCheckpoint(checkpoint: Checkpoint, key: VerifierKey, signer: Signer): SignedCheckpoint {
  const text = formatCheckpoint(checkpoint);
  return { checkpoint, text, signature: signNote(text, key, signer) };
}
