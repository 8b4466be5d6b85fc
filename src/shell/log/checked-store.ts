/**
 * What a log holds, as it may leave the log: every entry is compared with its leaf hash, and every hash with the ones above it up to the
 * right edge of the tree, which is in memory, before anybody is given it.
 *
 * The disk is trusted to fail honestly and not to lie for long: what it has changed is found where it is used (`log/corrupt`, naming the
 * file), and the rest serves on.
 */
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { leafHash } from '../../tree/hash.js';
import { readBundle, TILE_WIDTH } from '../../tree/tile.js';
import { type Bundles, bundlePath } from '../tiles/bundles.js';
import type { HashTiles } from '../tiles/hash-tiles.js';
import type { TileNodes } from '../tiles/tile-nodes.js';

export class CheckedStore {
  readonly #bundles: Bundles;
  readonly #tiles: HashTiles;

  constructor(bundles: Bundles, tiles: HashTiles) {
    this.#bundles = bundles;
    this.#tiles = tiles;
  }

  /** An entry of the tree. Throws `log/corrupt` when it is not the one that stands there. */
  async entry(index: number): Promise<Uint8Array> {
    const entry = await this.#bundles.entry(index);
    const tile = await this.#tiles.nodes(0, Math.floor(index / TILE_WIDTH));
    if (!equal(leafHash(entry), tile.node(0, index % TILE_WIDTH))) throw notTheOne(index);
    return entry;
  }

  /** The first `width` entries of a bundle, framed, all of them in the tree. Throws `log/corrupt` when one is not what stands there. */
  async bundle(index: number, width: number): Promise<Uint8Array> {
    const framed = await this.#bundles.prefix(index, width);
    compareEntries(index, width, framed, await this.#tiles.nodes(0, index));
    return framed;
  }

  /** The first `width` hashes of a tile of the tree. Throws `log/corrupt`. */
  async tile(level: number, index: number, width: number): Promise<Uint8Array> {
    return (await this.#tiles.nodes(level, index)).bytes(width);
  }

  /**
   * Reads a bundle anew with the tiles that stand on it, whatever of them is in memory, and compares them all; `size` is that of the tree.
   * Throws `log/corrupt`.
   */
  async inspect(index: number, size: number): Promise<void> {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    if (width < TILE_WIDTH) {
      if (width > 0) await this.bundle(index, width);
      return;
    }
    compareEntries(index, width, await this.#bundles.whole(index), await this.#tiles.reread(0, index));
    for (let [level, end] = [1, index + 1]; end % TILE_WIDTH === 0; level++) {
      end /= TILE_WIDTH;
      await this.#tiles.reread(level, end - 1);
    }
  }
}

function compareEntries(index: number, width: number, framed: Uint8Array, tile: TileNodes): void {
  const { entries, length } = readBundle(framed);
  if (entries.length !== width || length !== framed.length) {
    throw new Failure('log/corrupt', { field: bundlePath(index), detail: 'it does not hold whole entries' });
  }
  for (const [at, entry] of entries.entries()) {
    if (!equal(leafHash(entry), tile.node(0, at))) throw notTheOne(index * TILE_WIDTH + at);
  }
}

function notTheOne(index: number): Failure {
  const field = bundlePath(Math.floor(index / TILE_WIDTH));
  return new Failure('log/corrupt', { field, detail: `entry ${index} is not the one that was signed` });
}
