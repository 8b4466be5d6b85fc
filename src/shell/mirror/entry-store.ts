/**
 * The entries of a mirrored log and the tree over them. A bundle's file is replaced as a whole by one with more entries, and is durable
 * before it takes the old one's name: whatever the moment of a crash, every file holds entries that were authenticated, and nothing else.
 * The tiles of hashes can be made again from the entries, and are durable before a checkpoint is kept that covers them.
 *
 * Trusted: the disk, not to change what it has synced; what was written is read back all the same.
 */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { concatAll, equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { leafHash } from '../../tree/hash.js';
import { rootHash, type SubtreeReader } from '../../tree/prove.js';
import { readBundle, TILE_WIDTH, type TileName, tilePath, writeBundle } from '../../tree/tile.js';
import type { Disk } from '../files/disk.js';
import { makeFolders, readIfPresent, syncFolder, writeDurably } from '../files/durable.js';
import { bundlePath, offsetsOf } from '../tiles/bundles.js';
import { HashTiles } from '../tiles/hash-tiles.js';
import { TileNodes } from '../tiles/tile-nodes.js';

const NOTHING = new Uint8Array();

export class EntryStore {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #tiles: HashTiles;
  /** What the last, partial bundle's file holds. */
  #tail: Uint8Array;

  private constructor(folder: string, disk: Disk, tiles: HashTiles, tail: Uint8Array) {
    this.#folder = folder;
    this.#disk = disk;
    this.#tiles = tiles;
    this.#tail = tail;
  }

  /**
   * Opens what a folder holds. Whatever lies beyond the checkpoint was authenticated before it was written, and is kept.
   *
   * Throws `log/corrupt` when the entries that the checkpoint covers are not there, or have another root.
   */
  static async open(
    folder: string,
    disk: Disk,
    { size, root }: { readonly size: number; readonly root: Uint8Array },
  ): Promise<EntryStore> {
    await syncFolders(folder, disk);
    const edge: TileNodes[] = [];
    const tiles = new HashTiles(folder, disk, size, edge);
    const first = Math.floor(size / TILE_WIDTH);
    const known = await readTail(folder, first);
    if (known.entries.length < size % TILE_WIDTH)
      throw new Failure('log/corrupt', { field: bundlePath(first), detail: 'entries are missing' });
    edge.push(leavesOf(known.entries.slice(0, size % TILE_WIDTH)));
    for (let level = 1; TILE_WIDTH ** level <= size; level++) edge.push(await edgeOf(tiles, level, size));
    if (!equal(await tiles.root(), root))
      throw new Failure('log/corrupt', {
        field: 'checkpoint',
        detail: `the ${size} entries have another root`,
      });
    for (
      let index = first, { entries, bytes } = known;
      ;
      { entries, bytes } = await readTail(folder, ++index)
    ) {
      for (const entry of entries.slice(tiles.size % TILE_WIDTH)) tiles.append(leafHash(entry));
      if (entries.length < TILE_WIDTH) return new EntryStore(folder, disk, tiles, bytes);
    }
  }

  /** How many entries there are, all of them durable. */
  get size(): number {
    return this.#tiles.size;
  }

  /** Adds entries of the last bundle, durably. Throws what the disk throws; nothing may be added after that. */
  async append(entries: readonly Uint8Array[]): Promise<void> {
    const index = Math.floor(this.size / TILE_WIDTH);
    const path = join(this.#folder, bundlePath(index));
    const bytes = concatAll([this.#tail, writeBundle(entries)]);
    for (const changed of makeFolders(dirname(path), this.#disk)) await syncFolder(changed, this.#disk);
    await writeDurably(path, bytes, 0o644, this.#disk);
    const found = await readIfPresent(path);
    if (found === null || !equal(found, bytes))
      throw new Error(`the disk does not give back what was written to ${bundlePath(index)}`);
    for (const entry of entries) this.#tiles.append(leafHash(entry));
    this.#tail = this.size % TILE_WIDTH === 0 ? NOTHING : bytes;
  }

  /** Makes the hashes as durable as the entries are, and resolves to the root of the first `size` entries. */
  async settle(size: number): Promise<Uint8Array> {
    await this.#tiles.makeDurable();
    return rootHash(size, this.subtree);
  }

  /** The hash of a complete subtree. Throws `log/corrupt`. */
  get subtree(): SubtreeReader {
    return this.#tiles.subtree;
  }

  /** The leaf hashes of one bundle's entries up to `end`. */
  async leaves(start: number, end: number): Promise<Uint8Array[]> {
    if (start === end) return [];
    const tile = await this.#tiles.nodes(0, Math.floor(start / TILE_WIDTH));
    return Array.from({ length: end - start }, (_, at) => tile.node(0, (start % TILE_WIDTH) + at));
  }

  /** A tile or bundle of the tree of the first `size` entries; null when that tree has none of that width. Throws `log/corrupt`. */
  async tile({ level, index, width }: TileName, size: number): Promise<Uint8Array | null> {
    const count = level === 'entries' ? size : Math.floor(size / TILE_WIDTH ** level);
    if (index * TILE_WIDTH + width > count) return null;
    if (level !== 'entries') return (await this.#tiles.nodes(level, index)).bytes(width);
    const { bytes, entries } = await readTail(this.#folder, index);
    const end = offsetsOf(entries)[width];
    const corrupt = (detail: string) =>
      new Failure('log/corrupt', { field: tilePath({ level, index, width }), detail });
    if (end === undefined) throw corrupt('entries are missing');
    const leaves = await this.#tiles.nodes(0, index);
    for (const [at, entry] of entries.slice(0, width).entries())
      if (!equal(leafHash(entry), leaves.node(0, at)))
        throw corrupt(`entry ${index * TILE_WIDTH + at} has changed`);
    return bytes.subarray(0, end);
  }
}

/** Makes the names of all folders durable: a process that was killed may have made one and not synced it, and what comes relies on it. */
async function syncFolders(folder: string, disk: Disk): Promise<void> {
  const found = await readdir(join(folder, 'tile'), { recursive: true, withFileTypes: true }).catch(() => []);
  const folders = found.flatMap(entry => (entry.isDirectory() ? [entry.parentPath] : []));
  for (const changed of new Set([folder, ...folders])) await syncFolder(changed, disk);
}

/** A bundle's file: its bytes and its entries, none when there is no file. Throws `log/corrupt` for one that nobody wrote so. */
async function readTail(
  folder: string,
  index: number,
): Promise<{ readonly bytes: Uint8Array; readonly entries: readonly Uint8Array[] }> {
  const bytes = (await readIfPresent(join(folder, bundlePath(index)))) ?? NOTHING;
  const { entries, length } = readBundle(bytes);
  if (length !== bytes.length || entries.length > TILE_WIDTH)
    throw new Failure('log/corrupt', { field: bundlePath(index), detail: 'it does not end with an entry' });
  return { bytes, entries };
}

function leavesOf(entries: readonly Uint8Array[]): TileNodes {
  const tile = new TileNodes();
  for (const entry of entries) tile.push(leafHash(entry));
  return tile;
}

/** The partial tile at the right edge of a level above the leaves. */
async function edgeOf(tiles: HashTiles, level: number, size: number): Promise<TileNodes> {
  const tile = new TileNodes();
  const count = Math.floor(size / TILE_WIDTH ** level);
  for (let at = count - (count % TILE_WIDTH); at < count; at++)
    tile.push((await tiles.unchecked(level - 1, at)).top());
  return tile;
}
