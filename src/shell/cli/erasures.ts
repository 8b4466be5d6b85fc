/**
 * Erasing what a house holds of an exchange, in an order that a crash cannot make a lie of.
 *
 * First the wish is written down, then key and content are destroyed, then the log says so, then the wish is forgotten. The log comes after the
 * destruction, because what it says must be true whenever it is read, and can never be taken back; and because a person's wish must not wait for a
 * log that cannot write. The wish comes before it, so that nothing is destroyed of which the log would never hear: every start of the house, and
 * every further erasure, finishes what was written down.
 */
import * as v from 'valibot';
import { toHex } from '../../bytes/hex.js';
import { keyLabel } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { erasureKey, exchangeKey, readEntry } from '../../receipt/entry.js';
import { envelopeBytes, payloadDigest, seal } from '../../receipt/envelope.js';
import { ERASURE, Erasure, erasureStatement } from '../../receipt/erasure.js';
import { Count, Time } from '../../receipt/shapes.js';
import { readStatement } from '../../receipt/statement.js';
import type { TransparencyLog } from '../../tree/log.js';
import type { SigningKey } from '../files/keys.js';
import type { ErasureWishes, Wish } from './erasure-wishes.js';

/** What an erasure comes to: key and content are gone. */
export const Erased = v.strictObject({
  /** Whether that had been so, and logged, before. */
  already: v.boolean(),
  /** When it was asked for, in milliseconds. */
  decided: Time,
  ...Erasure.entries,
  /** The index of the entry that says so; null while the log cannot take it, which the next start of the house makes up for. */
  index: v.nullable(Count),
});
export type Erased = v.InferOutput<typeof Erased>;

type Logged = Omit<Erased, 'already'>;

export interface ErasuresOptions {
  readonly wishes: ErasureWishes;
  readonly log: TransparencyLog;
  readonly issuer: SigningKey;
  /** Told first, of every exchange that is to be erased: whatever else has a copy destroys it at once. */
  readonly onErasing?: (exchange: string) => void;
}

/** How long the commit of an entry may take that was found, in milliseconds. */
const COMMIT_TIME = 10_000;

export class Erasures {
  readonly #options: ErasuresOptions;
  /** One at a time, so that two who ask for the same get one entry. */
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: ErasuresOptions) {
    this.#options = options;
  }

  /** Throws `vault/unknown` when there is nothing of that exchange, `vault/unavailable`, or `data/erasure-malformed`. */
  erase(exchange: string): Promise<Erased> {
    this.#options.onErasing?.(exchange);
    return this.#inTurn(async () => {
      const { wishes } = this.#options;
      const wish = await wishes.destroy(exchange);
      if (wish !== null) return { ...(await this.#finish(wish)), already: false };
      const known = await this.#logged(exchange);
      if (known !== null) return { ...known, already: true };
      // Destroyed, and neither written down nor logged: somebody has taken files away, and the log is still to hear of it.
      const again = await wishes.write({ decided: wishes.now, exchange });
      return { ...(await this.#finish(again)), already: false };
    });
  }

  /** Finishes all that is written down. Throws as {@link erase} does, and `log/unavailable`. */
  finish(): Promise<readonly Erased[]> {
    return this.#inTurn(async () => {
      const { wishes } = this.#options;
      const finished: Erased[] = [];
      for (const wish of await wishes.all()) {
        wishes.carryOut(wish);
        finished.push({ ...(await this.#finish(wish)), already: false });
      }
      return finished;
    });
  }

  #inTurn<Value>(step: () => Promise<Value>): Promise<Value> {
    const turn = this.#running.then(step);
    this.#running = turn.catch(() => undefined);
    return turn;
  }

  async #finish(wish: Wish): Promise<Logged> {
    const { wishes } = this.#options;
    const { decided, exchange } = wish;
    try {
      // What the log says already may be of a time before a backup brought the content back: it is true again.
      const logged = (await this.#logged(exchange)) ?? (await this.#append(wish));
      wishes.done('logged');
      await wishes.forget(wish);
      return logged;
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'log/unavailable')) throw error;
      return { decided, exchange, receipt: await this.#receiptOf(exchange), index: null };
    }
  }

  async #append({ decided, exchange }: Wish): Promise<Logged> {
    const { log, issuer } = this.#options;
    const label = keyLabel(issuer.key);
    const erasure: Erasure = { exchange, receipt: await this.#receiptOf(exchange) };
    const envelope = seal(erasureStatement(erasure, label, decided), label, issuer.signer);
    const index = await log.include(envelopeBytes(envelope));
    return { ...erasure, decided, index };
  }

  /** What the log says of the erasure; null when it says nothing. */
  async #logged(exchange: string): Promise<Logged | null> {
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
}
