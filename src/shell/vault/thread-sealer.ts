/**
 * A sealer that works in a thread of its own, so that a gateway on several processors has its receipts signed and its contents encrypted while it
 * goes on with other requests.
 *
 * The thread is trusted with the keys and may die; what it was given and has not done then fails, and the next order starts another.
 */
import { Worker } from 'node:worker_threads';
import { concatAll } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { ExchangeContent } from '../../receipt/content-vault.js';
import type { Sealer } from '../../receipt/sealer.js';
import { frame } from './content-frame.js';
import type { SealingOrder, SealingReport, SealingWorkerData } from './sealing-messages.js';

/** The thread's entry, compiled: a worker thread cannot load TypeScript. */
const WORKER = new URL('../../../dist/shell/vault/sealing-worker.js', import.meta.url);

/** As many are ordered at once: the first ones should not wait for the last of a long order. */
const MOST_ORDERED = 16;

interface Given {
  readonly statement: Uint8Array;
  readonly content: { readonly exchange: string; readonly framed: Uint8Array } | null;
}

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
  #isBusy = false;
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
    if (this.#gathered.length === 0 || this.#isBusy || this.#ending !== null) return;
    this.#worker ??= this.#start();
    this.#isBusy = true;
    const given = this.#gathered.splice(0, MOST_ORDERED);
    const parts = given.flatMap(({ statement, content }) =>
      content === null ? [statement] : [statement, content.framed],
    );
    const bytes = concatAll(parts);
    const statements = given.map(({ statement, content }) => ({
      length: statement.length,
      content: content && { exchange: content.exchange, length: content.framed.length },
    }));
    this.#worker.postMessage({ statements, bytes } satisfies SealingOrder, [bytes.buffer]);
  }

  #start(): Worker {
    const worker = new Worker(WORKER, { workerData: this.#workerData });
    let reason = 'its thread ended';
    worker.on('message', (report: SealingReport) => {
      if (worker !== this.#worker) return;
      this.#take(report, worker);
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

  #take({ lengths, envelopes, failure }: SealingReport, worker: Worker): void {
    if (failure === null) {
      this.#isBusy = false;
      this.#send();
    }
    let at = 0;
    for (const length of lengths) {
      const done = this.#waiting.shift() as Done;
      done(envelopes.subarray(at, at + length));
      at += length;
    }
    if (failure === null) return;
    // Another one finds out anew how the vault is.
    this.#worker = null;
    this.#ending = worker;
    void worker.terminate();
    const { code, detail } = failure;
    this.#fail(new Failure(code, detail === null ? {} : { detail }));
  }

  /** All that wait, at once. */
  #fail(failure: Failure): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#gathered = [];
    this.#isBusy = false;
    for (const done of waiting) done(failure);
  }
}

function failed(detail: string): Failure {
  return new Failure('vault/unavailable', { detail });
}
