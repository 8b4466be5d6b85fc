/**
 * Timestamped cosignatures of checkpoints: `u64be time ‖ signature`. Source: C2SP tlog-cosignature. What one says: as of that time,
 * this is the largest consistent tree that the cosigner has seen.
 *
 * Ed25519 signs `cosignature/v1\ntime <time>\n<checkpoint>`, which does not hold the cosigner's name; so one key, one cosigner. ML-DSA-44
 * signs a structure that does, and that can also speak of a part of the tree.
 */
import { ML_DSA_44, type Signer, verifyEd25519, verifyMlDsa44 } from '../bytes/cryptography.js';
import { concat, fromU64be, u64be, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';
import { parseCheckpoint } from './checkpoint.js';
import { KEY_TYPE, type VerifierKey } from './key.js';
import type { NoteSignature } from './signature-line.js';

/** Who cosigns: a key of a cosigner's type, and a way to use it. */
export interface Cosigner {
  readonly key: VerifierKey;
  /** Cosigns a checkpoint's text (its final newline included) at a time in Unix seconds. */
  cosign(checkpoint: string, time: number): NoteSignature | Promise<NoteSignature>;
}

/** The part of a log's tree that an ML-DSA-44 cosignature speaks of. */
export interface CosignedSubtree {
  readonly origin: string;
  /** The index of its first entry; 0 for a whole tree. */
  readonly start: number;
  /** The index after its last entry; the size for a whole tree. */
  readonly end: number;
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

const TIME_BYTES = 8;

/** A cosigner that signs in this thread. `key` must be of a cosigner's type, and the signer's own. */
export function cosignerOf(key: VerifierKey, signer: Signer): Cosigner {
  return { key, cosign: (checkpoint, time) => cosign(checkpoint, time, key, signer) };
}

/** Cosigns a checkpoint's text (its final newline included) at a time in Unix seconds. */
export function cosign(checkpoint: string, time: number, key: VerifierKey, signer: Signer): NoteSignature {
  const signature = signer.sign(signedBytes(checkpoint, time, key));
  return { name: key.name, keyId: key.id, signature: concat(u64be(time), signature) };
}

/** Signs a part of a tree with an ML-DSA-44 key, without saying when: the structure has no time unless it begins at the first entry. */
export function cosignSubtree(subtree: CosignedSubtree, key: VerifierKey, signer: Signer): NoteSignature {
  const signature = signer.sign(cosignedMessage(key.name, 0, subtree));
  return { name: key.name, keyId: key.id, signature: concat(u64be(0), signature) };
}

/** Whether an ML-DSA-44 key has signed that part of a tree, without a time. */
export async function subtreeIsCosigned(
  subtree: CosignedSubtree,
  key: VerifierKey,
  cosignature: Uint8Array,
): Promise<boolean> {
  if (key.type !== KEY_TYPE.mlDsaCosignature || cosignature.length < TIME_BYTES) return false;
  if (fromU64be(cosignature) !== 0) return false;
  const message = cosignedMessage(key.name, 0, subtree);
  return verifyMlDsa44(key.publicKey, message, cosignature.subarray(TIME_BYTES));
}

/**
 * The time that a cosignature states, in Unix seconds, or null when it does not verify. An ML-DSA-44 cosignature may state 0: then its
 * signer says that the tree is consistent, but not that it was the largest at any time.
 */
export async function cosignatureTime(
  checkpoint: string,
  key: VerifierKey,
  cosignature: Uint8Array,
): Promise<number | null> {
  if (cosignature.length !== TIME_BYTES + signatureBytes(key)) return null;
  const time = fromU64be(cosignature);
  if (time === null) return null;
  const signature = cosignature.subarray(TIME_BYTES);
  let message: Uint8Array;
  try {
    message = signedBytes(checkpoint, time, key);
  } catch (error) {
    // Not a checkpoint, or one whose origin the structure cannot hold: nobody can have signed that.
    if (error instanceof Failure) return null;
    throw error;
  }
  const verify = key.type === KEY_TYPE.mlDsaCosignature ? verifyMlDsa44 : verifyEd25519;
  return (await verify(key.publicKey, message, signature)) ? time : null;
}

function signatureBytes(key: VerifierKey): number {
  return key.type === KEY_TYPE.mlDsaCosignature ? ML_DSA_44.signatureBytes : 64;
}

/** Throws `checkpoint/malformed` when an ML-DSA-44 key is to sign what is no checkpoint. */
function signedBytes(checkpoint: string, time: number, key: VerifierKey): Uint8Array {
  if (key.type !== KEY_TYPE.mlDsaCosignature) return utf8(`cosignature/v1\ntime ${time}\n${checkpoint}`);
  const { origin, size, root } = parseCheckpoint(checkpoint);
  return cosignedMessage(key.name, time, { origin, start: 0, end: size, hash: root });
}

/** `cosigned_message` of tlog-cosignature, in the notation of RFC 8446 §3. */
function cosignedMessage(cosigner: string, time: number, subtree: CosignedSubtree): Uint8Array {
  return concat(
    utf8('subtree/v1\n\0'),
    shortText(cosigner),
    u64be(time),
    shortText(subtree.origin),
    u64be(subtree.start),
    u64be(subtree.end),
    subtree.hash,
  );
}

/** `opaque <1..2^8-1>`. */
function shortText(text: string): Uint8Array {
  const bytes = utf8(text);
  if (bytes.length > 255) throw new Failure('checkpoint/malformed', { detail: 'a name of over 255 bytes' });
  return concat(Uint8Array.of(bytes.length), bytes);
}
