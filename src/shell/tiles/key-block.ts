/**
 * What a run says of its keys in so few bytes that one read answers for a key. The range of all keys is divided evenly, and each part has a
 * block of 64 bytes, a line of the processor's cache: where the part's records begin in the run, and a filter that surely knows keys
 * that are not among them. Blocks come in the order of the records, so that they are written as the records go by, and a run may leave
 * them on disk. Sources: B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors" (1970); F. Putze et al., "Cache-,
 * hash- and space-efficient Bloom filters" (2007). Keys are parts of digests, so their own bits serve as the hashes.
 *
 * A block: `u48be number of the first record ‖ 464 bits of filter`.
 */

export const BLOCK_BYTES = 64;
/** On average. */
const KEYS_PER_BLOCK = 48;
const FILTER_AT = 6;
const FILTER_BITS = (BLOCK_BYTES - FILTER_AT) * 8;
/** ln 2 × the bits per key: about one key in sixty that the run lacks is taken for one that it may have. */
const PROBES = 7;

/** How many blocks a run of so many records has. */
export function blockCount(records: number): number {
  return Math.max(1, Math.ceil(records / KEYS_PER_BLOCK));
}

/** The number of the block for a key, which begins at `at` and has 16 bytes. */
export function blockNumber(key: Buffer, at: number, blocks: number): number {
  return Math.floor((key.readUInt32BE(at) * blocks) / 2 ** 32);
}

/** The number of the first record that the block at `at` is about, where it is about any. */
export function firstRecord(blocks: Buffer, at: number): number {
  return blocks.readUIntBE(at, FILTER_AT);
}

/** Whether the records of the block at `at` may have the key. */
export function mayHold(blocks: Buffer, at: number, key: Buffer): boolean {
  const step = key.readUInt32LE(8);
  let position = key.readUInt32LE(4);
  for (let probe = 0; probe < PROBES; probe++) {
    const bit = position % FILTER_BITS;
    if (((blocks[at + FILTER_AT + (bit >>> 3)] as number) & (1 << (bit & 7))) === 0) return false;
    position = (position + step) >>> 0;
  }
  return true;
}

/** Makes the blocks of a run while its records go by. */
export class BlockMaker {
  readonly #recordBytes: number;
  readonly #count: number;
  #records = 0;
  /** The number of the block that the last record belongs to. */
  #current = 0;
  #block: Buffer = Buffer.alloc(BLOCK_BYTES);

  /** For `records` records, each of `recordBytes` bytes that begin with its key. */
  constructor(records: number, recordBytes: number) {
    this.#recordBytes = recordBytes;
    this.#count = blockCount(records);
  }

  /** Takes the next records, and returns the blocks that no later record belongs to. */
  add(records: Buffer): Buffer {
    const before = this.#current;
    const last = blockNumber(records, records.length - this.#recordBytes, this.#count);
    const blocks = this.#upTo(last);
    for (let at = 0; at < records.length; at += this.#recordBytes) {
      const number = blockNumber(records, at, this.#count);
      const start = (number - before) * BLOCK_BYTES;
      if (number !== this.#current || this.#records === 0)
        blocks.writeUIntBE(this.#records, start, FILTER_AT);
      mark(blocks, start, records, at);
      this.#current = number;
      this.#records++;
    }
    this.#block = blocks.subarray(blocks.length - BLOCK_BYTES);
    return blocks.subarray(0, -BLOCK_BYTES);
  }

  /** The blocks that are left once all records have gone by. */
  finish(): Buffer {
    return this.#upTo(this.#count - 1);
  }

  /** The current block, and empty ones after it. */
  #upTo(last: number): Buffer {
    const blocks = Buffer.alloc((last - this.#current + 1) * BLOCK_BYTES);
    this.#block.copy(blocks);
    return blocks;
  }
}

function mark(blocks: Buffer, start: number, records: Buffer, at: number): void {
  const step = records.readUInt32LE(at + 8);
  let position = records.readUInt32LE(at + 4);
  for (let probe = 0; probe < PROBES; probe++) {
    const bit = position % FILTER_BITS;
    const byte = start + FILTER_AT + (bit >>> 3);
    blocks[byte] = (blocks[byte] as number) | (1 << (bit & 7));
    position = (position + step) >>> 0;
  }
}
