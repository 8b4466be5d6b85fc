/**
 * Signed notes: a text, a blank line, and lines `— <name> base64(<key id> ‖ <signature>)`. Source: C2SP signed-note.
 *
 * Whoever carries a note may add signature lines, so a line by an unknown key means nothing here; but a line by a known key that does
 * not verify condemns the whole note.
 */
import { type Signer, verifyEd25519 } from '../bytes/cryptography.js';
import { equal, fromUtf8, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';
import { cosignatureTime } from './cosignature.js';
import { isCosignerType, keyLabel, type VerifierKey } from './key.js';
import { formatSignatureLine, type NoteSignature, parseSignatureLine } from './signature-line.js';

/** Far beyond any note of ours; it bounds what a stranger can make us read. */
const MAX_NOTE_BYTES = 1 << 20;
const MAX_SIGNATURES = 100;

export interface SignedNote {
  /** The text, its final newline included: exactly what is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Reads a note without judging any signature. Throws `note/malformed`. */
export function parseNote(bytes: Uint8Array): SignedNote {
  if (bytes.length > MAX_NOTE_BYTES) throw new Failure('note/malformed', { detail: 'over 1 MiB' });
  const whole = fromUtf8(bytes);
  if (whole === null) throw new Failure('note/malformed', { detail: 'not UTF-8' });
  if (/[\x00-\x09\x0b-\x1f]/.test(whole))
    throw new Failure('note/malformed', { detail: 'a control character' });
  const split = whole.lastIndexOf('\n\n');
  if (split < 0 || !whole.endsWith('\n'))
    throw new Failure('note/malformed', { detail: 'no signature block' });
  const lines = whole.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new Failure('note/malformed', { detail: 'too many signatures' });
  return { text: whole.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

export function formatNote(note: SignedNote): Uint8Array {
  return utf8(`${note.text}\n${note.signatures.map(formatSignatureLine).join('')}`);
}

/** Signs a text with a plain Ed25519 key. */
export function signNote(text: string, key: VerifierKey, signer: Signer): NoteSignature {
  return { name: key.name, keyId: key.id, signature: signer.sign(utf8(text)) };
}

export interface VerifiedSignature {
  readonly key: VerifierKey;
  /** When a cosigner says it signed, in Unix seconds; null for a plain signature. */
  readonly time: number | null;
}

export interface VerifiedNote {
  /** One per known key that signed, in the order of `known`. */
  readonly verified: readonly VerifiedSignature[];
  /** Lines by keys that are not in `known`: nothing vouches for them. */
  readonly unknown: readonly NoteSignature[];
}

/**
 * Judges each signature by a known key. Throws `note/signature-invalid` when one of them fails, and `note/malformed` when one key
 * signs twice: then the two lines could tell different stories.
 */
export async function verifyNote(note: SignedNote, known: readonly VerifierKey[]): Promise<VerifiedNote> {
  const verified = new Map<VerifierKey, VerifiedSignature>();
  const unknown: NoteSignature[] = [];
  for (const signature of note.signatures) {
    const key = known.find(({ name, id }) => name === signature.name && equal(id, signature.keyId));
    if (key === undefined) {
      unknown.push(signature);
      continue;
    }
    if (verified.has(key))
      throw new Failure('note/malformed', { field: key.name, detail: 'two signatures by one key' });
    verified.set(key, await verifySignature(note.text, key, signature.signature));
  }
  return { verified: [...new Set(known)].flatMap(key => verified.get(key) ?? []), unknown };
}

async function verifySignature(
  text: string,
  key: VerifierKey,
  signature: Uint8Array,
): Promise<VerifiedSignature> {
  if (isCosignerType(key.type)) {
    const time = await cosignatureTime(text, key, signature);
    if (time !== null) return { key, time };
  } else if (await verifyEd25519(key.publicKey, utf8(text), signature)) {
    return { key, time: null };
  }
  throw new Failure('note/signature-invalid', { field: keyLabel(key) });
}
