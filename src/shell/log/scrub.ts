/**
 * Reading everything that the log has at rest again and again, slowly, so that damage is found while there are still mirrors and backups to
 * repair it from, and not by the first person who needs the entry.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../reason.js';
import { TILE_WIDTH } from '../../tree/tile.js';
import type { CheckedStore } from './checked-store.js';

export interface ScrubOptions {
  readonly store: CheckedStore;
  /** The size of the tree. */
  readonly size: () => number;
  /** Milliseconds between one bundle, with the tiles above it, and the next: a pass takes that for each 256 entries. */
  readonly spacing: number;
  /** Told of damage, which ends the scrub. */
  readonly onCorrupt: (failure: Failure) => void;
}

export class Scrub {
  readonly #options: ScrubOptions;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: ScrubOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Resolves when nothing is being read any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { store, size, spacing, onCorrupt } = this.#options;
    const { signal } = this.#stopping;
    let index = 0;
    for (;;) {
      // It keeps no process alive.
      await sleep(spacing, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      if (index * TILE_WIDTH >= size()) index = 0;
      try {
        await store.inspect(index, size());
        index++;
      } catch (error) {
        if (error instanceof Failure && error.code === 'log/corrupt') return onCorrupt(error);
        // Something else kept it from reading, such as too many open files: the same again next time.
      }
    }
  }
}
