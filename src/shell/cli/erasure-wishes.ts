/**
 * What is to be erased, written down until the log has said that it was, and the destruction itself. None of it needs the log, so that a person's
 * wish never waits for one.
 *
 * The data folder is trusted, and its lock is the caller's.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { canonicalize, parseCanonical } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import { Identifier, Time } from '../../receipt/shapes.js';
import { type Disk, errorCode, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably, readIfPresent, syncFolder, writeDurably } from '../files/durable.js';
import type { Vault } from '../vault/vault.js';

/** A wish as it is written down. `decided`: when it was asked for, in milliseconds. */
const Wish = v.strictObject({ decided: Time, exchange: Identifier });
export type Wish = v.InferOutput<typeof Wish>;

/** The steps, in order. */
export const STEPS = ['written', 'destroyed', 'logged', 'forgotten'] as const;
export type Step = (typeof STEPS)[number];

export interface WishesOptions {
  /** Where wishes are written down. */
  readonly folder: string;
  readonly vault: Vault;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly disk?: Disk;
  /** Told when a step is done; what it throws is a crash at that point. */
  readonly onStep?: (step: Step) => void;
}

export class ErasureWishes {
  readonly #options: WishesOptions;
  readonly #disk: Disk;

  constructor(options: WishesOptions) {
    this.#options = options;
    this.#disk = options.disk ?? nodeDisk;
  }

  /**
   * Writes the wish down, unless it is, and destroys key and content of the exchange. Null where that has been done and forgotten before: what is left to
   * say of it is in the log, or nowhere. Throws `vault/unknown`, `vault/unavailable` or `data/erasure-malformed`.
   */
  async destroy(exchange: string): Promise<Wish | null> {
    const { vault, now } = this.#options;
    const known = await this.#read(exchange);
    const state = vault.state(exchange);
    if (known === null && state === 'unknown') throw new Failure('vault/unknown');
    if (known === null && state === 'erased') return null;
    const wish = known ?? (await this.write({ decided: now(), exchange }));
    this.carryOut(wish);
    return wish;
  }

  /**
   * Destroys what there is, again where that has been done: a crash may have come between key and content. Content that was lost on the way is
   * gone as well.
   */
  carryOut({ exchange }: Wish): void {
    const { vault } = this.#options;
    if (vault.state(exchange) !== 'unknown') vault.erase(exchange);
    this.done('destroyed');
  }

  async write(wish: Wish): Promise<Wish> {
    await makeFoldersDurably(this.#options.folder, this.#disk);
    await writeDurably(this.#pathOf(wish.exchange), canonicalize(wish), 0o600, this.#disk);
    this.done('written');
    return wish;
  }

  /** All that are written down. Throws `data/erasure-malformed`; files under other names are not ours and left alone. */
  async all(): Promise<readonly Wish[]> {
    const names = await readdir(this.#options.folder).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    });
    const wishes: Wish[] = [];
    for (const name of names.sort()) {
      const [, exchange] = /^([a-z2-7]{26})\.json$/.exec(name) ?? [];
      const wish = exchange === undefined ? null : await this.#read(exchange);
      if (wish !== null) wishes.push(wish);
    }
    return wishes;
  }

  async forget({ exchange }: Wish): Promise<void> {
    this.#disk.remove(this.#pathOf(exchange));
    await syncFolder(this.#options.folder, this.#disk);
    this.done('forgotten');
  }

  done(step: Step): void {
    this.#options.onStep?.(step);
  }

  get now(): number {
    return this.#options.now();
  }

  async #read(exchange: string): Promise<Wish | null> {
    const path = this.#pathOf(exchange);
    const bytes = await readIfPresent(path);
    if (bytes === null) return null;
    try {
      const wish = v.parse(Wish, parseCanonical(bytes));
      if (wish.exchange === exchange) return wish;
    } catch {
      // Falls through: whatever it is, it is no wish.
    }
    throw new Failure('data/erasure-malformed', { field: path });
  }

  #pathOf(exchange: string): string {
    return join(this.#options.folder, `${exchange}.json`);
  }
}
