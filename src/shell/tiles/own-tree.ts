/**
 * A follower's own copy of a log's tree, made from the entries that it has hashed itself: what it compares checkpoints with, and what it
 * makes proofs from.
 */
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import { proveConsistency, proveInclusion, rootHash } from '../../tree/prove.js';
import { decompose } from '../../tree/range.js';
import type { Disk } from '../files/disk.js';
import { HashTiles } from './hash-tiles.js';
import { Recent } from './recent.js';
import { TileNodes } from './tile-nodes.js';

/** Receipts of one time all name the same tree. */
const REMEMBERED_ROOTS = 1024;

export class OwnTree {
  readonly #edge: TileNodes[];
  readonly #tiles: HashTiles;
  readonly #roots = new Recent<Uint8Array>(REMEMBERED_ROOTS);

  /** @param edge as {@link edge} gave it at that size */
  constructor(folder: string, disk: Disk, size: number, edge: readonly string[]) {
    this.#edge = edge.map(text => TileNodes.from(fromBase64(text) ?? new Uint8Array()));
    this.#tiles = new HashTiles(folder, disk, size, this.#edge);
  }

  get size(): number {
    return this.#tiles.size;
  }

  append(leaf: Uint8Array): void {
    this.#tiles.append(leaf);
  }

  /** The root of the first `size` entries, at most all. Throws `log/corrupt`. */
  async root(size = this.size): Promise<Uint8Array> {
    const known = this.#roots.get(String(size));
    if (known !== undefined) return known;
    const root = await rootHash(size, this.#tiles.subtree);
    this.#roots.set(String(size), root);
    return root;
  }

  /** The hash of an entry. Throws `log/corrupt`. */
  leaf(index: number): Promise<Uint8Array> {
    return this.#tiles.subtree({ level: 0, index });
  }

  /** The hashes of the complete subtrees that the first `size` entries are made of, left to right. */
  frontier(size = this.size): Promise<Uint8Array[]> {
    return Promise.all(decompose(0, size).map(this.#tiles.subtree));
  }

  /** The proof that an entry is in the whole tree. Throws `log/corrupt`. */
  proveEntry(index: number): Promise<Uint8Array[]> {
    return proveInclusion(index, this.size, this.#tiles.subtree);
  }

  prove(oldSize: number, newSize: number): Promise<Uint8Array[]> {
    return proveConsistency(oldSize, newSize, this.#tiles.subtree);
  }

  /** The right edge as text, to go on from: the partial tile of each level. */
  edge(): string[] {
    return this.#edge.map(tile => toBase64(tile.bytes()));
  }

  makeDurable(): Promise<void> {
    return this.#tiles.makeDurable();
  }
}
