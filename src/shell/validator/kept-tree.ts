/** The tree of what a validator has read of a log: its hashes on disk, and its right edge in memory. */
import { join } from 'node:path';
import { fromBase64 } from '../../bytes/base64.js';
import { toHex } from '../../bytes/hex.js';
import { Failure } from '../../reason.js';
import { Frontier } from '../../tree/frontier.js';
import type { Disk } from '../files/disk.js';
import { OwnTree } from '../tiles/own-tree.js';
import type { ValidatorState } from './state.js';

export interface KeptTree {
  readonly own: OwnTree;
  readonly frontier: Frontier;
  push(leaf: Uint8Array): void;
  /** Makes it durable, and resolves to what it is opened with again. */
  kept(): Promise<ValidatorState['tree']>;
}

/** `folder`: the validator's. Throws `verdict/state-corrupt` where what is on disk makes another root. */
export async function openTree(
  folder: string,
  disk: Disk,
  kept: ValidatorState['tree'] | null,
): Promise<KeptTree> {
  try {
    if (kept?.edge.some(text => fromBase64(text) === null)) throw new Failure('verdict/state-corrupt');
    const own = new OwnTree(join(folder, 'tree'), disk, kept?.size ?? 0, kept?.edge ?? []);
    if (kept !== null && toHex(await own.root()) !== kept.root) throw new Failure('verdict/state-corrupt');
    const frontier = new Frontier(own.size, await own.frontier());
    return {
      own,
      frontier,
      push: leaf => {
        own.append(leaf);
        frontier.push(leaf);
      },
      kept: async () => {
        await own.makeDurable();
        return { edge: own.edge(), root: toHex(await own.root()), size: own.size };
      },
    };
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'unknown';
    throw new Failure('verdict/state-corrupt', { field: folder, detail });
  }
}
