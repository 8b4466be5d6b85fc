/**
 * Takes turns between the answers in the making: one step each, in order of arrival. A few run at a time,
 * each with its own cache; the others wait, first come, first served.
 */

import { setImmediate } from 'node:timers/promises';
import { type Commission, Generation } from './generation.js';
import type { Network } from './network.js';
import type { Report } from './worker-messages.js';

/** Answers in the making at the same time: at most 8 caches of 3 MB each. */
export const RUNNING_AT_ONCE = 8;

interface Waiting {
  readonly id: number;
  readonly commission: Commission;
}

export class Scheduler {
  readonly #network: Network;
  readonly #report: (report: Report) => void;
  readonly #waiting: Waiting[] = [];
  readonly #running = new Map<number, Generation>();
  #turning = false;

  /** @param report hears every token and every ending; nothing after an abort */
  constructor(network: Network, report: (report: Report) => void) {
    this.#network = network;
    this.#report = report;
  }

  /** Starts an answer, or queues it. The id must be new. */
  add(id: number, commission: Commission): void {
    this.#waiting.push({ id, commission });
    if (!this.#turning) void this.#turn();
  }

  /** Forgets an answer; unknown ids are ignored, since an abort may cross with the ending. */
  abort(id: number): void {
    this.#running.delete(id);
    const at = this.#waiting.findIndex(waiting => waiting.id === id);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  async #turn(): Promise<void> {
    this.#turning = true;
    for (this.#admit(); this.#running.size > 0; this.#admit()) {
      for (const [id, generation] of [...this.#running]) {
        if (this.#running.has(id)) await this.#step(id, generation);
        // Lets messages in: an abort or a new request must not wait for an answer's end.
        await setImmediate();
      }
    }
    this.#turning = false;
  }

  #admit(): void {
    while (this.#running.size < RUNNING_AT_ONCE) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#running.set(next.id, new Generation(this.#network, next.commission));
    }
  }

  async #step(id: number, generation: Generation): Promise<void> {
    try {
      const { token, ending } = await generation.step();
      if (!this.#running.has(id)) return;
      if (ending !== null) this.#running.delete(id);
      if (token !== null || ending !== null) this.#report({ kind: 'step', id, token, ending });
    } catch (error) {
      if (this.#running.delete(id)) this.#report({ kind: 'failed', id, detail: String(error) });
    }
  }
}
