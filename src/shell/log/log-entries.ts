/**
 * The log's own entries, as a mirror is brought them: read from the files, since nothing is published before a quorum has cosigned.
 *
 * Whoever asks is the log's own code; where the packages go is a stranger's server. So an entry that the operator denies to readers is not
 * in them, and every other one is compared with the tree first.
 */
import { Failure } from '../../reason.js';
import { type EntryPackage, type PackagePlace, packagesOf } from '../../tree/add-entries.js';
import type { EntrySource } from '../../tree/policy-member.js';
import { type Interval, proveSubtree } from '../../tree/subtree.js';
import { readBundle, TILE_WIDTH } from '../../tree/tile.js';
import type { HashTiles } from '../tiles/hash-tiles.js';
import type { CheckedStore } from './checked-store.js';

export interface LogEntriesOptions {
  readonly store: CheckedStore;
  readonly tiles: HashTiles;
  /** Whether an entry is denied to readers. */
  readonly isDenied: (index: number) => boolean;
  /** Around everything that reads, so that damage stops the log. */
  readonly guard: <Value>(read: () => Promise<Value>) => Promise<Value>;
}

export class LogEntries implements EntrySource {
  readonly #options: LogEntriesOptions;
  readonly #reading = new Set<Promise<unknown>>();
  #closed = false;

  constructor(options: LogEntriesOptions) {
    this.#options = options;
  }

  /** Throws `log/entry-denied`, `log/corrupt`, and `log/unavailable` once it is closed. */
  async *packages(interval: Interval, size: number): AsyncGenerator<EntryPackage> {
    for (const place of packagesOf(interval)) {
      if (this.#closed) throw new Failure('log/unavailable', { detail: 'the log is closed' });
      const reading = this.#options.guard(() => this.#read(place, size));
      this.#reading.add(reading);
      try {
        yield await reading;
      } finally {
        this.#reading.delete(reading);
      }
    }
  }

  /** Resolves when nothing is being read any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#reading);
  }

  async #read({ start, end, subtreeStart }: PackagePlace, size: number): Promise<EntryPackage> {
    const { store, tiles, isDenied } = this.#options;
    for (let index = start; index < end; index++) {
      if (isDenied(index)) throw new Failure('log/entry-denied', { detail: `entry ${index}` });
    }
    const [framed, proof] = await Promise.all([
      store.bundle(subtreeStart / TILE_WIDTH, end - subtreeStart),
      proveSubtree({ start: subtreeStart, end }, size, tiles.subtree),
    ]);
    return { entries: readBundle(framed).entries.slice(start - subtreeStart), proof };
  }
}
