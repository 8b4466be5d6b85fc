/** One tile's hashes together with the hashes above them, up to the hash of the whole tile, so that a proof needs no hashing. */
import { HASH_SIZE, nodeHash } from '../../tree/hash.js';
import { TILE_HEIGHT, TILE_WIDTH } from '../../tree/tile.js';

export class TileNodes {
  /** Row after row: 256 hashes, the 128 above them, and so on up to one; 16 KiB. */
  readonly #nodes: Uint8Array;
  #width = 0;

  constructor() {
    this.#nodes = new Uint8Array((2 * TILE_WIDTH - 1) * HASH_SIZE);
  }

  /** The tile whose published bytes these are: `HASH_SIZE` bytes a hash. */
  static from(bytes: Uint8Array): TileNodes {
    const tile = new TileNodes();
    for (let at = 0; at < bytes.length; at += HASH_SIZE) tile.push(bytes.subarray(at, at + HASH_SIZE));
    return tile;
  }

  /** How many hashes the tile has. */
  get width(): number {
    return this.#width;
  }

  /** Adds a hash at the right, and every hash above it that is now complete. */
  push(hash: Uint8Array): void {
    let node = hash;
    let at = this.#width++;
    for (let height = 0; ; height++) {
      this.#nodes.set(node, place(height, at));
      if (at % 2 === 0 || height === TILE_HEIGHT) return;
      node = nodeHash(this.node(height, at - 1), node);
      at = (at - 1) / 2;
    }
  }

  /** The hash of the complete subtree of 2^height of this tile's hashes, counted from the left. */
  node(height: number, index: number): Uint8Array {
    if ((index + 1) * 2 ** height > this.#width) throw new RangeError('not a complete subtree of this tile');
    const start = place(height, index);
    return this.#nodes.subarray(start, start + HASH_SIZE);
  }

  /** The hash of the whole tile, which must be full. */
  top(): Uint8Array {
    return this.node(TILE_HEIGHT, 0);
  }

  /** The first `width` hashes, as they are published. */
  bytes(width = this.#width): Uint8Array {
    return this.#nodes.slice(0, width * HASH_SIZE);
  }
}

function place(height: number, index: number): number {
  return (2 * TILE_WIDTH - ((2 * TILE_WIDTH) >> height) + index) * HASH_SIZE;
}
