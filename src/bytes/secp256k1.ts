/** ECDSA on secp256k1 as Ethereum's tools write it: the signature says which of the possible keys has signed, and a key is known by its address. */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak256 } from './cryptography.js';
import { concat, utf8 } from './octets.js';

const RECOVERABLE_BYTES = 65;
/** What `v` is counted from in signatures of Ethereum; others count from 0. */
const FIRST_V = 27;

/**
 * What is hashed when a person's text is signed, so that no transaction can be taken for one. Source: EIP-191, version `0x45`.
 */
export function personalMessageHash(text: string): Uint8Array {
  const message = utf8(text);
  return keccak256(concat(utf8(`\u0019Ethereum Signed Message:\n${message.length}`), message));
}

/**
 * The address (20 bytes) of whoever has signed this digest of 32 bytes. `signature`: `r ‖ s ‖ v`, 65 bytes, `v` being 0, 1, 27 or 28. Null where no key can
 * have signed so. A signature with the larger of the two possible `s` is none: anybody could make it of the other.
 */
export function recoverAddress(digest: Uint8Array, signature: Uint8Array): Uint8Array | null {
  const v = signature.length === RECOVERABLE_BYTES ? (signature[64] as number) : -1;
  const recovery = v >= FIRST_V ? v - FIRST_V : v;
  if (recovery !== 0 && recovery !== 1) return null;
  try {
    const parsed = secp256k1.Signature.fromBytes(signature.subarray(0, 64), 'compact');
    if (parsed.hasHighS()) return null;
    const point = parsed.addRecoveryBit(recovery).recoverPublicKey(digest);
    // An address is of the two coordinates, without the byte that says that both are there.
    return keccak256(point.toBytes(false).subarray(1)).subarray(12);
  } catch {
    return null;
  }
}
