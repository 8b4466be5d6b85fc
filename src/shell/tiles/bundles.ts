/**
 * The files that entries are kept in: `tile/entries/<N>`, 256 to a file, each entry as `u16be length ‖ bytes`. They are what a mirror
 * reads and what the log recovers from; everything else in its folder can be made from them.
 *
 * `append` gives an entry its place, `write` makes it survive the death of this process, and `makeDurable` a loss of power.
 */
import { readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { concatAll } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { readBundle, TILE_WIDTH, tilePath, writeBundle } from '../../tree/tile.js';
import { type Disk, writeAll } from '../files/disk.js';
import { makeFolders, syncFolder } from '../files/durable.js';
import { Recent } from './recent.js';
import { readStored, readStoredPart } from './stored-file.js';

/** Bundles whose entries' places are remembered: about 1 KiB each. */
const REMEMBERED_BUNDLES = 1024;

interface OpenBundle {
  readonly index: number;
  readonly file: number;
  /** Where each entry begins, and as the last number where the next one will. */
  readonly offsets: number[];
}

/** Entries that were written together into one bundle. */
interface Written {
  readonly bundle: OpenBundle;
  /** The first one's index in the log. */
  readonly first: number;
  /** Where they begin in the bundle. */
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** What has been written and is not yet durable. */
export interface Unsynced {
  /** In order. */
  readonly written: Written[];
  readonly bundles: Set<OpenBundle>;
  readonly folders: Set<string>;
}

const nothingUnsynced = (): Unsynced => ({ written: [], bundles: new Set(), folders: new Set() });

export function bundlePath(index: number): string {
  return tilePath({ level: 'entries', index, width: TILE_WIDTH });
}

export class Bundles {
  readonly #folder: string;
  readonly #disk: Disk;
  readonly #open = new Map<number, OpenBundle>();
  readonly #places = new Recent<readonly number[]>(REMEMBERED_BUNDLES);
  /** Entries that have a place and are not in a file yet. */
  readonly #unwritten: Uint8Array[] = [];
  #unsynced = nothingUnsynced();
  /** The number of entries written. */
  #size: number;

  /**
   * Continues after `size` entries that recovery has found.
   *
   * @param tail where the entries of the last, partial bundle begin and the next one will; just `[0]` when there is none
   */
  constructor(folder: string, disk: Disk, size: number, tail: readonly number[]) {
    this.#folder = folder;
    this.#disk = disk;
    this.#size = size;
    const index = Math.floor(size / TILE_WIDTH);
    if (tail.length > 1) {
      const file = disk.open(join(folder, bundlePath(index)), 'r+');
      this.#open.set(index, { index, file, offsets: [...tail] });
    }
  }

  /** The number of entries that have a place. */
  get size(): number {
    return this.#size + this.#unwritten.length;
  }

  /** Gives an entry the next place, and returns its index. */
  append(entry: Uint8Array): number {
    return this.#size + this.#unwritten.push(entry) - 1;
  }

  /** Writes what has been appended and is not written yet. Throws what the disk throws; nothing may be appended after that. */
  write(): void {
    while (this.#unwritten.length > 0) {
      const entries = this.#unwritten.splice(0, TILE_WIDTH - (this.#size % TILE_WIDTH));
      const bundle = this.#tail();
      const bytes = writeBundle(entries);
      const start = bundle.offsets.at(-1) as number;
      writeAll(this.#disk, bundle.file, bytes, start);
      let end = start;
      for (const { length } of entries) {
        end += 2 + length;
        bundle.offsets.push(end);
      }
      this.#unsynced.bundles.add(bundle);
      this.#unsynced.written.push({ bundle, first: this.#size, start, bytes });
      this.#size += entries.length;
    }
  }

  /** Hands over what has been written since the last call. */
  takeUnsynced(): Unsynced {
    const taken = this.#unsynced;
    this.#unsynced = nothingUnsynced();
    return taken;
  }

  async makeDurable({ bundles, folders }: Unsynced): Promise<void> {
    await Promise.all([
      ...[...bundles].map(({ file }) => this.#disk.datasync(file)),
      ...[...folders].map(folder => syncFolder(folder, this.#disk)),
    ]);
  }

  /**
   * Reads entries back from the files, so that what is signed is what is kept, and not what memory says of it. Throws `log/unavailable` when
   * the files do not give back what was written.
   */
  readBack({ written }: Unsynced): Uint8Array[] {
    const entries: Uint8Array[] = [];
    for (const { bundle, first, start, bytes } of joined(written)) {
      const found = Buffer.allocUnsafe(bytes.length);
      if (!fill(bundle.file, found, start) || found.compare(bytes) !== 0) throw changed(first);
      for (const entry of readBundle(found).entries) entries.push(entry);
    }
    return entries;
  }

  /** Closes the full bundles whose entries have all been committed. */
  release(committed: number): void {
    for (const bundle of this.#open.values()) {
      if ((bundle.index + 1) * TILE_WIDTH > committed) continue;
      this.#open.delete(bundle.index);
      this.#disk.close(bundle.file);
    }
  }

  /** An entry that has a place. Throws `log/corrupt` when its bundle does not hold it. */
  async entry(index: number): Promise<Uint8Array> {
    const unwritten = this.#unwritten[index - this.#size];
    if (unwritten !== undefined) return unwritten;
    const bundle = Math.floor(index / TILE_WIDTH);
    const known = this.#known(bundle);
    const { bytes, offsets } =
      known === undefined ? await this.#look(bundle) : { bytes: null, offsets: known };
    const [start, end] = [offsets[index % TILE_WIDTH], offsets[(index % TILE_WIDTH) + 1]];
    if (start === undefined || end === undefined) throw corrupt(bundle);
    // A copy, so that one entry does not keep the whole bundle in memory.
    const framed =
      bytes === null ? await this.#read(bundle, start, end) : new Uint8Array(bytes.subarray(start, end));
    return framed.subarray(2);
  }

  /** The first `width` entries of a bundle, framed, as they are published. */
  async prefix(bundle: number, width: number): Promise<Uint8Array> {
    const end = (await this.#offsets(bundle))[width];
    if (end === undefined) throw corrupt(bundle);
    return this.#read(bundle, 0, end);
  }

  /** How many entries a bundle has. */
  width(bundle: number): number {
    return Math.min(TILE_WIDTH, this.#size - bundle * TILE_WIDTH);
  }

  /** All that a full bundle's file holds, read anew. */
  whole(bundle: number): Promise<Uint8Array> {
    return readStored(this.#folder, bundlePath(bundle));
  }

  close(): void {
    for (const bundle of this.#open.values()) this.#disk.close(bundle.file);
    this.#open.clear();
  }

  #tail(): OpenBundle {
    const index = Math.floor(this.#size / TILE_WIDTH);
    const existing = this.#open.get(index);
    if (existing !== undefined) return existing;
    const path = join(this.#folder, bundlePath(index));
    for (const folder of makeFolders(dirname(path), this.#disk)) this.#unsynced.folders.add(folder);
    // `w+`: recovery has found no entry here, so whatever may stand in the file was never kept.
    const bundle = { index, file: this.#disk.open(path, 'w+', 0o644), offsets: [0] };
    this.#unsynced.folders.add(dirname(path));
    this.#open.set(index, bundle);
    return bundle;
  }

  #known(bundle: number): readonly number[] | undefined {
    return this.#open.get(bundle)?.offsets ?? this.#places.get(String(bundle));
  }

  async #offsets(bundle: number): Promise<readonly number[]> {
    return this.#known(bundle) ?? (await this.#look(bundle)).offsets;
  }

  /** Reads a full bundle to see where its entries are, and remembers it. */
  async #look(bundle: number): Promise<{ readonly bytes: Uint8Array; readonly offsets: readonly number[] }> {
    const bytes = await this.whole(bundle);
    const { entries, length } = readBundle(bytes);
    if (entries.length !== TILE_WIDTH || length !== bytes.length) throw corrupt(bundle);
    const offsets = offsetsOf(entries);
    this.#places.set(String(bundle), offsets);
    return { bytes, offsets };
  }

  /** Opens the file anew, because one that `append` holds may be closed at any moment. */
  #read(bundle: number, start: number, end: number): Promise<Uint8Array> {
    return readStoredPart(this.#folder, bundlePath(bundle), start, end);
  }
}

/** What stands side by side, as if it had been written at once: reading it is one call. */
function joined(written: readonly Written[]): readonly Written[] {
  const rows: Written[][] = [];
  for (const piece of written) {
    const row = rows.at(-1);
    if (row?.[0]?.bundle === piece.bundle) row.push(piece);
    else rows.push([piece]);
  }
  return rows.flatMap(([first, ...others]) =>
    first === undefined || others.length === 0
      ? (first ?? [])
      : { ...first, bytes: concatAll([first, ...others].map(({ bytes }) => bytes)) },
  );
}

/** Where entries begin that stand one after another in a bundle, and where the next one will. */
export function offsetsOf(entries: readonly Uint8Array[]): number[] {
  const offsets = [0];
  let end = 0;
  for (const entry of entries) {
    end += 2 + entry.length;
    offsets.push(end);
  }
  return offsets;
}

function fill(file: number, bytes: Uint8Array, start: number): boolean {
  let read = 0;
  while (read < bytes.length) {
    const count = readSync(file, bytes, read, bytes.length - read, start + read);
    if (count === 0) return false;
    read += count;
  }
  return true;
}

function changed(index: number): Failure {
  return new Failure('log/unavailable', {
    detail: `the disk does not give back what was written from entry ${index} on`,
  });
}

function corrupt(bundle: number): Failure {
  return new Failure('log/corrupt', { field: bundlePath(bundle), detail: 'entries are missing or cut off' });
}
