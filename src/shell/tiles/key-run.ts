/**
 * A run: some keys with the entries they lead to, sorted, in one file that never changes: records of 24 bytes, `key ‖ u64be index`. In
 * memory is a filter of its keys and every {@link FENCE}-th of them, so that a key that is there takes one read, and one that is not
 * takes none.
 */
import { read } from 'node:fs';
import { setImmediate as otherWork } from 'node:timers/promises';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { fromU64be } from '../../bytes/octets.js';
import { type Disk, writeAll } from '../files/disk.js';
import { KeyFilter } from './key-filter.js';

/** The length of a key, in bytes. */
export const KEY_BYTES = 16;
export const RECORD_BYTES = KEY_BYTES + 8;
/** Records between two keys that stay in memory: what one look-up reads. */
const FENCE = 128;
/** Records that are moved at once, before other work has its turn: less than a millisecond. */
const CHUNK = 2048;
/** Bytes of a key that are compared as a number: as many as a number holds exactly. */
const PREFIX_BYTES = 6;
/** Of the 256 groups in which records are sorted, how many before other work has its turn. */
const GROUPS = 32;

const readAsync = promisify(read);

/** What the index remembers of a run, to know it again. */
export interface RunSummary {
  /** The name of its file. */
  readonly number: number;
  readonly records: number;
  /** CRC-32 of the whole file. */
  readonly crc: number;
}

export class KeyRun {
  readonly summary: RunSummary;
  readonly path: string;
  readonly #file: number;
  readonly #disk: Disk;
  readonly #filter: KeyFilter;
  /** The first key of each {@link FENCE} records. */
  readonly #fences: Buffer;
  /** Those who are reading, for whom the file stays open. */
  #readers = 0;
  #closing = false;

  private constructor(path: string, disk: Disk, file: number, summary: RunSummary, aid: RunAid) {
    this.path = path;
    this.summary = summary;
    this.#disk = disk;
    this.#file = file;
    this.#filter = aid.filter;
    this.#fences = aid.fences;
  }

  /** The run in a file, or null when the file is not what the summary says. Bytes beyond it are from a write that did not finish. */
  static async open(path: string, disk: Disk, summary: RunSummary): Promise<KeyRun | null> {
    let file: number;
    try {
      file = disk.open(path, 'r');
    } catch {
      return null;
    }
    const aid = new RunAid(summary.records);
    const run = new KeyRun(path, disk, file, summary, aid);
    let [crc, at] = [0, 0];
    // Piece by piece: a run of a long log is larger than the memory that it is worth.
    while (at < summary.records) {
      const piece = await run.read(at, CHUNK).catch(() => Buffer.alloc(0));
      if (piece.length === 0) break;
      crc = crc32(piece, crc);
      aid.add(piece);
      at += piece.length / RECORD_BYTES;
    }
    if (at === summary.records && crc === summary.crc) return run;
    run.close();
    return null;
  }

  /** Writes a run of `count` records, which come sorted, in pieces. Rejects with what the disk throws. */
  static async write(
    path: string,
    disk: Disk,
    number: number,
    count: number,
    pieces: AsyncIterable<Buffer>,
  ): Promise<KeyRun> {
    const file = disk.open(path, 'w+', 0o644);
    try {
      const aid = new RunAid(count);
      let crc = 0;
      let position = 0;
      for await (const piece of pieces) {
        writeAll(disk, file, piece, position);
        crc = crc32(piece, crc);
        aid.add(piece);
        position += piece.length;
      }
      return new KeyRun(path, disk, file, { number, records: position / RECORD_BYTES, crc }, aid);
    } catch (error) {
      disk.close(file);
      throw error;
    }
  }

  /** Whether it is worth it to {@link find} the key: about one in a hundred that the run lacks is taken for one that it may have. */
  mayHave(key: Buffer): boolean {
    return this.#filter.mayHave(key);
  }

  /** The entries that the key leads to. The caller holds the run. */
  async find(key: Buffer): Promise<number[]> {
    const found: number[] = [];
    // Equal keys may reach over a fence.
    for (let fence = this.#lastFenceBelow(key); fence * FENCE < this.summary.records; fence++) {
      const records = await this.read(fence * FENCE, FENCE);
      for (let at = 0; at < records.length; at += RECORD_BYTES) {
        const order = records.compare(key, 0, KEY_BYTES, at, at + KEY_BYTES);
        if (order > 0) return found;
        const index = order === 0 ? fromU64be(records.subarray(at + KEY_BYTES)) : null;
        if (index !== null) found.push(index);
      }
    }
    return found;
  }

  /** At most `count` records from the `first` on. The caller holds the run. */
  async read(first: number, count: number): Promise<Buffer> {
    const length = Math.min(count, this.summary.records - first) * RECORD_BYTES;
    const position = first * RECORD_BYTES;
    const { bytesRead, buffer } = await readAsync(
      this.#file,
      Buffer.allocUnsafe(length),
      0,
      length,
      position,
    );
    return buffer.subarray(0, bytesRead - (bytesRead % RECORD_BYTES));
  }

