/**
 * The tree over entries that have been checked, which can say its root not only at its end but at every size of its recent past: a log
 * asks about a tree that it signed a moment ago, while its entries are already read beyond.
 */
import { Frontier } from '../../tree/frontier.js';
import { TILE_WIDTH } from '../../tree/tile.js';

/** A quarter of a million entries, in some ten megabytes. */
const MAX_BLOCKS = 1024;

/** A tree that ends at a bundle's start, and the leaf hashes after it, up to the bundle's end. */
interface Block {
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
  readonly leaves: Uint8Array[];
}

export class CheckedTree {
  readonly #tip: Frontier;
  readonly #blocks: Block[];
  readonly #limit: number;

  /** @param limit blocks of 256 entries that are remembered */
  constructor(start: Frontier = new Frontier(), limit = MAX_BLOCKS) {
    this.#limit = limit;
    this.#tip = copyOf(start);
    this.#blocks = [blockAt(start)];
  }

  get size(): number {
    return this.#tip.size;
  }

  /** Adds the leaf hash of an entry that was checked. */
  push(leaf: Uint8Array): void {
    if (this.#tip.size % TILE_WIDTH === 0) {
      this.#blocks.push(blockAt(this.#tip));
      if (this.#blocks.length > this.#limit) this.#blocks.shift();
    }
    this.#tip.push(leaf);
    this.#blocks.at(-1)?.leaves.push(leaf);
  }

  /** The tree at an earlier size, or null when that is too long ago, or has not been reached. */
  at(size: number): Frontier | null {
    if (size > this.#tip.size) return null;
    const block = this.#blocks.findLast(({ size: start }) => start <= size);
    if (block === undefined) return null;
    const tree = new Frontier(block.size, block.hashes);
    for (const leaf of block.leaves.slice(0, size - block.size)) tree.push(leaf);
    return tree;
  }
}

function blockAt({ size, hashes }: Frontier): Block {
  return { size, hashes: [...hashes], leaves: [] };
}

function copyOf({ size, hashes }: Frontier): Frontier {
  return new Frontier(size, hashes);
}
