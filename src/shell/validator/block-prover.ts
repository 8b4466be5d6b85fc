/** Proofs for the entries that have just been read: by the block where the tree goes on behind it, one by one at its right edge. */
import { toBase64 } from '../../bytes/base64.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { Failure } from '../../reason.js';
import { BlockProofs } from '../../tree/block-proofs.js';
import { verifyInclusion } from '../../tree/merkle.js';
import { proveInclusion, type SubtreeReader } from '../../tree/prove.js';
import type { OwnTree } from '../tiles/own-tree.js';
import type { ProofOf } from './judge-receipts.js';

/** As many entries as are read at a time. */
const BLOCK = 1024;
const HEIGHT = 10;

/**
 * What gives the proof of an entry under the checkpoint, in base64, for entries of the block in which `first` stands. What is above the block comes from the
 * log, and is checked here, once. Throws `monitor/tiles-contradicted`, `log/corrupt` or `peer/…`.
 *
 * @param hashes of the checkpoint's tree, as the log serves them
 */
export async function proverOf(
  tree: OwnTree,
  { size, root }: Checkpoint,
  first: number,
  hashes: SubtreeReader,
): Promise<ProofOf> {
  const start = first - (first % BLOCK);
  if (start + BLOCK > size) return async index => (await tree.proveEntry(index)).map(toBase64);
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < BLOCK; at++) leaves.push(await tree.leaf(start + at));
  const served = await proveInclusion(start, size, hashes);
  const block = new BlockProofs(leaves, served.slice(HEIGHT));
  try {
    verifyInclusion(start, size, leaves[0] as Uint8Array, block.hashes(0), root);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('monitor/tiles-contradicted', { detail: `the tree over entry ${start} of ${size}` });
  }
  return index => block.texts(index - start);
}
