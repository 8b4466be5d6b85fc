/**
 * Subtrees: a part of a tree that is a tree itself, and proofs that it is a part. Source: draft-ietf-plants-merkle-tree-certs-03 §4.1
 * and §4.4; the tree is that of RFC 6962 §2.1.
 *
 * A proof of consistency is the case of a subtree that begins at the first entry, a proof of inclusion that of a subtree of one entry.
 */
import { equal } from '../bytes/octets.js';
import { Failure } from '../reason.js';
import { emptyRoot, HASH_SIZE, nodeHash } from './hash.js';
import { rangeHash, type SubtreeReader } from './prove.js';
import { isSize, splitPoint } from './range.js';

/** The entries from `start` up to, but not including, `end`. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/**
 * Whether an interval is a subtree of every tree that has it: `start` is a multiple of the smallest power of two that is at least
 * `end - start`. The empty interval is one everywhere.
 */
export function isSubtree({ start, end }: Interval): boolean {
  if (!isSize(start) || !isSize(end) || start > end) return false;
  let width = 1;
  // At most 2^53, which a number holds.
  while (width < end - start) width *= 2;
  return start % width === 0;
}

/**
 * SUBTREE_PROOF(start, end, D_n): the proof that a subtree is part of the tree of `size` entries. Throws `tree/interval-invalid` when the
 * interval is no subtree of that tree.
 */
export async function proveSubtree(
  interval: Interval,
  size: number,
  read: SubtreeReader,
): Promise<Uint8Array[]> {
  if (!isWithin(interval, size)) throw new Failure('tree/interval-invalid');
  if (interval.start === interval.end) return [];
  const beside: [number, number][] = [];
  let { start } = interval;
  let [from, to] = [0, size];
  let isNode = true;
  while (start !== from || interval.end !== to) {
    const split = from + splitPoint(to - from);
    if (interval.end <= split) {
      beside.push([split, to]);
      to = split;
      continue;
    }
    beside.push([from, split]);
    // A subtree over both sides begins where this part of the tree does: its left side is whole, and only its right edge is followed.
    if (start < split) {
      isNode = false;
      start = split;
    }
    from = split;
  }
  // The verifier has the hash of the subtree already, unless no node of the tree has just these entries.
  if (!isNode) beside.push([from, to]);
  return Promise.all(beside.reverse().map(range => rangeHash(...range, read)));
}

/**
 * Checks that the subtree with this hash is part of the tree of `size` entries with this root. Interval, size, proof and hashes are the
 * attacker's. Throws `tree/interval-invalid` or `tree/subtree-invalid`.
 */
export function verifySubtree(
  interval: Interval,
  size: number,
  proof: readonly Uint8Array[],
  hash: Uint8Array,
  root: Uint8Array,
): void {
  if (!isWithin(interval, size)) throw new Failure('tree/interval-invalid');
  if (proof.some(({ length }) => length !== HASH_SIZE)) throw invalid();
  const { start, end } = interval;
  if (start === end) {
    if (proof.length > 0 || !equal(hash, emptyRoot())) throw invalid();
    return;
  }
  const hashes = leadsTo(interval, size, proof, hash);
  if (hashes === null || !equal(hashes.subtree, hash) || !equal(hashes.tree, root)) throw invalid();
}

/** The hashes of the subtree and of the whole tree to which a proof leads, or null when it has another length than it must. */
function leadsTo(
  { start, end }: Interval,
  size: number,
  proof: readonly Uint8Array[],
  hash: Uint8Array,
): { readonly subtree: Uint8Array; readonly tree: Uint8Array } | null {
  // The draft's fn, sn and tn: on the level that has been reached, the first and the last node of the subtree, and the last of the tree.
  let [first, last, top] = [start, end - 1, size - 1];
  const climb = () => {
    [first, last, top] = [half(first), half(last), half(top)];
  };
  const isRightEdge = last === top;
  while (first !== last && (isRightEdge || last % 2 === 1)) climb();
  const path = first === last ? [hash, ...proof] : [...proof];
  const seed = path.shift();
  if (seed === undefined) return null;
  let subtree = seed;
  let tree = seed;
  for (const beside of path) {
    if (top === 0) return null;
    if (last % 2 === 1 || last === top) {
      if (first < last) subtree = nodeHash(beside, subtree);
      tree = nodeHash(beside, tree);
      // A rightmost node without a sibling is passed up unchanged until it is a right child.
      while (last % 2 === 0) climb();
    } else {
      tree = nodeHash(tree, beside);
    }
    climb();
  }
  return top === 0 ? { subtree, tree } : null;
}

function isWithin(interval: Interval, size: number): boolean {
  return isSize(size) && interval.end <= size && isSubtree(interval);
}

function invalid(): Failure {
  return new Failure('tree/subtree-invalid');
}

function half(value: number): number {
  return Math.floor(value / 2);
}
