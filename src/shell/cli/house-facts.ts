/**
 * Keeps the index of facts up to the log while a house runs, in the background: nobody waits for it, and what is not indexed yet is found by whoever looks
 * into the index after the house has stopped.
 */
import { mkdir } from 'node:fs/promises';
import { Failure } from '../../reason.js';
import { EvidenceRecords } from '../archive/evidence-records.js';
import { FactIndex } from '../archive/fact-index.js';
import { indexLog } from '../archive/index-log.js';
import { SealedReceipts } from '../archive/sealed-receipts.js';
import { acquireLock, type Lock } from '../files/lock.js';
import { openCopy } from '../monitor/log-copies.js';
import type { DataFolder } from './data-folder.js';

export interface HouseFactsOptions {
  readonly folder: DataFolder;
  /** The entries that are witnessed: no crash takes them back. */
  readonly size: () => number;
  readonly onProblem: (message: string) => void;
  /** Milliseconds between two looks at the log. */
  readonly spacing?: number;
}

/** What is sealed in that time is in memory until then. */
const SPACING = 2000;

export class HouseFacts {
  /** Where the house notes the receipts that it seals, each at its place in the log. */
  readonly sealed = new SealedReceipts();
  readonly #options: HouseFactsOptions;
  readonly #timer: NodeJS.Timeout;
  #opened: { readonly index: FactIndex; readonly lock: Lock } | null = null;
  #running: Promise<void> | null = null;
  /** Told once, until it works again. */
  #problem: string | null = null;

  constructor(options: HouseFactsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.update(), options.spacing ?? SPACING).unref();
  }

  /** Brings the index up to the log. Never rejects: what is in the way is told, and tried again. */
  update(): Promise<void> {
    this.#running ??= this.#update().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** The index, brought up to the log; null while it cannot be opened, or somebody else writes it. */
  async upToDate(): Promise<FactIndex | null> {
    await this.update();
    return this.#opened?.index ?? null;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.update();
    this.#opened?.lock.release();
    this.#opened = null;
  }

  async #update(): Promise<void> {
    const { folder, size, onProblem } = this.#options;
    try {
      this.#opened ??= await openLocked(folder.facts);
      const { index } = this.#opened;
      await indexLog(index, size(), {
        ...{ log: openCopy(folder.log), archive: new EvidenceRecords(folder.archive) },
        sealed: this.sealed,
      });
      this.#problem = null;
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown';
      // Somebody looks into it, and brings it up to the log himself.
      if (error instanceof Failure && error.code === 'data/locked') return;
      if (message !== this.#problem) onProblem(`the index of facts is behind the log: ${message}`);
      this.#problem = message;
    }
  }
}

/** The index for the one who writes it. Rejects with `data/locked` or `archive/unavailable`. */
export async function openLocked(
  folder: string,
): Promise<{ readonly index: FactIndex; readonly lock: Lock }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = acquireLock(folder);
  try {
    return { index: await FactIndex.open(folder), lock };
  } catch (error) {
    lock.release();
    throw error;
  }
}
