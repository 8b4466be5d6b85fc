/**
 * Erasing what a house holds of an exchange, in an order that a crash cannot make a lie of.
 *
 * First the wish is written down, then key and content are destroyed, then the log says so, then the wish is forgotten. The log comes after the
 * destruction, because what it says must be true when it is read, and can never be taken back; and because a person's wish must not wait for a log that
 * cannot write. The wish comes before it, so that nothing is destroyed of which the log would never hear: every start of the house finishes what
 * was written down.
 *
 * The data folder is trusted, and its lock is the caller's.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { toHex } from '../../bytes/hex.js';
import { canonicalize, parseCanonical } from '../../bytes/json.js';
import { keyLabel } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { erasureKey, exchangeKey, readEntry } from '../../receipt/entry.js';
import { envelopeBytes, payloadDigest, seal } from '../../receipt/envelope.js';
import { ERASURE, Erasure, erasureStatement } from '../../receipt/erasure.js';
import { Time } from '../../receipt/shapes.js';
import { readStatement } from '../../receipt/statement.js';
import type { TransparencyLog } from '../../tree/log.js';
import { type Disk, errorCode, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably, readIfPresent, syncFolder, writeDurably } from '../files/durable.js';
import type { SigningKey } from '../files/keys.js';
import type { Vault } from '../vault/vault.js';

/** The steps, in order. */
export const STEPS = ['written', 'destroyed', 'logged', 'forgotten'] as const;
export type Step = (typeof STEPS)[number];

export interface ErasuresOptions {
  /** Where wishes are written down. */
  readonly folder: string;
  readonly vault: Vault;
  readonly log: TransparencyLog;
  readonly issuer: SigningKey;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly disk?: Disk;
  /** Told when a step is done; what it throws is a crash at that point. */
  readonly onStep?: (step: Step) => void;
}

export interface Erased extends Erasure {
  /** The index of the entry that says so. */
  readonly index: number;
  /** When it was asked for, in milliseconds. */
  readonly decided: number;
  /** Whether it had been erased and logged before. */
  readonly already: boolean;
}

/** A wish as it is written down. */
const Wish = v.strictObject({ decided: Time, erasure: Erasure });
type Wish = v.InferOutput<typeof Wish>;

/** How long the commit of an entry may take that was found, in milliseconds. */
const COMMIT_TIME = 10_000;

export class Erasures {
  readonly #options: ErasuresOptions;
  readonly #disk: Disk;
  /** One at a time, so that two who ask for the same get one entry. */
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: ErasuresOptions) {
    this.#options = options;
    this.#disk = options.disk ?? nodeDisk;
  }

  /** Throws `vault/unknown` when there is nothing of that exchange, and `vault/unavailable` or `log/unavailable` when it cannot be finished now. */
  erase(exchange: string): Promise<Erased> {
    return this.#inTurn(async () => {
      const known = await this.#logged(exchange);
      const { vault, now } = this.#options;
      const state = vault.state(exchange);
      if (known !== null && state === 'erased') return { ...known, already: true };
      if (state === 'unknown') throw new Failure('vault/unknown');
      const wish = await this.#wish(exchange);
      if (wish !== null) return this.#finish(wish);
      const erasure: Erasure = { exchange, receipt: await this.#receiptOf(exchange) };
      return this.#finish(await this.#write({ decided: now(), erasure }));
    });
  }

  /** Finishes what a crash has left; resolves to how many there were. */
  finish(): Promise<number> {
    return this.#inTurn(async () => {
      const wishes = await this.#wishes();
      for (const wish of wishes) await this.#finish(wish);
      return wishes.length;
    });
  }

  #inTurn<Value>(step: () => Promise<Value>): Promise<Value> {
    const turn = this.#running.then(step);
    this.#running = turn.catch(() => undefined);
    return turn;
  }

  async #finish({ decided, erasure }: Wish): Promise<Erased> {
    const { vault } = this.#options;
    const { exchange } = erasure;
    // Content that has never been there, or was lost, is gone as well.
    if (vault.state(exchange) === 'kept') vault.erase(exchange);
    this.#done('destroyed');
    const logged = (await this.#logged(exchange)) ?? (await this.#append({ decided, erasure }));
    this.#done('logged');
    this.#disk.remove(this.#pathOf(exchange));
    await syncFolder(this.#options.folder, this.#disk);
    this.#done('forgotten');
    return { ...logged, already: false };
  }

  async #append({ decided, erasure }: Wish): Promise<Omit<Erased, 'already'>> {
    const { log, issuer } = this.#options;
    const label = keyLabel(issuer.key);
    const envelope = seal(erasureStatement(erasure, label, decided), label, issuer.signer);
    const { index, included } = log.append(envelopeBytes(envelope));
    await included;
    return { ...erasure, decided, index };
  }

  /** What the log says of the erasure; null when it says nothing. */
  async #logged(exchange: string): Promise<Omit<Erased, 'already'> | null> {
    const { log } = this.#options;
    const key = erasureKey(exchange);
    const index = key === null ? null : await log.find(key);
    if (index === null || !(await log.reached(index, 'included', COMMIT_TIME))) return null;
    const { erasure, decided } = readStatement(ERASURE, readEntry(await log.entry(index))).predicate;
    return { ...erasure, decided, index };
  }

  async #receiptOf(exchange: string): Promise<string | null> {
    const { log } = this.#options;
    const key = exchangeKey(exchange);
    const index = key === null ? null : await log.find(key);
    return index === null ? null : toHex(payloadDigest(readEntry(await log.entry(index))));
  }

  async #write(wish: Wish): Promise<Wish> {
    await makeFoldersDurably(this.#options.folder, this.#disk);
    await writeDurably(this.#pathOf(wish.erasure.exchange), canonicalize(wish), 0o600, this.#disk);
    this.#done('written');
    return wish;
  }

  /** Those that are written down. What is no wish is left alone: the house did not write it. */
  async #wishes(): Promise<readonly Wish[]> {
    const names = await readdir(this.#options.folder).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    });
    const wishes: Wish[] = [];
    for (const name of names) {
      const [, exchange] = /^([a-z2-7]{26})\.json$/.exec(name) ?? [];
      const wish = exchange === undefined ? null : await this.#wish(exchange);
      if (wish !== null) wishes.push(wish);
    }
    return wishes;
  }

  /** The wish that is written down for an exchange; null when there is none. Throws `data/erasure-malformed`. */
  async #wish(exchange: string): Promise<Wish | null> {
    const path = this.#pathOf(exchange);
    const bytes = await readIfPresent(path);
    if (bytes === null) return null;
    try {
      const wish = v.parse(Wish, parseCanonical(bytes));
      if (wish.erasure.exchange === exchange) return wish;
    } catch {
      // Falls through: whatever it is, it is no wish.
    }
    throw new Failure('data/erasure-malformed', { field: path });
  }

  #pathOf(exchange: string): string {
    return join(this.#options.folder, `${exchange}.json`);
  }

  #done(step: Step): void {
    this.#options.onStep?.(step);
  }
}
