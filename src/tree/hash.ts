/** The hashes of the Merkle tree. Source: RFC 6962 §2.1 (RFC 9162 §2.1.1 is the same tree). */
import { sha256 } from '../bytes/cryptography.js';
import { concat } from '../bytes/octets.js';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The size of every hash, in bytes. */
export const HASH_SIZE = 32;

/** `SHA-256(00 ‖ entry)`. */
export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(concat(LEAF, entry));
}

/** `SHA-256(01 ‖ left ‖ right)`. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concat(NODE, left, right));
}

/** The root of the tree without entries: `SHA-256("")`. */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array());
}
