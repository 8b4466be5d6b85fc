/**
 * Proving what a closing says of one number: by the leaf that has it, or by the two leaves between which it would stand. Source:
 * spec/closing.md, §4.
 */
import * as v from 'valibot';
import { fromBase64, toBase64 } from '../bytes/base64.js';
import { fromHex } from '../bytes/hex.js';
import { Failure } from '../reason.js';
import { HASH_SIZE, leafHash } from '../tree/hash.js';
import { verifyInclusion } from '../tree/merkle.js';
import type { Closing } from './closing.js';
import { type ClosingLeaf, compareKeys, LEAF_BYTES, leafKey, readLeaf } from './closing-leaf.js';
import { Count } from './shapes.js';

/** A tree of 2^53 leaves has proofs of at most that many hashes. */
const MAX_HASHES = 53;
const LEAF_CHARACTERS = 4 * Math.ceil(LEAF_BYTES / 3);
const HASH_CHARACTERS = 44;

const Neighbour = v.strictObject({
  /** The inclusion proof (RFC 6962 §2.1.1), in base64. */
  hashes: v.pipe(v.array(v.pipe(v.string(), v.length(HASH_CHARACTERS))), v.maxLength(MAX_HASHES)),
  index: Count,
  leaf: v.pipe(v.string(), v.length(LEAF_CHARACTERS)),
});

/** The leaf that has the number; or those before and after the place where it would stand, as far as there are any. */
export const LeafProofSchema = v.pipe(v.array(Neighbour), v.maxLength(2));
export type LeafProofJson = v.InferOutput<typeof LeafProofSchema>;

export interface ProvenLeaf {
  readonly index: number;
  /** The leaf's bytes. */
  readonly leaf: Uint8Array;
  readonly hashes: readonly Uint8Array[];
}

export function leafProofJson(proof: readonly ProvenLeaf[]): LeafProofJson {
  return proof.map(({ index, leaf, hashes }) => ({
    hashes: hashes.map(toBase64),
    index,
    leaf: toBase64(leaf),
  }));
}

/** Throws `closing/proof-malformed`. */
export function readLeafProof(json: LeafProofJson): readonly ProvenLeaf[] {
  return json.map(({ index, leaf, hashes }) => ({
    index,
    leaf: decode(leaf, LEAF_BYTES, 'leaf'),
    hashes: hashes.map(hash => decode(hash, HASH_SIZE, 'hashes')),
  }));
}

/**
 * What the closing says of a number: its leaf, or null when it has none. Throws `closing/proof-invalid` for a proof of neither, and
 * `closing/leaf-malformed`.
 */
export function provenLeaf(
  { leaves }: Pick<Closing, 'leaves'>,
  client: string,
  counter: number,
  proof: readonly ProvenLeaf[],
): ClosingLeaf | null {
  const root = fromHex(leaves.root) as Uint8Array;
  for (const { index, leaf, hashes } of proof) {
    try {
      verifyInclusion(index, leaves.count, leafHash(leaf), hashes, root);
    } catch (error) {
      throw error instanceof Failure ? invalid(error.code) : error;
    }
  }
  const key = leafKey(client, counter);
  const [first, second, ...surplus] = proof.map(found => ({
    ...found,
    read: readLeaf(found.leaf),
    order: compareKeys(found.leaf, key),
  }));
  if (surplus.length > 0) throw invalid('more than two leaves');
  if (first === undefined) {
    if (leaves.count > 0) throw invalid('no leaf');
    return null;
  }
  if (second !== undefined) {
    if (second.index !== first.index + 1) throw invalid('the leaves are not neighbours');
    if (first.order >= 0 || second.order <= 0) throw invalid('the number does not stand between them');
    return null;
  }
  if (first.order === 0) return first.read;
  const isBeyond = first.order < 0 ? first.index === leaves.count - 1 : first.index === 0;
  if (!isBeyond) throw invalid('one neighbour is missing');
  return null;
}

function decode(text: string, length: number, field: string): Uint8Array {
  const bytes = fromBase64(text);
  if (bytes?.length !== length) throw new Failure('closing/proof-malformed', { field });
  return bytes;
}

function invalid(detail: string): Failure {
  return new Failure('closing/proof-invalid', { detail });
}
