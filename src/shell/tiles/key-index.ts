/**
 * Finding entries by 16-byte keys, in flat memory: 256 files by the key's first byte, of 24-byte records `key ‖ u64be index`, and one
 * file `through` that says up to which entry they hold, how many records each has, and their CRC-32.
 *
 * All of it is made from the entries and can be lost: nothing here is synced to disk, what does not match `through` is made anew, and
 * whoever finds a record here still reads the entry to see whether it has that key.
 */
import { read } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as otherWork } from 'node:timers/promises';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { toHex } from '../../bytes/hex.js';
import { concat, fromU64be, u64be } from '../../bytes/octets.js';
import { type Disk, writeAll } from '../files/disk.js';
import { makeFolders, replaceFile } from '../files/durable.js';

/** The length of a key, in bytes. */
export const KEY_BYTES = 16;
const RECORD_BYTES = KEY_BYTES + 8;
const BUCKETS = 256;
/** Keys that stay in memory until they are written together. */
const RECENT_KEYS = 8192;
const THROUGH_BYTES = 8 + BUCKETS * 12 + 4;

/** Buckets that are written in one go, before other work has its turn. */
const BUCKETS_AT_ONCE = 8;

interface Bucket {
  readonly records: number;
  /** Of all its records. */
  readonly crc: number;
}

const readAsync = promisify(read);

export class KeyIndex {
  readonly #folder: string;
  readonly #disk: Disk;
  #buckets: readonly Bucket[];
  /** The bucket files in use. They stay open: opening 256 files at every flush would take as long as a commit. */
  readonly #files = new Map<number, number>();
  /** For each bucket the entries by key, in hexadecimal, in the order in which they were added. */
  readonly #recent = Array.from({ length: BUCKETS }, () => new Map<string, number>());
  #recentKeys = 0;
  #writing: Promise<void> | null = null;
  #added: number;

  private constructor(folder: string, disk: Disk, through: number, buckets: readonly Bucket[]) {
    this.#folder = folder;
    this.#disk = disk;
    this.#added = through;
    this.#buckets = buckets;
  }

  /** The index of a log of `size` entries; an empty one when the files are missing or are not what `through` says. */
  static async open(folder: string, disk: Disk, size: number): Promise<KeyIndex> {
    const kept = await readThrough(folder);
    if (kept !== null && kept.through <= size && (await matches(folder, kept.buckets))) {
      return new KeyIndex(folder, disk, kept.through, kept.buckets);
    }
    const buckets = Array.from({ length: BUCKETS }, () => ({ records: 0, crc: 0 }));
    return new KeyIndex(folder, disk, 0, buckets);
  }

  /** The number of entries, from the first on, whose keys have been added. */
  get size(): number {
    return this.#added;
  }

  /** Files the next entry under its keys. */
  add(keys: readonly Uint8Array[]): void {
    for (const key of keys) {
      if (key.length !== KEY_BYTES) throw new RangeError(`a key has ${KEY_BYTES} bytes`);
      const recent = this.#recentOf(key);
      const name = toHex(key);
      if (recent.has(name)) continue;
      recent.set(name, this.#added);
      this.#recentKeys++;
    }
    this.#added++;
  }

  /** The entry that this process itself has filed under the key, unless that has been written down since. */
  recent(key: Uint8Array): number | null {
    return this.#recentOf(key).get(toHex(key)) ?? null;
  }

  /** Which entries may have the key, as far as the files say; whoever asks looks at the entries. */
  async candidates(key: Uint8Array): Promise<number[]> {
    const bucket = this.#buckets[key[0] as number];
    if (bucket === undefined || bucket.records === 0) return [];
    const records = await this.#read(key[0] as number, bucket.records * RECORD_BYTES);
    const found: number[] = [];
    for (let at = records.indexOf(key); at >= 0; at = records.indexOf(key, at + 1)) {
      const index = at % RECORD_BYTES === 0 ? fromU64be(records.subarray(at + KEY_BYTES)) : null;
      if (index !== null) found.push(index);
    }
    return found;
  }

  /** Writes the keys of the first `committed` entries, when there are enough to be worth it. Rejects with what the disk throws. */
  async flush(committed: number): Promise<void> {
    if (this.#recentKeys < RECENT_KEYS || this.#writing !== null) return;
    this.#writing = this.#write(committed).finally(() => {
      this.#writing = null;
    });
    await this.#writing;
  }

