/** Reading checkpoints that anybody may have brought: which known keys have signed, and what. */

import { utf8 } from '../../bytes/octets.js';
import type { KnownKeys } from '../../court/misbehaviour/known-keys.js';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import type { VerifierKey } from '../../note/key.js';
import { keyLabel } from '../../note/key.js';
import { formatNote, parseNote, type SignedNote, verifyNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';

/** A checkpoint with the known keys that have signed it. Lines by others are left out. */
export interface Seen {
  readonly text: string;
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
  /** The log's keys that have signed. */
  readonly byLog: readonly VerifierKey[];
  readonly cosigners: readonly { readonly key: VerifierKey; readonly time: number }[];
}

/**
 * Reads a note. Throws `note/malformed`, `checkpoint/malformed`, `checkpoint/origin-mismatch`, `note/signature-invalid`, or
 * `checkpoint/log-signature-missing` when no known key has signed at all.
 */
export async function readSigned(bytes: Uint8Array, origin: string, known: KnownKeys): Promise<Seen> {
  const note = parseNote(bytes);
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== origin)
    throw new Failure('checkpoint/origin-mismatch', { detail: checkpoint.origin });
  const logKeys = counting(known.logs, checkpoint.size).filter(({ name }) => name === origin);
  const witnesses = counting(known.witnesses, checkpoint.size);
  const { verified } = await verifyNote(note, [...logKeys, ...witnesses]);
  if (verified.length === 0) throw new Failure('checkpoint/log-signature-missing');
  const labels = verified.map(({ key }) => keyLabel(key));
  const signatures = note.signatures.filter(line => labels.includes(signatureLabel(line)));
  const kept = { text: note.text, signatures };
  return {
    text: Buffer.from(formatNote(kept)).toString('utf8'),
    note: kept,
    checkpoint,
    byLog: verified.flatMap(({ key }) => (logKeys.includes(key) ? [key] : [])),
    cosigners: verified.flatMap(({ key, time }) =>
      time === null || logKeys.includes(key) ? [] : [{ key, time }],
    ),
  };
}

/** The key that a line says it is by, as `keyLabel` writes it. */
export function signatureLabel({ name, keyId }: SignedNote['signatures'][number]): string {
  return `${name}+${Buffer.from(keyId).toString('hex')}`;
}

/** The same for a note that was read before, and kept. */
export function readKept(text: string, origin: string, known: KnownKeys): Promise<Seen> {
  return readSigned(utf8(text), origin, known);
}

/** The keys for whose signature under a tree of that size somebody answers. */
function counting(known: KnownKeys['logs'], size: number): VerifierKey[] {
  return known.flatMap(({ key, retired }) =>
    retired === null || (retired.why === 'rotated' && size <= retired.until) ? [key] : [],
  );
}
