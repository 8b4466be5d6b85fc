/** Which entry of the log has first used what: a table on disk, so that memory stays flat however long the log is. */
import { sha256 } from '../../bytes/cryptography.js';
import { utf8 } from '../../bytes/octets.js';
import type { Disk } from '../files/disk.js';
import { KEY_BYTES, KeyIndex } from '../tiles/key-index.js';

export class KeyTable {
  readonly #index: KeyIndex;
  /** A key that is in memory exactly as long as what was added last has not been written. */
  #last: Uint8Array | null = null;

  private constructor(index: KeyIndex) {
    this.#index = index;
  }

  /** The table of the first `size` entries or fewer: see {@link size}. */
  static async open(folder: string, disk: Disk, size: number): Promise<KeyTable> {
    return new KeyTable(await KeyIndex.open(folder, disk, size));
  }

  /** The entries that are in the table. */
  get size(): number {
    return this.#index.size;
  }

  /** The first entry that was filed under the key, or null. */
  async find(key: Uint8Array): Promise<number | null> {
    return this.#index.recent(key) ?? (await this.#index.candidates(key))[0] ?? null;
  }

  /** Files the next entry. */
  add(keys: readonly Uint8Array[]): void {
    this.#index.add(keys);
    this.#last = keys.at(-1) ?? this.#last;
  }

  /**
   * Writes what is worth writing, and says whether all that was added is written now.
   *
   * @param isAll whether to write all of it, worth it or not
   */
  async flush(isAll: boolean): Promise<boolean> {
    await this.#index.flush(this.#index.size, isAll);
    const isWritten = this.#last !== null && this.#index.recent(this.#last) === null;
    if (isWritten) this.#last = null;
    return isWritten;
  }

  close(): Promise<void> {
    return this.#index.close();
  }
}

/** The key of something: a kind, and what tells it apart from all others of that kind. No part holds a line end. */
export function tableKey(kind: string, ...parts: readonly (string | number)[]): Uint8Array {
  return sha256(utf8(`countersign/monitor/${kind}\n${parts.join('\n')}`)).slice(0, KEY_BYTES);
}
