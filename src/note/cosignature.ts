/**
 * Timestamped Ed25519 cosignatures of checkpoints: `u64be time ‖ signature` over `cosignature/v1\ntime <time>\n<checkpoint>`.
 * Source: C2SP tlog-cosignature. What it says: as of that time, this is the largest consistent tree that the cosigner has seen.
 */
import { type Signer, verifyEd25519 } from '../bytes/cryptography.js';
import { concat, fromU64be, u64be, utf8 } from '../bytes/octets.js';
import type { VerifierKey } from './key.js';
import type { NoteSignature } from './signature-line.js';

/** Cosigns a checkpoint's text (its final newline included) at a time in Unix seconds. */
export function cosign(checkpoint: string, time: number, key: VerifierKey, signer: Signer): NoteSignature {
  const signature = signer.sign(signedBytes(checkpoint, time));
  return { name: key.name, keyId: key.id, signature: concat(u64be(time), signature) };
}

/** The time that a cosignature states, in Unix seconds, or null when it does not verify. */
export async function cosignatureTime(
  checkpoint: string,
  key: VerifierKey,
  cosignature: Uint8Array,
): Promise<number | null> {
  if (cosignature.length !== 72) return null;
  const time = fromU64be(cosignature);
  if (time === null) return null;
  const valid = await verifyEd25519(key.publicKey, signedBytes(checkpoint, time), cosignature.subarray(8));
  return valid ? time : null;
}

function signedBytes(checkpoint: string, time: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${time}\n${checkpoint}`);
}
