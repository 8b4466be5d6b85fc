/**
 * A sealer that works in a thread of its own, so that a gateway on several processors has its receipts signed and its contents encrypted while it
 * goes on with other requests.
 *
 * The thread is trusted with the keys and may die; what it was given and has not done then fails, and the next order starts another.
 */
import { Worker } from 'node:worker_threads';
import { Failure } from '../../reason.js';
import type { ExchangeContent } from '../../receipt/content-vault.js';
import type { Sealer } from '../../receipt/sealer.js';
import { frame } from './content-frame.js';
import {
  type Given,
  handedOver,
  readReport,
  type SealingFailure,
  type SealingWorkerData,
  writeOrder,
} from './sealing-messages.js';

/** The thread's entry, compiled: a worker thread cannot load TypeScript. */
const WORKER = new URL('../../../dist/shell/vault/sealing-worker.js', import.meta.url);

/** As many are ordered at once: the first ones should not wait for the last of a long order. */
const MOST_ORDERED = 16;
/** Content of so many bytes is enough for one order: each stands in memory several times while it is sealed. */
const ENOUGH_BYTES = 1 << 20;

type Done = (result: Uint8Array | Failure) => void;

export class ThreadSealer implements Sealer {
  readonly #workerData: SealingWorkerData;
  #worker: Worker | null;
  /** The thread before it, as long as that has not ended: a vault has one writer at a time. */
  #ending: Worker | null = null;
  /** Who waits, in order, of those that have been sent to the thread and those that have not. */
  #waiting: Done[] = [];
  /**
   * Gathered until the event loop comes round, and until the thread is done with its order: a message costs as much as what it orders, and the
   * more there is to do, the more each orders.
   */
  #gathered: Given[] = [];
  /** How many statements the thread has yet to report on. */
  #ordered = 0;
  #closed = false;

  constructor(workerData: SealingWorkerData) {
    this.#workerData = workerData;
    this.#worker = this.#start();
  }

  sign(statement: Uint8Array, done: (envelope: Uint8Array) => void): void {
    this.#give({ statement, content: null }, result => {
      if (!(result instanceof Failure)) done(result);
    });
  }

  seal(exchange: string, statement: Uint8Array, content: ExchangeContent, done: Done): void {
    this.#give({ statement, content: { exchange, framed: frame(content) } }, done);
  }

  /** Ends the thread; what it has not sealed by now fails. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#worker?.terminate(), this.#ending?.terminate()]);
    this.#fail(failed('it is closed'));
  }

  #give(given: Given, done: Done): void {
    if (this.#closed) {
      done(failed('it is closed'));
      return;
    }
    if (this.#gathered.length === 0) setImmediate(() => this.#send());
    this.#waiting.push(done);
    this.#gathered.push(given);
  }

  #send(): void {
    if (this.#gathered.length === 0 || this.#ordered > 0 || this.#ending !== null) return;
    this.#worker ??= this.#start();
    const given = this.#gathered.splice(0, this.#enough());
    const order = writeOrder(given);
    this.#ordered = given.length;
    this.#worker.postMessage(order, handedOver(order));
  }

  /** How many of those that are gathered go into the next order: one at least. */
  #enough(): number {
    let bytes = 0;
    const last = this.#gathered.findIndex(({ content }) => {
      bytes += content?.framed.length ?? 0;
      return bytes >= ENOUGH_BYTES;
    });
    return Math.min(last < 0 ? MOST_ORDERED : last + 1, MOST_ORDERED);
  }

  #start(): Worker {
    const worker = new Worker(WORKER, { workerData: this.#workerData });
    let reason = 'its thread ended';
    worker.on('message', (message: Uint8Array | SealingFailure) => {
      if (worker !== this.#worker) return;
      if (message instanceof Uint8Array) this.#take(readReport(message));
      else this.#giveUp(worker, message);
    });
    worker.on('error', error => {
      reason = error.message;
    });
    worker.once('exit', () => {
      if (worker === this.#worker) {
        this.#worker = null;
        this.#fail(failed(reason));
      } else if (worker === this.#ending) {
        this.#ending = null;
        this.#send();
      }
    });
    return worker;
  }

  #take(envelopes: readonly Uint8Array[]): void {
    this.#ordered -= envelopes.length;
    // The thread goes on while what it has done is dealt with here.
    this.#send();
    for (const envelope of envelopes) (this.#waiting.shift() as Done)(envelope);
  }

  /** Another thread finds out anew how the vault is. */
  #giveUp(worker: Worker, { code, detail }: SealingFailure): void {
    this.#worker = null;
    this.#ending = worker;
    void worker.terminate();
    this.#fail(new Failure(code, detail === null ? {} : { detail }));
  }

  /** All that wait, at once. */
  #fail(failure: Failure): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#gathered = [];
    this.#ordered = 0;
    for (const done of waiting) done(failure);
  }
}

function failed(detail: string): Failure {
  return new Failure('vault/unavailable', { detail });
}
