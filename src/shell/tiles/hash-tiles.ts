/**
 * The tree of a log: full tiles as files, the right edge in memory. A tile is written when it becomes full and never changes after that.
 *
 * Tiles can be made again from the entries, so a commit does not wait until they are durable; `makeDurable` does, before a checkpoint
 * is kept that promises to find them.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../reason.js';
import { HASH_SIZE } from '../../tree/hash.js';
import { rootHash, type SubtreeReader } from '../../tree/prove.js';
import { TILE_HEIGHT, TILE_WIDTH, tilePath } from '../../tree/tile.js';
import type { Disk } from '../files/disk.js';
import { makeFolders, replaceFile, syncFile, syncFolder } from '../files/durable.js';
import { Recent } from './recent.js';
import { TileNodes } from './tile-nodes.js';

/** Full tiles kept in memory: 8 MiB. */
const REMEMBERED_TILES = 512;

export function hashTilePath(level: number, index: number): string {
  return tilePath({ level, index, width: TILE_WIDTH });
}

export class HashTiles {
  readonly #folder: string;
  readonly #disk: Disk;
  /** The partial tile of each level; where a level ends with a full tile, an empty one. */
  readonly #edge: TileNodes[];
  readonly #full = new Recent<TileNodes>(REMEMBERED_TILES);
  readonly #loading = new Map<string, Promise<TileNodes>>();
  #unsynced = { files: new Set<string>(), folders: new Set<string>() };
  #size: number;

  /** The tree of `size` leaves whose right edge is given, lowest level first. */
  constructor(folder: string, disk: Disk, size = 0, edge: TileNodes[] = []) {
    this.#folder = folder;
    this.#disk = disk;
    this.#size = size;
    this.#edge = edge;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a leaf hash, and writes the tiles that it fills. */
  append(leaf: Uint8Array): void {
    this.#push(0, leaf);
    this.#size++;
  }

  root(): Promise<Uint8Array> {
    return rootHash(this.#size, this.subtree);
  }

  /** The hash of a complete subtree. Throws `log/corrupt` when a tile is missing or cut off. */
  readonly subtree: SubtreeReader = async ({ level, index }) => {
    const height = level % TILE_HEIGHT;
    const across = 2 ** (TILE_HEIGHT - height);
    const tile = await this.nodes(Math.floor(level / TILE_HEIGHT), Math.floor(index / across));
    return tile.node(height, index % across);
  };

  /** A tile of the tree, full or at the right edge. Throws `log/corrupt`. */
  async nodes(level: number, index: number): Promise<TileNodes> {
    if (index === Math.floor(this.#count(level) / TILE_WIDTH)) return this.#edgeTile(level);
    const path = hashTilePath(level, index);
    const known = this.#full.get(path);
    if (known !== undefined) return known;
    // One proof asks for many hashes of one tile at once: it is read, and hashed, for all of them together.
    const loading = this.#loading.get(path) ?? this.#load(path).finally(() => this.#loading.delete(path));
    this.#loading.set(path, loading);
    return loading;
  }

  async #load(path: string): Promise<TileNodes> {
    const bytes = await readFile(join(this.#folder, path)).catch(() => {
      throw new Failure('log/corrupt', { field: path, detail: 'it cannot be read' });
    });
    if (bytes.length !== TILE_WIDTH * HASH_SIZE) {
      throw new Failure('log/corrupt', { field: path, detail: `${bytes.length} bytes` });
    }
    const tile = TileNodes.from(bytes);
    this.#full.set(path, tile);
    return tile;
  }

  /** Writes a full tile. */
  write(level: number, index: number, tile: TileNodes): void {
    const path = hashTilePath(level, index);
    const file = join(this.#folder, path);
    for (const folder of makeFolders(dirname(file), this.#disk)) this.#unsynced.folders.add(folder);
    replaceFile(file, tile.bytes(), this.#disk);
    this.#unsynced.files.add(file);
    this.#unsynced.folders.add(dirname(file));
    this.#full.set(path, tile);
  }

  /** Resolves once every tile written before the call survives a loss of power. */
  async makeDurable(): Promise<void> {
    const { files, folders } = this.#unsynced;
    this.#unsynced = { files: new Set(), folders: new Set() };
    for (const file of files) await syncFile(file, this.#disk);
    for (const folder of folders) await syncFolder(folder, this.#disk);
  }

  #push(level: number, hash: Uint8Array): void {
    const tile = this.#edgeTile(level);
    tile.push(hash);
    if (tile.width < TILE_WIDTH) return;
    this.write(level, Math.floor(this.#count(level) / TILE_WIDTH), tile);
    this.#edge[level] = new TileNodes();
    this.#push(level + 1, tile.top());
  }

  #edgeTile(level: number): TileNodes {
    const known = this.#edge[level];
    if (known !== undefined) return known;
    const tile = new TileNodes();
    this.#edge[level] = tile;
    return tile;
  }

  /** How many hashes the level has. */
  #count(level: number): number {
    return Math.floor(this.#size / TILE_WIDTH ** level);
  }
}
