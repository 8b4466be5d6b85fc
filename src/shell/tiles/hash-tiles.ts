/**
 * The tree of a log: full tiles as files, the right edge in memory. A tile is written when it becomes full and never changes after that.
 *
 * Tiles can be made again from the entries, so a commit does not wait until they are durable; `makeDurable` does, before a checkpoint
 * is kept that promises to find them. A tile that comes from the disk is used only when it makes the hash that the tile above has for
 * it, and so on up to the right edge.
 */
import { dirname, join } from 'node:path';
import { sha256 } from '../../bytes/cryptography.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { HASH_SIZE } from '../../tree/hash.js';
import { rootHash, type SubtreeReader } from '../../tree/prove.js';
import { TILE_HEIGHT, TILE_WIDTH, tilePath } from '../../tree/tile.js';
import type { Disk } from '../files/disk.js';
import { makeFolders, replaceFile, syncFile, syncFolder } from '../files/durable.js';
import { Recent } from './recent.js';
import { readStored } from './stored-file.js';
import { TileNodes } from './tile-nodes.js';

/** Full tiles kept in memory: 8 MiB. */
const REMEMBERED_TILES = 512;

/** Of the four threads that Node.js has for files. */
const SYNCS_AT_ONCE = 3;

export function hashTilePath(level: number, index: number): string {
  return tilePath({ level, index, width: TILE_WIDTH });
}

/** What has been written and is not yet durable. */
interface Unsynced {
  /** The paths of the tiles, each with the SHA-256 of what it must hold. */
  readonly tiles: Map<string, Uint8Array>;
  readonly folders: Set<string>;
}

const nothingUnsynced = (): Unsynced => ({ tiles: new Map(), folders: new Set() });

export class HashTiles {
  readonly #folder: string;
  readonly #disk: Disk;
  /** The partial tile of each level; where a level ends with a full tile, an empty one. */
  readonly #edge: TileNodes[];
  readonly #full = new Recent<TileNodes>(REMEMBERED_TILES);
  readonly #loading = new Map<string, Promise<TileNodes>>();
  #unsynced = nothingUnsynced();
  #syncing: Promise<void> = Promise.resolve();
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
    const loading =
      this.#loading.get(path) ?? this.#load(level, index).finally(() => this.#loading.delete(path));
    this.#loading.set(path, loading);
    return loading;
  }

  /** A full tile as it is on disk now, compared with the one above it. Throws `log/corrupt`. */
  async reread(level: number, index: number): Promise<TileNodes> {
    const tile = await this.unchecked(level, index);
    const above = await this.nodes(level + 1, Math.floor(index / TILE_WIDTH));
    if (equal(tile.top(), above.node(0, index % TILE_WIDTH))) return tile;
    throw corrupt(hashTilePath(level, index), 'its hashes are not those that were signed');
  }

  /** A full tile as it is on disk, for recovery, which has nothing to compare it with yet. Throws `log/corrupt`. */
  async unchecked(level: number, index: number): Promise<TileNodes> {
    const path = hashTilePath(level, index);
    const bytes = await readStored(this.#folder, path);
    if (bytes.length !== TILE_WIDTH * HASH_SIZE) throw corrupt(path, `${bytes.length} bytes`);
    return TileNodes.from(bytes);
  }

  async #load(level: number, index: number): Promise<TileNodes> {
    const tile = await this.reread(level, index);
    this.#full.set(hashTilePath(level, index), tile);
    return tile;
  }

  /** Writes a full tile. */
  write(level: number, index: number, tile: TileNodes): void {
    const path = hashTilePath(level, index);
    const file = join(this.#folder, path);
    const bytes = tile.bytes();
    for (const folder of makeFolders(dirname(file), this.#disk)) this.#unsynced.folders.add(folder);
    replaceFile(file, bytes, this.#disk);
    this.#unsynced.tiles.set(path, sha256(bytes));
    this.#unsynced.folders.add(dirname(file));
    this.#full.set(path, tile);
  }

  /** How many tiles have been written and are not being made durable yet. */
  get unsynced(): number {
    return this.#unsynced.tiles.size;
  }

  /**
   * Resolves once every tile written before the call survives a loss of power, and has been read back as it was written. Rejects with
   * `log/corrupt`, or with what the disk throws; then it does so for good, since nobody knows what is on disk.
   */
  makeDurable(): Promise<void> {
    const unsynced = this.#unsynced;
    this.#unsynced = nothingUnsynced();
    this.#syncing = this.#syncing.then(() => this.#sync(unsynced));
    return this.#syncing;
  }

  /** Resolves once nothing is being made durable any more, whether that succeeded or not. */
  async settled(): Promise<void> {
    await this.#syncing.catch(() => undefined);
  }

  async #sync({ tiles, folders }: Unsynced): Promise<void> {
    // Some at a time: they share a write of the file system's journal, and leave a thread of the pool to the next commit.
    const left = tiles.keys();
    const syncSome = async () => {
      for (const path of left) await syncFile(join(this.#folder, path), this.#disk);
    };
    await Promise.all(Array.from({ length: SYNCS_AT_ONCE }, syncSome));
    for (const folder of folders) await syncFolder(folder, this.#disk);
    for (const [path, digest] of tiles) {
      if (equal(sha256(await readStored(this.#folder, path)), digest)) continue;
      throw corrupt(path, 'the disk does not give back what was written');
    }
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

function corrupt(field: string, detail: string): Failure {
  return new Failure('log/corrupt', { field, detail });
}
