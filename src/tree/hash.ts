/** The hashes of the Merkle tree. Source: RFC 6962 §2.1 (RFC 9162 §2.1.1 is the same tree). */
import { sha256 } from '../bytes/cryptography.js';
import { concat } from '../bytes/octets.js';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The size of every hash, in bytes. */
export const HASH_SIZE = 32;

/** `SHA-256(00 ‖ entry)`. */
export function leafHash(entry: Uint8Array): Uint8Array {
  if (entry.length >= leaf.length) return sha256(concat(LEAF, entry));
  leaf.set(entry, LEAF.length);
  return sha256(leaf.subarray(0, LEAF.length + entry.length));
}

/** What the hash of a leaf is made of, in one place for all leaves of the usual length. */
const leaf = new Uint8Array(4096);
leaf.set(LEAF);

/** What the hash of a node is made of, in one place for all nodes: there are as many of them as entries. */
const node = new Uint8Array(NODE.length + 2 * HASH_SIZE);
node.set(NODE);

/** `SHA-256(01 ‖ left ‖ right)`. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  // Somebody's proof may hold anything.
  if (left.length !== HASH_SIZE || right.length !== HASH_SIZE) return sha256(concat(NODE, left, right));
  node.set(left, NODE.length);
  node.set(right, NODE.length + HASH_SIZE);
  return sha256(node);
}

/** The root of the tree without entries: `SHA-256("")`. */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array());
}
