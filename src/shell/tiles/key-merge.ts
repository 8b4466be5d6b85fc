/** Records of keys in the order in which a run has them: of some in memory, and of several runs that become one. */
import { setImmediate as otherWork } from 'node:timers/promises';
import { type KeyRun, RECORD_BYTES } from './key-run.js';

/** Records that are moved at once, before other work has its turn: less than a millisecond. */
const CHUNK = 2048;
/** Bytes of a key that are compared as a number: as many as a number holds exactly. */
const PREFIX_BYTES = 6;
/** Of the 256 groups in which records are sorted, how many before other work has its turn. */
const GROUPS = 32;

/** Records, sorted by key and then by index, in pieces: first by the key's first byte, so that no sorting takes long. */
export async function* sortedPieces(records: readonly Buffer[]): AsyncGenerator<Buffer> {
  const groups = Array.from({ length: 256 }, (): Buffer[] => []);
  for (const record of records) groups[record[0] as number]?.push(record);
  for (let first = 0; first < groups.length; first += GROUPS) {
    const sorted = groups.slice(first, first + GROUPS).flatMap(group => group.sort(Buffer.compare));
    if (sorted.length > 0) yield Buffer.concat(sorted);
    await otherWork();
  }
}

/**
 * The records of several runs as one, sorted, in pieces, a piece of each run in memory at a time. A piece is there until the next one is
 * asked for, which comes in the same memory. The caller holds the runs.
 */
export async function* mergedPieces(runs: readonly KeyRun[]): AsyncGenerator<Buffer> {
  const heads = await Promise.all(runs.map(run => RunReader.open(run)));
  let left = heads.filter(head => head.hasRecord);
  const piece = Buffer.allocUnsafe(CHUNK * RECORD_BYTES);
  while (left.length > 0) {
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
  readonly #memory = Buffer.allocUnsafe(CHUNK * RECORD_BYTES);
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
    this.piece = await this.#run.records(this.#read, this.#memory);
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
