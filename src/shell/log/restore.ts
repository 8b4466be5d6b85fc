/**
 * Bringing a log's entries back from somebody who has them: a mirror, or the log's own tiles elsewhere.
 *
 * That somebody is not trusted. What is fetched has to make the root of a checkpoint that the log has signed, and besides a quorum of its
 * witnesses or a mirror that the caller knows; and it has to extend the checkpoint that is kept here. All that is settled before any file
 * is touched. What is here and right is left as it is; what is here and wrong is replaced, one whole file at a time, so that this can be
 * broken off and done again. Nobody else uses the folder meanwhile.
 */
import { dirname, join } from 'node:path';
import { equal } from '../../bytes/octets.js';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import { sameKey, type VerifierKey } from '../../note/key.js';
import { type Quorum, satisfies } from '../../note/policy.js';
import { formatNote, parseNote, verifyNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import { leafHash } from '../../tree/hash.js';
import { rootHash } from '../../tree/prove.js';
import { readBundle, TILE_HEIGHT, TILE_WIDTH, writeBundle } from '../../tree/tile.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably, readIfPresent, writeDurably } from '../files/durable.js';
import { bundlePath } from '../tiles/bundles.js';
import { hashTilePath } from '../tiles/hash-tiles.js';
import type { RemoteLog } from '../tiles/remote-log.js';
import { TileNodes } from '../tiles/tile-nodes.js';
import { type CheckpointKeys, keepCheckpoint, readCheckpoint } from './kept-checkpoint.js';

export interface RestoreOptions {
  /** The log's; made when it is missing. */
  readonly folder: string;
  readonly keys: CheckpointKeys;
  /** Which witnesses have to vouch for what is brought back. */
  readonly quorum: Quorum;
  /** Mirrors of which one is enough in the quorum's place; cosigners' keys, and none of the log's own. */
  readonly mirrors?: readonly VerifierKey[];
  readonly from: RemoteLog;
  readonly onProgress?: (done: number, bundles: number) => void;
  readonly disk?: Disk;
}

export interface Restored {
  /** Of the log as it is now, as far as the checkpoint covers it. */
  readonly size: number;
  /** The files that were written, relative to the folder. */
  readonly written: readonly string[];
  /** Tiles of hashes that were wrong; the log makes them again when it starts. */
  readonly removed: readonly string[];
}

/**
 * Throws `checkpoint/origin-mismatch`, `checkpoint/log-signature-missing`, `note/…` or `log/mirror-unwitnessed` for what the other side
 * shows, `log/mirror-behind` when it has less than is kept here, `log/mirror-forked` when it has another history, `log/mirror-differs` when
 * its entries are not those that were signed, and `peer/…`.
 */
export async function restoreLog(options: RestoreOptions): Promise<Restored> {
  const { folder, keys, from, disk = nodeDisk, onProgress = () => undefined } = options;
  const shown = await readShown(options);
  const kept = await readCheckpoint(folder, keys).catch((error: unknown) => {
    // A checkpoint that does not hold is one of the things to bring back.
    if (error instanceof Failure && error.code === 'log/corrupt') return null;
    throw error;
  });
  if (kept !== null && kept.checkpoint.size > shown.checkpoint.size) {
    const detail = `${shown.checkpoint.size} entries there, ${kept.checkpoint.size} here`;
    throw new Failure('log/mirror-behind', { field: from.url, detail });
  }
  const skeleton = await readSkeleton(from, shown.checkpoint);
  if (kept !== null) await checkExtends(from, kept.checkpoint, skeleton);
  const { tops, rest } = skeleton;
  const work = new Work(folder, disk);
  const bundles = tops.length + (rest.length > 0 ? 1 : 0);
  for (const [index, top] of tops.entries()) {
    await work.restoreFull(index, top, () => from.bundle(index, TILE_WIDTH));
    onProgress(index + 1, bundles);
  }
  if (rest.length > 0) await work.restoreRest(tops.length, rest);
  await work.removeWrongTiles(tops);
  // Everything that it covers is durable by now.
  if (kept?.note == null || kept.checkpoint.size < shown.checkpoint.size) {
    await keepCheckpoint(folder, shown.note, disk);
    work.written.push('checkpoint');
  }
  onProgress(bundles, bundles);
  return { size: shown.checkpoint.size, written: work.written, removed: work.removed };
}

/** The checkpoint that the other side shows, with the lines by the log and its witnesses alone, as a log keeps it. */
async function readShown({
  from,
  keys,
  quorum,
  mirrors = [],
}: RestoreOptions): Promise<{ readonly checkpoint: Checkpoint; readonly note: Uint8Array }> {
  const bytes = await from.checkpoint();
  if (bytes === null) throw new Failure('peer/checkpoint-missing', { field: `${from.url}/checkpoint` });
  const note = parseNote(bytes);
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== keys.log.name)
    throw new Failure('checkpoint/origin-mismatch', { field: from.url });
  const own = keys.logCosigner === null ? [keys.log] : [keys.log, keys.logCosigner];
  const kept = [...own, ...keys.witnesses];
  const others = mirrors.filter(mirror => !kept.some(key => sameKey(key, mirror)));
  const { verified } = await verifyNote(note, [...kept, ...others]);
  const signers = verified.map(({ key }) => key);
  if (!signers.includes(keys.log)) throw new Failure('checkpoint/log-signature-missing', { field: from.url });
  const isMirrored = signers.some(signer => mirrors.some(mirror => sameKey(mirror, signer)));
  if (!isMirrored && !satisfies(quorum, signers))
    throw new Failure('log/mirror-unwitnessed', { field: from.url });
  const signatures = note.signatures.filter(({ name, keyId }) =>
    kept.some(key => key.name === name && equal(key.id, keyId)),
  );
  return { checkpoint, note: formatNote({ text: note.text, signatures }) };
}

