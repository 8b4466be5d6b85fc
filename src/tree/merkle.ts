/** Verifying inclusion and consistency. Sources: RFC 6962 §2.1.1 and §2.1.2; the algorithms of RFC 9162 §2.1.3.2 and §2.1.4.2. */
import { equal } from '../bytes/octets.js';
import { Failure } from '../reason-core.js';
import { emptyRoot, HASH_SIZE, nodeHash } from './hash.js';
import { isSize } from './range.js';

/**
 * Checks that `leaf` (a leaf hash) stands at `index` in the tree of `size` leaves with that root.
 *
 * Index, size and proof are the attacker's. Throws `tree/index-out-of-range` or `tree/inclusion-invalid`.
 */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): void {
  if (!equal(inclusionRoot(index, size, leaf, proof), root)) throw new Failure('tree/inclusion-invalid');
}

/**
 * The root of the tree of `size` leaves in which `leaf` (a leaf hash) stands at `index`, if the proof is right; nothing is proven before
 * that root is found to be signed. Throws `tree/index-out-of-range` or `tree/inclusion-invalid` where no such proof can exist.
 */
export function inclusionRoot(
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
): Uint8Array {
  if (!isSize(index) || !isSize(size) || index >= size) throw new Failure('tree/index-out-of-range');
  let hash = leaf;
  let node = index;
  let last = size - 1;
  for (const sibling of proof) {
    if (last === 0 || sibling.length !== HASH_SIZE) throw new Failure('tree/inclusion-invalid');
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      // A rightmost node without a sibling is passed up unchanged until it is a right child.
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  if (last !== 0) throw new Failure('tree/inclusion-invalid');
  return hash;
}

/**
 * Checks that the tree of `newSize` leaves extends the tree of `oldSize` leaves. Throws `tree/consistency-invalid`.
 *
 * Every tree extends the empty one, with an empty proof.
 */
export function verifyConsistency(
  oldSize: number,
  newSize: number,
  oldRoot: Uint8Array,
  newRoot: Uint8Array,
  proof: readonly Uint8Array[],
): void {
  const invalid = () => new Failure('tree/consistency-invalid');
  if (oldSize === 0 && newSize > 0 && isSize(newSize)) {
    if (proof.length > 0 || !equal(oldRoot, emptyRoot())) throw invalid();
    return;
  }
  if (!equal(consistencyRoot(oldSize, newSize, oldRoot, proof), newRoot)) throw invalid();
}

/**
 * The root of the tree of `newSize` leaves that extends the tree of `oldSize` leaves with that root, if the proof is right; nothing is
 * proven before the result is found to be signed. Throws `tree/consistency-invalid` where no such proof can exist, and where the
 * old tree is empty and the new one is not: from nothing no root follows.
 */
export function consistencyRoot(
  oldSize: number,
  newSize: number,
  oldRoot: Uint8Array,
  proof: readonly Uint8Array[],
): Uint8Array {
  const invalid = () => new Failure('tree/consistency-invalid');
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) throw invalid();
  if (proof.some(hash => hash.length !== HASH_SIZE)) throw invalid();
  if (oldSize === newSize) {
    if (proof.length > 0) throw invalid();
    return oldRoot;
  }
  if (oldSize === 0) throw invalid();
  let node = oldSize - 1;
  let last = newSize - 1;
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  // When the old tree is a complete subtree of the new one, its root is where the proof starts, and is left out of it.
  const path = node === 0 ? [oldRoot, ...proof] : [...proof];
  const seed = path.shift();
  if (seed === undefined) throw invalid();
  let oldHash = seed;
  let newHash = seed;
  for (const hash of path) {
    if (last === 0) throw invalid();
    if (node % 2 === 1 || node === last) {
      oldHash = nodeHash(hash, oldHash);
      newHash = nodeHash(hash, newHash);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      newHash = nodeHash(newHash, hash);
    }
    [node, last] = [half(node), half(last)];
  }
  if (last !== 0 || !equal(oldHash, oldRoot)) throw invalid();
  return newHash;
}

function half(value: number): number {
  return Math.floor(value / 2);
}
