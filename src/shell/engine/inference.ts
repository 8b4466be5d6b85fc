/**
 * The engine's side of the worker thread: numbers the orders, hands each report to whoever waits for it,
 * and starts a new worker when one is needed. A worker that dies takes its running answers with it.
 */

import type { Worker } from 'node:worker_threads';
import type { Commission, Ending } from './generation.js';
import type { Order, Report } from './worker-messages.js';

/** Hears of one answer: steps until an ending, or one failure. */
export interface Listener {
  step(token: number | null, ending: Ending | null): void;
  failed(detail: string): void;
}

export class Inference {
  readonly #start: () => Worker;
  readonly #listeners = new Map<number, Listener>();
  #worker: Worker | null = null;
  #orders = 0;
  #closed = false;

  /** @param start starts a worker; called when the first answer is ordered, and again after a worker has died */
  constructor(start: () => Worker) {
    this.#start = start;
  }

  /** Answers that are running or waiting. */
  get load(): number {
    return this.#listeners.size;
  }

  /** Orders an answer; the listener hears of it later than this call. Returns what stops it. */
  generate(commission: Commission, listener: Listener): () => void {
    if (this.#closed) {
      queueMicrotask(() => listener.failed('the engine is closed'));
      return () => {};
    }
    this.#worker ??= this.#begin();
    const worker = this.#worker;
    this.#orders += 1;
    const id = this.#orders;
    this.#listeners.set(id, listener);
    order(worker, { kind: 'generate', id, commission });
    return () => {
      if (this.#listeners.delete(id)) order(worker, { kind: 'abort', id });
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #begin(): Worker {
    const worker = this.#start();
    let detail = 'the worker ended';
    worker.on('message', (report: Report) => this.#hear(report));
    worker.on('error', error => {
      detail = String(error);
    });
    worker.on('exit', () => this.#die(detail));
    return worker;
  }

  #hear(report: Report): void {
    const listener = this.#listeners.get(report.id);
    if (listener === undefined) return;
    if (report.kind === 'failed' || report.ending !== null) this.#listeners.delete(report.id);
    if (report.kind === 'failed') listener.failed(report.detail);
    else listener.step(report.token, report.ending);
  }

  #die(detail: string): void {
    this.#worker = null;
    const lost = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of lost) listener.failed(detail);
  }
}

function order(worker: Worker, message: Order): void {
  worker.postMessage(message);
}
