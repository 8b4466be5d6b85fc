/**
 * A batch of OpenGradient's settlements: the dump of a Merkle tree over what enclaves have signed. Source: `OpenZeppelin/merkle-tree`, format `standard-v1`;
 * `OpenGradient/inference-facilitator`, whose leaves are (TEE, request hash, output hash, signature, time).
 */
import * as v from 'valibot';
import { keccak256 } from '../../bytes/cryptography.js';
import { concat, concatAll, equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { hexBytes, readForeign } from '../foreign-json.js';
import { uint256 } from './signing-key.js';

export interface BatchItem {
  readonly teeId: Uint8Array;
  readonly requestHash: Uint8Array;
  readonly outputHash: Uint8Array;
  /** As it was handed in, which may be none. */
  readonly signature: Uint8Array;
  /** Unix seconds. */
  readonly timestamp: number;
  /** Where its leaf stands in the tree. */
  readonly treeIndex: number;
}

export interface Batch {
  /** Nodes from the root down; those after the middle are leaves. */
  readonly tree: readonly Uint8Array[];
  readonly items: readonly BatchItem[];
}

const LEAF_ENCODING = v.strictTuple([
  v.literal('bytes32'),
  v.literal('bytes32'),
  v.literal('bytes32'),
  v.literal('bytes'),
  v.literal('uint256'),
]);
/** A batch has some twenty. */
const MAX_ITEMS = 4096;
const MAX_SIGNATURE_BYTES = 1024;

const Timestamp = v.pipe(
  v.union([v.pipe(v.string(), v.regex(/^(?:0|[1-9][0-9]{0,15})$/)), v.number()]),
  v.transform(Number),
  v.safeInteger(),
  v.minValue(0),
);

const Form = {
  code: 'opengradient/batch-malformed',
  maxBytes: 8 * 1024 * 1024,
  schema: v.object({
    format: v.literal('standard-v1'),
    leafEncoding: LEAF_ENCODING,
    tree: v.pipe(v.array(hexBytes(32)), v.minLength(1), v.maxLength(2 * MAX_ITEMS)),
    values: v.pipe(
      v.array(
        v.object({
          value: v.strictTuple([
            hexBytes(32),
            hexBytes(32),
            hexBytes(32),
            hexBytes(0, MAX_SIGNATURE_BYTES),
            Timestamp,
          ]),
          treeIndex: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
        }),
      ),
      v.minLength(1),
      v.maxLength(MAX_ITEMS),
    ),
  }),
} as const;

/** Throws `opengradient/batch-malformed`. Nothing is compared yet. */
export function parseBatch(bytes: Uint8Array): Batch {
  const { tree, values } = readForeign(bytes, Form).read;
  const items = values.map(
    ({ value: [teeId, requestHash, outputHash, signature, timestamp], treeIndex }) => ({
      teeId,
      requestHash,
      outputHash,
      signature,
      timestamp,
      treeIndex,
    }),
  );
  return { tree, items };
}

/** Every inner node is the hash of its two children. Throws `opengradient/tree-mismatch`. */
export function checkTree({ tree }: Batch): void {
  if (tree.length % 2 === 0)
    throw new Failure('opengradient/tree-mismatch', { detail: `${tree.length} nodes` });
  for (let at = 0; 2 * at + 2 < tree.length; at++) {
    const [left, right] = [tree[2 * at + 1], tree[2 * at + 2]] as [Uint8Array, Uint8Array];
    if (!equal(tree[at] as Uint8Array, pairHash(left, right)))
      throw new Failure('opengradient/tree-mismatch', { field: `tree[${at}]` });
  }
}

/** Every item stands where it says, and every leaf is of one item. Throws `opengradient/leaf-mismatch` or `opengradient/leaves-incomplete`. */
export function checkLeaves({ tree, items }: Batch): void {
  const first = (tree.length - 1) / 2;
  const taken = new Set<number>();
  for (const [at, item] of items.entries()) {
    const leaf = item.treeIndex < first ? undefined : tree[item.treeIndex];
    if (leaf === undefined || !equal(leaf, leafHash(item)))
      throw new Failure('opengradient/leaf-mismatch', { field: `values[${at}]` });
    taken.add(item.treeIndex);
  }
  if (taken.size !== items.length || taken.size !== tree.length - first)
    throw new Failure('opengradient/leaves-incomplete', {
      detail: `${taken.size} of ${tree.length - first} leaves, ${items.length} items`,
    });
}

/** The smaller one first: the tree does not say on which side a node stands. */
export function pairHash(a: Uint8Array, b: Uint8Array): Uint8Array {
  return keccak256(isAfter(a, b) ? concat(b, a) : concat(a, b));
}

/** Hashed twice, so that no inner node can be taken for a leaf. Source: Solidity's contract ABI, "Formal specification of the encoding". */
export function leafHash({
  teeId,
  requestHash,
  outputHash,
  signature,
  timestamp,
}: Omit<BatchItem, 'treeIndex'>): Uint8Array {
  const padding = new Uint8Array((32 - (signature.length % 32)) % 32);
  const encoded = concatAll([
    teeId,
    requestHash,
    outputHash,
    // Where the signature begins: behind the five words.
    uint256(160n),
    uint256(BigInt(timestamp)),
    uint256(BigInt(signature.length)),
    signature,
    padding,
  ]);
  return keccak256(keccak256(encoded));
}

function isAfter(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 0; at < a.length; at++) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
