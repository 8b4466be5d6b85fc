/**
 * What a log does before it goes on after a stop of any kind: find every entry that may have been promised to somebody, and nothing
 * else.
 *
 * Why no promise is lost. `included` is told only after the entries were synced to disk, and checkpoints are signed only over synced
 * entries; so everything that the log has ever signed is among the complete entries found here, in the same order. Keeping all of
 * those, the tree can only extend what was signed, which is why the log-signed checkpoints of single batches need not be kept. What is
 * cut are the remains of writes that were never synced: from the first entry on that is torn or that `accepts` refuses.
 *
 * The kept checkpoint is a check on that: with fewer entries, or another root, the disk has lost or changed what it had promised to
 * keep, and the log must not start, for it would publish a second history. Entries and tiles below the checkpoint were durable before
 * it was, so only what makes the right edge and what lies beyond it is read here; the rest is checked when it is used.
 */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { equal } from '../../bytes/octets.js';
import type { Checkpoint } from '../../note/checkpoint.js';
import { Failure } from '../../reason.js';
import { leafHash } from '../../tree/hash.js';
import { parseTilePath, readBundle, TILE_WIDTH } from '../../tree/tile.js';
import { type Disk, writeAll } from '../files/disk.js';
import { readIfPresent, syncFolder } from '../files/durable.js';
import { Bundles, bundlePath, offsetsOf } from '../tiles/bundles.js';
import { HashTiles, hashTilePath } from '../tiles/hash-tiles.js';
import { TileNodes } from '../tiles/tile-nodes.js';

/** Whether an entry that no kept checkpoint covers is one that the log can have taken. */
export type Acceptance = (entry: Uint8Array) => boolean | Promise<boolean>;

export interface Recovered {
  readonly bundles: Bundles;
  readonly tiles: HashTiles;
}

/**
 * Makes the log in `folder` whole. When this resolves, all entries are durable and their tree extends that of `kept`. Throws
 * `log/corrupt`, naming the file, or what the disk throws.
 */
export async function recover(
  folder: string,
  disk: Disk,
  kept: Checkpoint,
  accepts: Acceptance,
): Promise<Recovered> {
  const present = await listTiles(folder, disk);
  const edge: TileNodes[] = [];
  const tiles = new HashTiles(folder, disk, kept.size, edge);
  const rebuilt = await rebuildTiles(folder, tiles, kept.size, present);
  await readEdge(folder, tiles, kept.size, edge);
  const damage = await findMismatch(folder, tiles, kept, rebuilt);
  if (damage !== null) {
    // What was made from damaged files is no better, and the folder is to stay as it was.
    for (const [level, index] of rebuilt) disk.remove(join(folder, hashTilePath(level, index)));
    throw damage;
  }
  const { size, tail } = await readBeyond(folder, disk, kept.size, tiles, accepts);
  await removeBeyond(folder, disk, size, present);
  return { bundles: new Bundles(folder, disk, size, tail), tiles };
}

/**
 * The paths of the full tiles and bundles that are there. The names of all folders are durable when this resolves: a process that was
 * killed may have made one and not synced it, and whoever writes in it from now on relies on it.
 */
async function listTiles(folder: string, disk: Disk): Promise<ReadonlySet<string>> {
  const found = await readdir(join(folder, 'tile'), { recursive: true, withFileTypes: true }).catch(() => []);
  const names = found.filter(entry => entry.isDirectory()).map(entry => join(entry.parentPath, entry.name));
  for (const changed of new Set([folder, ...names.map(below => dirname(below))]))
    await syncFolder(changed, disk);
  const paths = found.map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1));
  return new Set(
    paths.map(path => path.replaceAll('\\', '/')).filter(path => parseTilePath(path)?.width === TILE_WIDTH),
  );
}

/** Makes the full tiles again that are missing below the checkpoint, lowest level first, and returns them. */
async function rebuildTiles(
  folder: string,
  tiles: HashTiles,
  size: number,
  present: ReadonlySet<string>,
): Promise<[level: number, index: number][]> {
  const rebuilt: [number, number][] = [];
  for (let index = 0; index < Math.floor(size / TILE_WIDTH); index++) {
    if (!present.has(bundlePath(index))) throw corrupt(bundlePath(index), 'it is missing');
  }
  for (let level = 0; TILE_WIDTH ** (level + 1) <= size; level++) {
    for (let index = 0; index < Math.floor(size / TILE_WIDTH ** (level + 1)); index++) {
      if (present.has(hashTilePath(level, index))) continue;
      tiles.write(level, index, await makeTile(folder, tiles, level, index));
      rebuilt.push([level, index]);
    }
  }
  await tiles.makeDurable();
  return rebuilt;
}

/** A full tile from what is below it: the entries of its bundle, or the tiles of the level below. */
async function makeTile(folder: string, tiles: HashTiles, level: number, index: number): Promise<TileNodes> {
  const tile = new TileNodes();
  if (level === 0) {
    for (const entry of await readEntries(folder, index, TILE_WIDTH)) tile.push(leafHash(entry));
  } else {
    for (let at = index * TILE_WIDTH; at < (index + 1) * TILE_WIDTH; at++) {
      tile.push((await tiles.unchecked(level - 1, at)).top());
    }
  }
  return tile;
}

