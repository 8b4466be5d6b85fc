/**
 * Inclusion proofs for all leaves of one block of a tree: the part of each proof within the block is made of the leaves, and the part above it is the same
 * for all of them. To make them one by one would take longer than everything else that is done with a receipt.
 */
import { toBase64 } from '../bytes/base64.js';
import { nodeHash } from './hash.js';

export class BlockProofs {
  /** From the leaves up; the block's own root is left out. */
  readonly #levels: readonly (readonly Uint8Array[])[];
  readonly #texts: readonly string[][];
  readonly #above: readonly Uint8Array[];
  readonly #aboveText: readonly string[];

  /**
   * @param leaves 2^h leaf hashes, of a complete subtree
   * @param above the hashes beside the way from that subtree to the root, lowest first
   */
  constructor(leaves: readonly Uint8Array[], above: readonly Uint8Array[]) {
    const levels: Uint8Array[][] = [];
    for (let level = [...leaves]; level.length > 1; ) {
      levels.push(level);
      const below = level;
      level = Array.from({ length: below.length / 2 }, (_, at) =>
        nodeHash(below[2 * at] as Uint8Array, below[2 * at + 1] as Uint8Array),
      );
    }
    this.#levels = levels;
    this.#texts = levels.map(() => []);
    this.#above = above;
    this.#aboveText = above.map(toBase64);
  }

  /** The proof of the leaf at that place in the block, from its sibling to the root's child. */
  hashes(place: number): readonly Uint8Array[] {
    return [
      ...this.#levels.map((level, height) => level[(place >> height) ^ 1] as Uint8Array),
      ...this.#above,
    ];
  }

  /** The same in base64. */
  texts(place: number): readonly string[] {
    return [
      ...this.#levels.map((level, height) => {
        const at = (place >> height) ^ 1;
        const texts = this.#texts[height] as string[];
        texts[at] ??= toBase64(level[at] as Uint8Array);
        return texts[at];
      }),
      ...this.#aboveText,
    ];
  }
}
