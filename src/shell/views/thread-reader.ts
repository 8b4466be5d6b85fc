/**
 * Reads entries in threads of its own, so that they are parsed and hashed while the rows before them are written.
 *
 * The threads are trusted with what becomes of the entries. Where one ends by itself, all that is not read yet fails, and all that comes later: nothing
 * is left out, and what is in the views stays.
 */
import { Worker } from 'node:worker_threads';
import { Failure } from '../../reason.js';
import { writeBundle } from '../../tree/tile.js';
import type { Chunk } from './chunk.js';
import type { ChunkReader } from './chunk-reader.js';
import { chunkOf, type ReadingOrder, type ReadingReport } from './reading-messages.js';

/** A thread's entry, compiled: a worker thread cannot load TypeScript. */
const WORKER = new URL('../../../dist/shell/views/reading-worker.js', import.meta.url);

/** Chunks for each thread: one that it reads, and those that it goes on with while this one writes. */
const DEPTH = 3;

/** What one makes is rows, which are gone with their chunk: with more room memory would be kept that is not needed. */
const YOUNG_MEBIBYTES = 12;

export class ThreadReader implements ChunkReader {
  readonly depth: number;
  readonly #threads: readonly ReadingThread[];

  /** @param entry the threads', for tests of threads that do not do as they should */
  constructor(threads: number, entry: URL = WORKER) {
    this.depth = threads * DEPTH;
    this.#threads = Array.from({ length: threads }, () => new ReadingThread(entry));
  }

  /** Rejects with `views/reading-ended` when a thread has ended, or ends before it has read them. */
  read(start: number, entries: readonly Uint8Array[]): Promise<Chunk> {
    const idlest = this.#threads.reduce((a, b) => (b.waiting < a.waiting ? b : a));
    return idlest.read(start, entries);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(thread => thread.close()));
  }
}

interface Waiting {
  readonly resolve: (chunk: Chunk) => void;
  readonly reject: (failure: Failure) => void;
}

class ReadingThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #ended: Failure | null = null;

  constructor(entry: URL) {
    this.#worker = new Worker(entry, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEBIBYTES } });
    let reason = 'its thread ended';
    this.#worker.on('message', (report: ReadingReport) => {
      this.#waiting.get(report.start)?.resolve(chunkOf(report));
      this.#waiting.delete(report.start);
    });
    this.#worker.on('error', error => {
      reason = error.message;
    });
    this.#worker.once('exit', () => {
      this.#ended = new Failure('views/reading-ended', { detail: reason });
      for (const { reject } of this.#waiting.values()) reject(this.#ended);
      this.#waiting.clear();
    });
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  read(start: number, entries: readonly Uint8Array[]): Promise<Chunk> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const framed = writeBundle(entries);
    return new Promise((resolve, reject) => {
      this.#waiting.set(start, { resolve, reject });
      this.#worker.postMessage({ start, framed } satisfies ReadingOrder, [framed.buffer]);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
