/**
 * Checkpoints inside evidence: a note under exactly one signature line, that of the accused. Whatever else was in the note when it was
 * found does not matter to the proof and is left out, so that nobody can carry anything in it.
 */
import * as v from 'valibot';
import { toHex } from '../../bytes/hex.js';
import { equal, utf8 } from '../../bytes/octets.js';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import { keyLabel, type VerifierKey } from '../../note/key.js';
import { formatSignatureLine, type NoteSignature } from '../../note/signature-line.js';
import { formatNote, parseNote, type SignedNote, verifyNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import { checkAnswersFor, type KnownKey, keysWithLabel } from './known-keys.js';

/** A note with one signature of ML-DSA-44 has some 3,500 bytes. */
const MAX_NOTE_CHARACTERS = 8192;

export const NoteText = v.pipe(v.string(), v.maxLength(MAX_NOTE_CHARACTERS));

/** A checkpoint as evidence states it; nobody has looked at the signature yet. */
export interface StatedCheckpoint {
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
  /** Who is said to have signed, as {@link keyLabel} writes it. */
  readonly signer: string;
}

/** A checkpoint that a known key has signed. */
export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly key: VerifierKey;
  /** When it says it signed, in Unix seconds; null for a signature without a time, or with the time 0, which says nothing. */
  readonly time: number | null;
}

/** Reads a note by round trip. Throws `misbehaviour/malformed`, `note/malformed` or `checkpoint/malformed`. */
export function parseStated(text: string, field: string): StatedCheckpoint {
  const bytes = utf8(text);
  const note = parseNote(bytes);
  const [line, ...surplus] = note.signatures;
  if (line === undefined || surplus.length > 0 || !equal(formatNote(note), bytes))
    throw new Failure('misbehaviour/malformed', { field, detail: 'not exactly one signature' });
  return { note, checkpoint: parseCheckpoint(note.text), signer: labelOf(line) };
}

/** Two checkpoints of one signer. Throws `misbehaviour/keys-differ` or `misbehaviour/origins-differ`. */
export function checkOneSigner([a, b]: readonly [StatedCheckpoint, StatedCheckpoint]): void {
  if (a.signer !== b.signer)
    throw new Failure('misbehaviour/keys-differ', { detail: `${a.signer}, ${b.signer}` });
  if (a.checkpoint.origin !== b.checkpoint.origin)
    throw new Failure('misbehaviour/origins-differ', {
      detail: `${a.checkpoint.origin}, ${b.checkpoint.origin}`,
    });
}

/**
 * The one known key that has signed all of these. Throws `misbehaviour/key-unknown`, `misbehaviour/key-retired` or
 * `note/signature-invalid`.
 */
export async function checkSigned<const Stated extends readonly [StatedCheckpoint, ...StatedCheckpoint[]]>(
  stated: Stated,
  known: readonly KnownKey[],
): Promise<{ [At in keyof Stated]: SignedCheckpoint }> {
  const [first] = stated;
  for (const candidate of keysWithLabel(first.signer, known)) {
    const signed = await signedBy(stated, candidate.key);
    if (signed === null) continue;
    for (const { checkpoint } of stated) checkAnswersFor(candidate, checkpoint.size);
    return signed as { [At in keyof Stated]: SignedCheckpoint };
  }
  throw new Failure('note/signature-invalid', { field: first.signer });
}

/** Throws `misbehaviour/origin-foreign` unless the signer is the log itself: a log's key has the name of its origin. */
export function checkIsLog({ checkpoint, key }: SignedCheckpoint): void {
  if (checkpoint.origin !== key.name)
    throw new Failure('misbehaviour/origin-foreign', {
      detail: `${checkpoint.origin}, signed as ${key.name}`,
    });
}

/** A note with no other line than the key's, as evidence holds it; null when the key has no line in it. The signature is not judged. */
export function stateFor(note: SignedNote, key: VerifierKey): string | null {
  const line = note.signatures.find(({ name, keyId }) => name === key.name && equal(keyId, key.id));
  if (line === undefined) return null;
  return `${note.text}\n${formatSignatureLine(line)}`;
}

async function signedBy(
  stated: readonly StatedCheckpoint[],
  key: VerifierKey,
): Promise<readonly SignedCheckpoint[] | null> {
  const signed: SignedCheckpoint[] = [];
  for (const { note, checkpoint } of stated) {
    try {
      const { verified } = await verifyNote(note, [key]);
      const [signature] = verified;
      if (signature === undefined) return null;
      signed.push({ checkpoint, key, time: signature.time === 0 ? null : signature.time });
    } catch (error) {
      if (error instanceof Failure && error.code === 'note/signature-invalid') return null;
      throw error;
    }
  }
  return signed;
}

function labelOf({ name, keyId }: NoteSignature): string {
  return `${name}+${toHex(keyId)}`;
}