  /** Keeps the file open until {@link release}: whoever reads holds first, for a number of a closed file may be another file's. */
  hold(): void {
    if (this.#closing) throw new Error('a run that is let go of cannot be read');
    this.#readers++;
  }

  release(): void {
    this.#readers--;
    if (this.#closing && this.#readers === 0) this.#disk.close(this.#file);
  }

  /** Lets go of the file once nobody reads it. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#readers === 0) this.#disk.close(this.#file);
  }

  /** The number of the last fence that stands before every record of that key. */
  #lastFenceBelow(key: Buffer): number {
    let [low, high] = [0, this.#fences.length / KEY_BYTES];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const isBelow =
        this.#fences.compare(key, 0, KEY_BYTES, middle * KEY_BYTES, (middle + 1) * KEY_BYTES) < 0;
      [low, high] = isBelow ? [middle + 1, high] : [low, middle];
    }
    return Math.max(0, low - 1);
  }
}

/** What stays in memory of a run, as its records go by. */
class RunAid {
  readonly filter: KeyFilter;
  readonly fences: Buffer;
  #count = 0;

  constructor(records: number) {
    this.filter = KeyFilter.forKeys(records);
    this.fences = Buffer.alloc(Math.ceil(records / FENCE) * KEY_BYTES);
  }

  add(records: Buffer): void {
    for (let at = 0; at < records.length; at += RECORD_BYTES) {
      this.filter.add(records, at);
      if (this.#count % FENCE === 0) {
        records.copy(this.fences, (this.#count / FENCE) * KEY_BYTES, at, at + KEY_BYTES);
      }
      this.#count++;
    }
  }
}

/** Records, sorted by key and then by index, in pieces: first by the key's first byte, so that no sorting takes long. */
export async function* sortedPieces(records: readonly Buffer[]): AsyncGenerator<Buffer> {
  const groups = Array.from({ length: 256 }, (): Buffer[] => []);
  for (const record of records) groups[record[0] as number]?.push(record);
  for (let first = 0; first < groups.length; first += GROUPS) {
    const sorted = groups.slice(first, first + GROUPS).flatMap(group => group.sort(Buffer.compare));
    yield Buffer.concat(sorted);
    await otherWork();
  }
}

/** The records of several runs as one, sorted, in pieces, a piece of each run in memory at a time. */
export async function* mergedPieces(runs: readonly KeyRun[]): AsyncGenerator<Buffer> {
  const heads = await Promise.all(runs.map(run => RunReader.open(run)));
  let left = heads.filter(head => head.hasRecord);
  while (left.length > 0) {
    const piece = Buffer.allocUnsafe(CHUNK * RECORD_BYTES);
    let length = 0;
    while (length < piece.length && left.length > 0) {
      const least = leastOf(left);
      least.piece.copy(piece, length, least.at, least.at + RECORD_BYTES);
      length += RECORD_BYTES;
      if (least.advance()) continue;
      await least.fill();
      left = left.filter(head => head.hasRecord);
    }
    yield piece.subarray(0, length);
    await otherWork();
  }
}

class RunReader {
  readonly #run: KeyRun;
  #read = 0;
  piece: Buffer = Buffer.alloc(0);
  /** Where the next record begins. */
  at = 0;
  /** The first bytes of its key as a number, which nearly always decides; comparing bytes costs ten times as much. */
  prefix = 0;

  private constructor(run: KeyRun) {
    this.#run = run;
  }

  static async open(run: KeyRun): Promise<RunReader> {
    const reader = new RunReader(run);
    await reader.fill();
    return reader;
  }

  /** Whether there is a record. */
  get hasRecord(): boolean {
    return this.at < this.piece.length;
  }

  /** Goes on to the next record; false when it has yet to be read. */
  advance(): boolean {
    this.at += RECORD_BYTES;
    if (!this.hasRecord) return false;
    this.prefix = this.piece.readUIntBE(this.at, PREFIX_BYTES);
    return true;
  }

  isBefore(other: RunReader): boolean {
    if (this.prefix !== other.prefix) return this.prefix < other.prefix;
    const [end, otherEnd] = [this.at + RECORD_BYTES, other.at + RECORD_BYTES];
    return this.piece.compare(other.piece, other.at, otherEnd, this.at, end) < 0;
  }

  /** Reads on. */
  async fill(): Promise<void> {
    this.piece = await this.#run.read(this.#read, CHUNK);
    this.at = 0;
    this.#read += this.piece.length / RECORD_BYTES;
    if (this.hasRecord) this.prefix = this.piece.readUIntBE(0, PREFIX_BYTES);
  }
}

function leastOf(heads: readonly RunReader[]): RunReader {
  let least = heads[0] as RunReader;
  for (const head of heads) if (head.isBefore(least)) least = head;
  return least;
}