async function readEdge(folder: string, tiles: HashTiles, size: number, edge: TileNodes[]): Promise<void> {
  const leaves = new TileNodes();
  const partial = size % TILE_WIDTH;
  if (partial > 0) {
    const entries = await readEntries(folder, Math.floor(size / TILE_WIDTH), partial);
    for (const entry of entries) leaves.push(leafHash(entry));
  }
  edge.push(leaves);
  for (let level = 1; TILE_WIDTH ** level <= size; level++) {
    const tile = new TileNodes();
    const count = Math.floor(size / TILE_WIDTH ** level);
    for (let at = count - (count % TILE_WIDTH); at < count; at++) {
      tile.push((await tiles.unchecked(level - 1, at)).top());
    }
    edge.push(tile);
  }
}

/** Keeps what lies beyond the checkpoint, adds it to the tree, and returns the new size and the last bundle's places. */
async function readBeyond(
  folder: string,
  disk: Disk,
  from: number,
  tiles: HashTiles,
  accepts: Acceptance,
): Promise<{ size: number; tail: readonly number[] }> {
  for (let index = Math.floor(from / TILE_WIDTH); ; index++) {
    const known = Math.max(0, from - index * TILE_WIDTH);
    const bytes = await readIfPresent(join(folder, bundlePath(index)));
    const found = bytes === null ? [] : readBundle(bytes).entries.slice(0, TILE_WIDTH);
    const entries = found.slice(0, known);
    for (const entry of found.slice(known)) {
      // Zeros, which some file systems leave after a loss of power, read as empty entries; the log takes none.
      if (entry.length === 0 || !(await accepts(entry))) break;
      entries.push(entry);
    }
    const places = offsetsOf(entries);
    if (bytes !== null && entries.length > 0) await settle(folder, disk, index, bytes, places, known);
    for (const entry of entries.slice(known)) tiles.append(leafHash(entry));
    if (entries.length < TILE_WIDTH) return { size: tiles.size, tail: places };
  }
}

/**
 * Makes a bundle durable as it is kept. The bytes beyond the checkpoint are written again and not only synced: after a sync that
 * failed, the kernel may hold pages that it believes to be on disk and that never got there.
 */
async function settle(
  folder: string,
  disk: Disk,
  index: number,
  bytes: Uint8Array,
  places: readonly number[],
  known: number,
): Promise<void> {
  const path = join(folder, bundlePath(index));
  const [start, end] = [places[known] as number, places.at(-1) as number];
  if (start === end && end === bytes.length) return;
  const file = disk.open(path, 'r+');
  try {
    if (end < bytes.length) disk.truncate(file, end);
    writeAll(disk, file, bytes.subarray(start, end), start);
    await disk.sync(file);
  } finally {
    disk.close(file);
  }
  for (let above = dirname(path); above.length >= folder.length; above = dirname(above)) {
    await syncFolder(above, disk);
  }
}

/** Removes the bundles that hold no kept entry: they followed one that was torn. */
async function removeBeyond(
  folder: string,
  disk: Disk,
  size: number,
  present: ReadonlySet<string>,
): Promise<void> {
  const folders = new Set<string>();
  for (const path of present) {
    const name = parseTilePath(path);
    if (name?.level !== 'entries' || name.index * TILE_WIDTH < size) continue;
    disk.remove(join(folder, path));
    folders.add(dirname(join(folder, path)));
  }
  for (const changed of folders) await syncFolder(changed, disk);
}

/** How the tree that was found differs from the kept checkpoint's, or null. */
async function findMismatch(
  folder: string,
  tiles: HashTiles,
  kept: Checkpoint,
  rebuilt: readonly [level: number, index: number][],
): Promise<Failure | null> {
  if (!equal(await tiles.root(), kept.root)) return findDamage(folder, tiles, kept.size);
  for (const [level, index] of rebuilt) {
    const hash = (await tiles.unchecked(level, index)).top();
    const parent = await tiles.nodes(level + 1, Math.floor(index / TILE_WIDTH));
    if (equal(hash, parent.node(0, index % TILE_WIDTH))) continue;
    return level === 0
      ? corrupt(bundlePath(index), 'its entries are not those that were signed')
      : findDamage(folder, tiles, kept.size);
  }
  return null;
}

/** Reads everything to name what does not fit; only after it is certain that something does not. */
async function findDamage(folder: string, tiles: HashTiles, size: number): Promise<Failure> {
  for (let level = 0; TILE_WIDTH ** (level + 1) <= size; level++) {
    for (let index = 0; index < Math.floor(size / TILE_WIDTH ** (level + 1)); index++) {
      const made = await makeTile(folder, tiles, level, index);
      if (equal(made.top(), (await tiles.unchecked(level, index)).top())) continue;
      const below = level === 0 ? bundlePath(index) : `the tiles of level ${level - 1}`;
      return corrupt(hashTilePath(level, index), `it does not agree with ${below}`);
    }
  }
  return corrupt(
    'checkpoint',
    `the ${size} entries have another root, most likely since ${lastBundle(size)} changed`,
  );
}

async function readEntries(folder: string, index: number, count: number): Promise<readonly Uint8Array[]> {
  const bytes = await readIfPresent(join(folder, bundlePath(index)));
  if (bytes === null) throw corrupt(bundlePath(index), 'it is missing');
  const { entries } = readBundle(bytes);
  if (entries.length < count) {
    throw corrupt(bundlePath(index), `${entries.length} of ${count} entries that a checkpoint covers`);
  }
  return entries.slice(0, count);
}

function lastBundle(size: number): string {
  return bundlePath(Math.floor(Math.max(0, size - 1) / TILE_WIDTH));
}

function corrupt(field: string, detail: string): Failure {
  return new Failure('log/corrupt', { field, detail });
}
