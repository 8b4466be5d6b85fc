/** Making roots and proofs from the hashes of complete subtrees. Source: RFC 6962 §2.1. */
import { Failure } from '../reason.js';
import { emptyRoot, nodeHash } from './hash.js';
import { decompose, isSize, type Subtree, splitPoint } from './range.js';

/** Gives the hash of a complete subtree of the tree that is being proved about. */
export type SubtreeReader = (subtree: Subtree) => Promise<Uint8Array>;

/** The Merkle tree hash of the leaves `start` to `end`, where {@link decompose} allows that range. */
export async function rangeHash(start: number, end: number, read: SubtreeReader): Promise<Uint8Array> {
  const hashes = await Promise.all(decompose(start, end).map(read));
  return hashes.length === 0 ? emptyRoot() : hashes.reduceRight((right, left) => nodeHash(left, right));
}

export function rootHash(size: number, read: SubtreeReader): Promise<Uint8Array> {
  return rangeHash(0, size, read);
}

/**
 * The inclusion proof of leaf `index` in the tree of `size` leaves: from the leaf's sibling to the root's child. Throws
 * `tree/index-out-of-range`.
 */
export async function proveInclusion(
  index: number,
  size: number,
  read: SubtreeReader,
): Promise<Uint8Array[]> {
  if (!isSize(index) || !isSize(size) || index >= size) throw new Failure('tree/index-out-of-range');
  const ranges: [number, number][] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const split = start + splitPoint(end - start);
    if (index < split) {
      ranges.push([split, end]);
      end = split;
    } else {
      ranges.push([start, split]);
      start = split;
    }
  }
  return Promise.all(ranges.reverse().map(([from, to]) => rangeHash(from, to, read)));
}

/**
 * The proof that the tree of `newSize` leaves extends the tree of `oldSize` leaves; empty where one is zero or both are equal. Throws
 * `tree/index-out-of-range` when the old tree is the larger one.
 */
export async function proveConsistency(
  oldSize: number,
  newSize: number,
  read: SubtreeReader,
): Promise<Uint8Array[]> {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) throw new Failure('tree/index-out-of-range');
  if (oldSize === 0 || oldSize === newSize) return [];
  const ranges: [number, number][] = [];
  let [start, end] = [0, newSize];
  // Follow the old tree's right edge down to the complete subtree that it ends with.
  while (end !== oldSize) {
    const split = start + splitPoint(end - start);
    if (oldSize <= split) {
      ranges.push([split, end]);
      end = split;
    } else {
      ranges.push([start, split]);
      start = split;
    }
  }
  if (start > 0) ranges.push([start, end]);
  return Promise.all(ranges.reverse().map(([from, to]) => rangeHash(from, to, read)));
}