/** A tree as far as its root needs it: the hash of every full bundle, and the entries after them. */
interface Skeleton {
  readonly tops: readonly Uint8Array[];
  readonly rest: readonly Uint8Array[];
}

/** Reads what makes the checkpoint's root. Throws `log/mirror-differs` for anything else. */
async function readSkeleton(from: RemoteLog, { size, root }: Checkpoint): Promise<Skeleton> {
  const full = Math.floor(size / TILE_WIDTH);
  const tops: Uint8Array[] = [];
  while (tops.length < full) {
    const width = Math.min(TILE_WIDTH, full - tops.length);
    const hashes = await from.hashes(1, tops.length / TILE_WIDTH, width);
    for (let at = 0; at < width; at++) tops.push(hashes.slice(at * 32, (at + 1) * 32));
  }
  const rest = size % TILE_WIDTH === 0 ? [] : await from.bundle(full, size % TILE_WIDTH);
  if (!equal(await rootOf({ tops, rest }), root))
    throw new Failure('log/mirror-differs', { field: from.url });
  return { tops, rest };
}

/** Throws `log/mirror-forked` unless the tree begins with the one that is kept here, which is no larger. */
async function checkExtends(from: RemoteLog, kept: Checkpoint, { tops, rest }: Skeleton): Promise<void> {
  const full = Math.floor(kept.size / TILE_WIDTH);
  const width = kept.size % TILE_WIDTH;
  const top = tops[full];
  let last = rest;
  if (width > 0 && top !== undefined) {
    last = await from.bundle(full, TILE_WIDTH);
    if (!equal(tileOf(last.map(leafHash)).top(), top))
      throw new Failure('log/mirror-differs', { field: bundlePath(full) });
  }
  const beginning = { tops: tops.slice(0, full), rest: last.slice(0, width) };
  if (equal(await rootOf(beginning), kept.root)) return;
  throw new Failure('log/mirror-forked', { field: from.url, detail: `at ${kept.size} entries` });
}

