/**
 * A sealer that has its work done in another thread, so that a gateway on several processors has its receipts signed, its contents encrypted
 * and its log written while it goes on with other requests. Whoever starts that thread gives its orders to {@link fulfil} there.
 */
import { Failure } from '../../reason.js';
import type { ExchangeContent } from '../../receipt/content-vault.js';
import type { ReceiptPayload, Sealed, Sealer } from '../../receipt/sealer.js';
import { framedBytes } from './content-frame.js';
import { type Done, type Given, readOrder, readReport, writeOrder, writeReport } from './sealing-messages.js';

/** As many are ordered at once: the first ones should not wait for the last of a long order. */
const MOST_ORDERED = 16;
/** Content of so many bytes is enough for one order: each stands in memory several times while it is sealed. */
const ENOUGH_BYTES = 1 << 20;

type Told = (result: Done | Failure) => void;

export class OrderSealer implements Sealer {
  readonly #send: (order: Uint8Array<ArrayBuffer>) => void;
  /** Who waits, in order, of those that have been ordered and those that have not. */
  #waiting: Told[] = [];
  /**
   * Gathered until the event loop comes round, and until the thread is done with its order: a message costs as much as what it orders, and the
   * more there is to do, the more each orders.
   */
  #gathered: Given[] = [];
  /** How many statements the thread has yet to report on. */
  #ordered = 0;
  /** Why nothing is sealed any more. */
  #ended: Failure | null = null;

  /** `send`: brings an order to the thread, which brings its report back to {@link take}, or what has gone wrong to {@link fail}. */
  constructor(send: (order: Uint8Array<ArrayBuffer>) => void) {
    this.#send = send;
  }

  sign(statement: Uint8Array, done: (envelope: Uint8Array) => void): void {
    this.#give({ statement, ends: null }, result => {
      if (!(result instanceof Failure)) done(result.entry);
    });
  }

  seal(
    exchange: string,
    { statement, digest }: ReceiptPayload,
    content: ExchangeContent,
    done: (result: Sealed | Failure) => void,
  ): void {
    // What ends an exchange has a place in the log.
    this.#give({ statement, ends: { exchange, digest, content } }, done as Told);
  }

  /** How many statements the thread has yet to report on, ordered or not. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** The thread has done its order, or the first part of it. */
  take(report: Uint8Array): void {
    const all = readReport(report);
    this.#ordered -= all.length;
    // The thread goes on while what it has done is dealt with here.
    this.#order();
    for (const one of all) (this.#waiting.shift() as Told)(one);
  }

  /** All that wait fail, at once. */
  fail(failure: Failure): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#gathered = [];
    this.#ordered = 0;
    for (const done of waiting) done(failure);
  }

  /** All that wait fail, and so does whatever comes later. */
  end(failure: Failure): void {
    this.#ended = failure;
    this.fail(failure);
  }

  #give(given: Given, done: Told): void {
    if (this.#ended !== null) {
      done(this.#ended);
      return;
    }
    if (this.#gathered.length === 0) setImmediate(() => this.#order());
    this.#waiting.push(done);
    this.#gathered.push(given);
  }

  #order(): void {
    if (this.#gathered.length === 0 || this.#ordered > 0) return;
    const given = this.#gathered.splice(0, this.#enough());
    this.#ordered = given.length;
    this.#send(writeOrder(given));
  }

  /** How many of those that are gathered go into the next order: one at least. */
  #enough(): number {
    let bytes = 0;
    const last = this.#gathered.findIndex(({ ends }) => {
      bytes += ends === null ? 0 : framedBytes(ends.content);
      return bytes >= ENOUGH_BYTES;
    });
    return Math.min(last < 0 ? MOST_ORDERED : last + 1, MOST_ORDERED);
  }
}

/** What has become of an order, in the thread that does it. */
export interface Fulfilled {
  /** On the first of its statements; on all where nothing has failed. */
  readonly report: Uint8Array<ArrayBuffer>;
  /** What kept the next one from being sealed; none after it was tried. */
  readonly failure: Failure | null;
}

/** Has a sealer that works at once do an order. */
export function fulfil(order: Uint8Array, sealer: Sealer): Fulfilled {
  const all: Done[] = [];
  let failure: Failure | null = null;
  const take = (result: Sealed | Failure) => {
    if (result instanceof Failure) failure = result;
    else all.push(result);
  };
  for (const { statement, ends } of readOrder(order)) {
    if (ends === null) sealer.sign(statement, entry => all.push({ entry, index: null }));
    else sealer.seal(ends.exchange, { statement, digest: ends.digest }, ends.content, take);
    if (failure !== null) break;
  }
  return { report: writeReport(all), failure };
}
