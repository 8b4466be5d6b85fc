/** The root over a list that is at hand. Source: RFC 6962 §2.1. */
import { emptyRoot, leafHash, nodeHash } from './hash.js';
import { splitPoint } from './range.js';

/** The Merkle tree hash of these entries, in order. */
export function merkleRoot(entries: readonly Uint8Array[]): Uint8Array {
  return entries.length === 0 ? emptyRoot() : rangeRoot(entries.map(leafHash));
}

function rangeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  const split = splitPoint(leaves.length);
  return nodeHash(rangeRoot(leaves.slice(0, split)), rangeRoot(leaves.slice(split)));
}