function rootOf({ tops, rest }: Skeleton): Promise<Uint8Array> {
  const levels = [tileOf(rest.map(leafHash)), ...levelsAbove(tops).map(hashes => tileOf(lastPart(hashes)))];
  return rootHash(tops.length * TILE_WIDTH + rest.length, async ({ level, index }) => {
    const height = level % TILE_HEIGHT;
    const tile = levels[Math.floor(level / TILE_HEIGHT)] as TileNodes;
    return tile.node(height, index % 2 ** (TILE_HEIGHT - height));
  });
}

/** Of every level from 1 up, all hashes: those that are given, those of the full tiles that they make, and so on. */
function levelsAbove(tops: readonly Uint8Array[]): (readonly Uint8Array[])[] {
  const levels = [tops];
  for (let below = tops; below.length >= TILE_WIDTH; ) {
    const tiles = Array.from({ length: Math.floor(below.length / TILE_WIDTH) }, (_, index) =>
      tileOf(below.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH)).top(),
    );
    levels.push(tiles);
    below = tiles;
  }
  return levels;
}

function lastPart(hashes: readonly Uint8Array[]): readonly Uint8Array[] {
  return hashes.slice(hashes.length - (hashes.length % TILE_WIDTH));
}

function tileOf(hashes: readonly Uint8Array[]): TileNodes {
  const tile = new TileNodes();
  for (const hash of hashes) tile.push(hash);
  return tile;
}

class Work {
  readonly written: string[] = [];
  readonly removed: string[] = [];
  readonly #folder: string;
  readonly #disk: Disk;

  constructor(folder: string, disk: Disk) {
    this.#folder = folder;
    this.#disk = disk;
  }

  async restoreFull(
    index: number,
    top: Uint8Array,
    fetchEntries: () => Promise<readonly Uint8Array[]>,
  ): Promise<void> {
    const here = await this.#entriesHere(index);
    const isRight =
      here.exact &&
      here.entries.length === TILE_WIDTH &&
      equal(tileOf(here.entries.map(leafHash)).top(), top);
    const entries = isRight ? here.entries : await fetchEntries();
    const leaves = tileOf(entries.map(leafHash));
    if (!equal(leaves.top(), top)) throw new Failure('log/mirror-differs', { field: bundlePath(index) });
    if (!isRight) await this.#write(index, entries);
    await this.#removeUnless(hashTilePath(0, index), leaves);
  }

  /** The last entries of the tree; those that follow them here are of no checkpoint yet, and stay. */
  async restoreRest(index: number, rest: readonly Uint8Array[]): Promise<void> {
    const { entries } = await this.#entriesHere(index);
    if (rest.every((entry, at) => equal(entry, entries[at] ?? new Uint8Array()))) return;
    await this.#write(index, [...rest, ...entries.slice(rest.length, TILE_WIDTH)]);
  }

  async removeWrongTiles(tops: readonly Uint8Array[]): Promise<void> {
    for (const [above, hashes] of levelsAbove(tops).entries()) {
      for (let index = 0; (index + 1) * TILE_WIDTH <= hashes.length; index++) {
        const tile = tileOf(hashes.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH));
        await this.#removeUnless(hashTilePath(above + 1, index), tile);
      }
    }
  }

  async #entriesHere(
    index: number,
  ): Promise<{ readonly entries: readonly Uint8Array[]; readonly exact: boolean }> {
    const bytes = (await readIfPresent(join(this.#folder, bundlePath(index)))) ?? new Uint8Array();
    const { entries, length } = readBundle(bytes);
    return { entries, exact: length === bytes.length };
  }

  async #write(index: number, entries: readonly Uint8Array[]): Promise<void> {
    const path = bundlePath(index);
    const file = join(this.#folder, path);
    await makeFoldersDurably(dirname(file), this.#disk);
    await writeDurably(file, writeBundle(entries), 0o644, this.#disk);
    this.written.push(path);
  }

  async #removeUnless(path: string, right: TileNodes): Promise<void> {
    const bytes = await readIfPresent(join(this.#folder, path));
    if (bytes === null || equal(bytes, right.bytes())) return;
    this.#disk.remove(join(this.#folder, path));
    this.removed.push(path);
  }
}
