/**
 * When two checkpoints cannot be of one history: they have one size and two roots, or the larger tree begins with another one than the
 * smaller. Logs (P1, P2) and witnesses (P4) are judged by the same rule.
 */
import * as v from 'valibot';
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import { equal } from '../../bytes/octets.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { Failure } from '../../reason.js';
import { HASH_SIZE } from '../../tree/hash.js';
import { verifyConsistency } from '../../tree/merkle.js';

const HashText = v.pipe(v.string(), v.length(44));
/** A tree of 2^63 entries has proofs of at most that many hashes. */
const MAX_HASHES = 64;

export const HashTexts = v.pipe(v.array(HashText), v.maxLength(MAX_HASHES));

/** How the larger tree really begins, at the size of the smaller one. */
export const PrefixSchema = v.strictObject({ proof: HashTexts, root: HashText });

export interface Prefix {
  readonly root: Uint8Array;
  /** The consistency proof from that root to the larger tree (RFC 6962 §2.1.2). */
  readonly proof: readonly Uint8Array[];
}

export function readPrefix({ root, proof }: v.InferOutput<typeof PrefixSchema>): Prefix {
  const [hash, ...hashes] = readHashes([root, ...proof], 'prefix');
  return { root: hash as Uint8Array, proof: hashes };
}

export function prefixJson({ root, proof }: Prefix): v.InferOutput<typeof PrefixSchema> {
  return { proof: proof.map(toBase64), root: toBase64(root) };
}

/** Throws `misbehaviour/malformed`. */
export function readHashes(texts: readonly string[], field: string): Uint8Array[] {
  return texts.map(text => {
    const hash = fromBase64(text);
    if (hash?.length !== HASH_SIZE) throw new Failure('misbehaviour/malformed', { field });
    return hash;
  });
}

/**
 * Two trees of one size come in the order of their roots, so that one fork has one file. Throws `misbehaviour/malformed` for the other
 * order.
 */
export function checkRootOrder(a: Checkpoint, b: Checkpoint): void {
  if (compareBytes(a.root, b.root) > 0)
    throw new Failure('misbehaviour/malformed', {
      field: 'checkpoints',
      detail: 'not in the order of their roots',
    });
}

/** Throws `misbehaviour/sizes-differ` or `misbehaviour/roots-equal` unless one size has two roots. */
export function checkSameSizeFork(a: Checkpoint, b: Checkpoint): void {
  if (a.size !== b.size) throw new Failure('misbehaviour/sizes-differ', { detail: `${a.size}, ${b.size}` });
  if (equal(a.root, b.root)) throw new Failure('misbehaviour/roots-equal');
}

/**
 * Throws `misbehaviour/sizes-not-ascending`, `misbehaviour/size-zero`, `misbehaviour/roots-equal` or `tree/consistency-invalid` unless the
 * newer tree begins with another tree of the older one's size. A tree begins in one way only, so that a valid proof from another root
 * excludes the older one.
 */
export function checkOtherHistory(older: Checkpoint, newer: Checkpoint, prefix: Prefix): void {
  if (older.size >= newer.size)
    throw new Failure('misbehaviour/sizes-not-ascending', { detail: `${older.size}, ${newer.size}` });
  if (older.size === 0) throw new Failure('misbehaviour/size-zero');
  if (equal(prefix.root, older.root)) throw new Failure('misbehaviour/roots-equal', { field: 'prefix' });
  verifyConsistency(older.size, newer.size, prefix.root, newer.root, prefix.proof);
}

/** Below 0 when `a` comes first. Both have one length. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}
