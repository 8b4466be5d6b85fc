/**
 * A run: some keys with the entries they lead to, sorted, in one file that never changes: records of 24 bytes, `key ‖ u64be index`, and from
 * the next multiple of 64 bytes on their blocks (see `key-block.ts`). A small run has its blocks in memory, a large one reads the one that
 * it needs, so that memory stays the same however many keys there are. A key that is not there nearly always takes no other read.
 *
 * A block is read while everything else waits: it is 64 bytes that the system nearly always has in memory, and handing that to a thread
 * costs ten times as much as doing it.
 */
import { read, readSync } from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { fromU64be } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { type Disk, writeAll } from '../files/disk.js';
import { BLOCK_BYTES, BlockMaker, blockCount, blockNumber, firstRecord, mayHold } from './key-block.js';

/** The length of a key, in bytes. */
export const KEY_BYTES = 16;
export const RECORD_BYTES = KEY_BYTES + 8;
/** Records that a look-up reads at once: nearly always all that its block is about. */
const LOOKED_AT = 72;
/** Bytes that are checked at once when a run is opened. */
const CHECKED_BYTES = 1 << 18;

const readAsync = promisify(read);

/** What the index remembers of a run, to know it again. */
export interface RunSummary {
  /** The name of its file. */
  readonly number: number;
  readonly records: number;
  /** CRC-32 of all records. */
  readonly recordsCrc: number;
  /** CRC-32 of all blocks. */
  readonly blocksCrc: number;
}

/** Why a file is not the run that it should be. */
export type RunDamage = 'it cannot be read' | 'its checksum does not match';

export class KeyRun {
  readonly summary: RunSummary;
  readonly path: string;
  readonly #file: number;
  readonly #disk: Disk;
  /** All of them, or null when they are on disk alone. */
  readonly #blocks: Buffer | null;
  /** Those who are reading, for whom the file stays open. */
  #readers = 0;
  #closing = false;

  private constructor(path: string, disk: Disk, file: number, summary: RunSummary, blocks: Buffer | null) {
    this.path = path;
    this.summary = summary;
    this.#disk = disk;
    this.#file = file;
    this.#blocks = blocks;
  }

  /**
   * The run in a file, or why it is none. Bytes that the summary does not speak of are from a write that did not finish.
   *
   * @param inMemory how many records a run has at most whose blocks are kept in memory
   */
  static async open(
    path: string,
    disk: Disk,
    summary: RunSummary,
    inMemory: number,
  ): Promise<KeyRun | RunDamage> {
    let file: number;
    try {
      file = disk.open(path, 'r');
    } catch {
      return 'it cannot be read';
    }
    const { records, recordsCrc, blocksCrc } = summary;
    const blocks = records <= inMemory ? Buffer.allocUnsafe(blockCount(records) * BLOCK_BYTES) : null;
    const isWhole =
      (await crcOf(file, 0, records * RECORD_BYTES)) === recordsCrc &&
      (await crcOf(file, blocksStart(records), blockCount(records) * BLOCK_BYTES, blocks)) === blocksCrc;
    if (isWhole) return new KeyRun(path, disk, file, summary, blocks);
    disk.close(file);
    return 'its checksum does not match';
  }

  /** Writes a run of `count` records, which come sorted, in pieces. Rejects with what the disk throws. */
  static async write(
    path: string,
    disk: Disk,
    {
      number,
      count,
      inMemory,
    }: { readonly number: number; readonly count: number; readonly inMemory: number },
    pieces: AsyncIterable<Buffer>,
  ): Promise<KeyRun> {
    const file = disk.open(path, 'w+', 0o644);
    try {
      const maker = new BlockMaker(count, RECORD_BYTES);
      const kept: Buffer[] = [];
      let [position, recordsCrc, blocksPosition, blocksCrc] = [0, 0, blocksStart(count), 0];
      const writeBlocks = (blocks: Buffer) => {
        if (blocks.length > 0) writeAll(disk, file, blocks, blocksPosition);
        blocksPosition += blocks.length;
        blocksCrc = crc32(blocks, blocksCrc);
        if (count <= inMemory) kept.push(blocks);
      };
      for await (const piece of pieces) {
        writeAll(disk, file, piece, position);
        position += piece.length;
        recordsCrc = crc32(piece, recordsCrc);
        writeBlocks(maker.add(piece));
      }
      writeBlocks(maker.finish());
      const summary = { number, records: position / RECORD_BYTES, recordsCrc, blocksCrc };
      return new KeyRun(path, disk, file, summary, count <= inMemory ? Buffer.concat(kept) : null);
    } catch (error) {
      disk.close(file);
      throw error;
    }
  }

