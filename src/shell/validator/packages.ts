/** The packages of a validator's batches, one file each: `batches/<sequence>.jsonl`. A batch is signed once its package is durable, and never before. */
import { join } from 'node:path';
import { readPackage, type VerdictPackage } from '../../appraise/verdict/verdict-package.js';
import { toHex } from '../../bytes/hex.js';
import { Failure } from '../../reason.js';
import { payloadDigest } from '../../receipt/envelope.js';
import type { Disk } from '../files/disk.js';
import { makeFoldersDurably, readIfPresent, writeDurably } from '../files/durable.js';
import type { LastBatch } from './state.js';

export class Packages {
  readonly #folder: string;
  readonly #disk: Disk;

  static async open(folder: string, disk: Disk): Promise<Packages> {
    await makeFoldersDurably(folder, disk);
    return new Packages(folder, disk);
  }

  private constructor(folder: string, disk: Disk) {
    this.#folder = folder;
    this.#disk = disk;
  }

  /** The bytes of a package; null for one that is not there. */
  bytes(sequence: number): Promise<Uint8Array | null> {
    return readIfPresent(this.#path(sequence));
  }

  /** Throws `verdict/state-corrupt` when what is there is no package. */
  async read(sequence: number): Promise<VerdictPackage | null> {
    const bytes = await this.bytes(sequence);
    try {
      return bytes === null ? null : readPackage(bytes);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure('verdict/state-corrupt', { field: this.#path(sequence), detail: error.code });
    }
  }

  write(sequence: number, bytes: Uint8Array): Promise<void> {
    return writeDurably(this.#path(sequence), bytes, 0o644, this.#disk);
  }

  /** The last batch there is, from the one that is known on. Throws as {@link read} does. */
  async lastFrom(known: LastBatch | null): Promise<LastBatch | null> {
    let last = known;
    for (;;) {
      const next = await this.read((last?.sequence ?? -1) + 1);
      if (next === null) return last;
      last = lastOf(next);
    }
  }

  #path(sequence: number): string {
    return join(this.#folder, `${sequence}.jsonl`);
  }
}

export function lastOf({ envelope, batch }: Pick<VerdictPackage, 'envelope' | 'batch'>): LastBatch {
  const { end, overturned, sequence } = batch;
  return { digest: toHex(payloadDigest(envelope)), end, overturned: overturned.count, sequence };
}
