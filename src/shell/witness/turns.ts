/** One after another: between a look at what is kept and its change nothing else may happen. */
import { Failure } from '../../reason.js';

export class Turns {
  readonly #limit: number;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @param limit how many may wait or act at a time, so that a flood of requests finds an end */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Acts when everybody before has ended. Throws `witness/busy` when too many wait, or when `signal` aborts before the turn comes. */
  take<Value>(act: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
    if (this.#waiting >= this.#limit) return Promise.reject(new Failure('witness/busy'));
    this.#waiting++;
    const turn = this.#last.then(() => {
      // Whoever asked is gone, and would have to ask again for what is signed now.
      if (signal?.aborted) throw new Failure('witness/busy');
      return act();
    });
    this.#last = turn
      .catch(() => undefined)
      .finally(() => {
        this.#waiting--;
      });
    return turn;
  }

  /** Resolves when all turns that have been taken so far have ended. */
  async ended(): Promise<void> {
    await this.#last;
  }
}