  /**
   * Whether it is worth it to {@link find} the key: about one in sixty that the run lacks is taken for one that it may have. Throws
   * `log/unavailable`.
   */
  mayHave(key: Buffer): boolean {
    const { blocks, at } = this.#blockFor(key);
    return mayHold(blocks, at, key);
  }

  /** The entries that the key leads to. Throws `log/unavailable`. The caller holds the run. */
  async find(key: Buffer): Promise<number[]> {
    const { blocks, at } = this.#blockFor(key);
    const found: number[] = [];
    let next = firstRecord(blocks, at);
    while (next < this.summary.records) {
      const records = await this.records(next, Buffer.allocUnsafe(LOOKED_AT * RECORD_BYTES));
      for (let at = 0; at < records.length; at += RECORD_BYTES) {
        const order = records.compare(key, 0, KEY_BYTES, at, at + KEY_BYTES);
        if (order > 0) return found;
        const index = order === 0 ? fromU64be(records.subarray(at + KEY_BYTES)) : null;
        if (index !== null) found.push(index);
      }
      next += records.length / RECORD_BYTES;
    }
    return found;
  }

  /**
   * As many records from the `first` on as `memory` has room for or the run has. Throws `log/unavailable` when the file has fewer. The
   * caller holds the run.
   */
  async records(first: number, memory: Buffer): Promise<Buffer> {
    const length = Math.min(memory.length, (this.summary.records - first) * RECORD_BYTES);
    const { bytesRead } = await readAsync(this.#file, memory, 0, length, first * RECORD_BYTES);
    if (bytesRead !== length) throw this.#cutOff();
    return memory.subarray(0, length);
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

  /** Some blocks, and where the key's is in them. */
  #blockFor(key: Buffer): { readonly blocks: Buffer; readonly at: number } {
    const { records } = this.summary;
    const at = blockNumber(key, 0, blockCount(records)) * BLOCK_BYTES;
    if (this.#blocks !== null) return { blocks: this.#blocks, at };
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    if (readSync(this.#file, block, 0, BLOCK_BYTES, blocksStart(records) + at) !== BLOCK_BYTES)
      throw this.#cutOff();
    return { blocks: block, at: 0 };
  }

  /** A key that should be in what is missing would look like one that nobody has. */
  #cutOff(): Failure {
    return new Failure('log/unavailable', {
      field: basename(this.path),
      detail: 'a file of the key index is cut off; it is made anew at the next start',
    });
  }
}

/** Where the blocks of a run begin in its file: none of them stands in two pages of the system's memory. */
function blocksStart(records: number): number {
  return Math.ceil((records * RECORD_BYTES) / BLOCK_BYTES) * BLOCK_BYTES;
}

/**
 * CRC-32 of a part of a file, or null when it cannot be read. Piece by piece: a run of a long log is larger than the memory that it is worth.
 *
 * @param copy gets all of the bytes
 */
async function crcOf(file: number, start: number, length: number, copy: Buffer | null = null) {
  const memory = Buffer.allocUnsafe(Math.min(length, CHECKED_BYTES));
  let [crc, done] = [0, 0];
  while (done < length) {
    const wanted = Math.min(memory.length, length - done);
    const { bytesRead } = await readAsync(file, memory, 0, wanted, start + done).catch(() => ({
      bytesRead: 0,
    }));
    if (bytesRead === 0) return null;
    const piece = memory.subarray(0, bytesRead);
    crc = crc32(piece, crc);
    copy?.set(piece, done);
    done += bytesRead;
  }
  return crc;
}
