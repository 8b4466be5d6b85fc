/**
 * Which keys a set surely does not have, in ten bits a key. Source: B. H. Bloom, "Space/time trade-offs in hash coding with allowable
 * errors" (1970). Keys are parts of digests, so their own bits serve as the hashes.
 */

const BITS_PER_KEY = 10;
/** ln 2 × the bits per key: about one key in a hundred that the set lacks is taken for one that it may have. */
const PROBES = 7;

export class KeyFilter {
  readonly #bits: Buffer;

  /** @param bits as {@link bytes} gives them */
  constructor(bits: Buffer) {
    this.#bits = bits;
  }

  static forKeys(count: number): KeyFilter {
    return new KeyFilter(Buffer.alloc(KeyFilter.bytesFor(count)));
  }

  static bytesFor(count: number): number {
    return Math.max(8, Math.ceil((count * BITS_PER_KEY) / 8));
  }

  get bytes(): Buffer {
    return this.#bits;
  }

  /** `key` begins at `at` and has 16 bytes. */
  add(keys: Buffer, at = 0): void {
    const [step, size] = [keys.readUInt32LE(at + 8), this.#bits.length * 8];
    let position = keys.readUInt32LE(at + 4);
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = position % size;
      this.#bits[bit >>> 3] = (this.#bits[bit >>> 3] as number) | (1 << (bit & 7));
      position = (position + step) >>> 0;
    }
  }

  mayHave(key: Buffer): boolean {
    const [step, size] = [key.readUInt32LE(8), this.#bits.length * 8];
    let position = key.readUInt32LE(4);
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = position % size;
      if (((this.#bits[bit >>> 3] as number) & (1 << (bit & 7))) === 0) return false;
      position = (position + step) >>> 0;
    }
    return true;
  }
}