  /** Lets go of the files. Keys that were not worth writing are read from their entries at the next start, which takes little longer. */
  async close(): Promise<void> {
    await this.#writing?.catch(() => undefined);
    for (const file of this.#files.values()) this.#disk.close(file);
    this.#files.clear();
  }

  /** Positions follow from `#buckets`, which changes only when all is written: after a failure the same can be tried again. */
  async #write(committed: number): Promise<void> {
    makeFolders(this.#folder, this.#disk);
    const buckets: Bucket[] = [];
    const written: string[][] = [];
    for (const [number, { records, crc }] of this.#buckets.entries()) {
      if (number % BUCKETS_AT_ONCE === 0) await otherWork();
      const additions = [...this.#recentIn(number)].filter(([, index]) => index < committed);
      const bytes = concat(...additions.flatMap(([name, index]) => [Buffer.from(name, 'hex'), u64be(index)]));
      if (bytes.length > 0) writeAll(this.#disk, this.#file(number), bytes, records * RECORD_BYTES);
      buckets.push({ records: records + additions.length, crc: crc32(bytes, crc) });
      written.push(additions.map(([name]) => name));
    }
    replaceFile(throughPath(this.#folder), formatThrough(committed, buckets), this.#disk);
    this.#buckets = buckets;
    for (const [number, names] of written.entries()) {
      for (const name of names) this.#recentIn(number).delete(name);
      this.#recentKeys -= names.length;
    }
  }

  #recentOf(key: Uint8Array): Map<string, number> {
    return this.#recentIn(key[0] as number);
  }

  #recentIn(bucket: number): Map<string, number> {
    return this.#recent[bucket] as Map<string, number>;
  }

  #file(bucket: number): number {
    const known = this.#files.get(bucket);
    if (known !== undefined) return known;
    const isNew = this.#buckets[bucket]?.records === 0;
    const file = this.#disk.open(bucketPath(this.#folder, bucket), isNew ? 'w+' : 'r+', 0o644);
    this.#files.set(bucket, file);
    return file;
  }

  async #read(bucket: number, length: number): Promise<Buffer> {
    const { bytesRead, buffer } = await readAsync(this.#file(bucket), Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  }
}

function bucketPath(folder: string, bucket: number): string {
  return join(folder, toHex(Uint8Array.of(bucket)));
}

function throughPath(folder: string): string {
  return join(folder, 'through');
}

/** `u64be entries ‖ 256 × (u64be records ‖ u32be CRC-32) ‖ u32be CRC-32 of all that`. */
function formatThrough(through: number, buckets: readonly Bucket[]): Uint8Array {
  const content = concat(
    u64be(through),
    ...buckets.flatMap(({ records, crc }) => [u64be(records), u32be(crc)]),
  );
  return concat(content, u32be(crc32(content)));
}

async function readThrough(folder: string): Promise<{ through: number; buckets: Bucket[] } | null> {
  const bytes = await readFile(throughPath(folder)).catch(() => null);
  if (bytes?.length !== THROUGH_BYTES) return null;
  if (crc32(bytes.subarray(0, -4)) !== bytes.readUInt32BE(THROUGH_BYTES - 4)) return null;
  const through = fromU64be(bytes);
  if (through === null) return null;
  const buckets = Array.from({ length: BUCKETS }, (_, number) => {
    const at = 8 + number * 12;
    return { records: fromU64be(bytes.subarray(at)) ?? 0, crc: bytes.readUInt32BE(at + 8) };
  });
  return { through, buckets };
}

/** Records past those that `through` counts are from a write that did not finish; the next write goes over them. */
async function matches(folder: string, buckets: readonly Bucket[]): Promise<boolean> {
  for (const [number, { records, crc }] of buckets.entries()) {
    if (records === 0) continue;
    const bytes = await readFile(bucketPath(folder, number)).catch(() => null);
    const length = records * RECORD_BYTES;
    if (bytes === null || bytes.length < length || crc32(bytes.subarray(0, length)) !== crc) return false;
  }
  return true;
}

function u32be(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
