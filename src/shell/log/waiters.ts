/** Those who wait until the log has grown beyond an entry. */

/** The longest that a timer can run, in milliseconds. */
const MAX_TIMEOUT = 2 ** 31 - 1;

interface Waiter {
  readonly index: number;
  readonly settle: (reached: boolean) => void;
}

export class Waiters {
  readonly #waiting = new Set<Waiter>();

  /** Resolves to true when the size passes `index`, and to false after `timeout` milliseconds, which may be infinite, or when `signal` aborts. */
  wait(index: number, timeout: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise(resolve => {
      const settle = (reached: boolean) => {
        this.#waiting.delete(waiter);
        if (timer !== null) clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        resolve(reached);
      };
      const giveUp = () => settle(false);
      const waiter = { index, settle };
      const isBounded = timeout !== Number.POSITIVE_INFINITY;
      const timer = isBounded ? setTimeout(giveUp, Math.min(timeout, MAX_TIMEOUT)) : null;
      signal?.addEventListener('abort', giveUp);
      this.#waiting.add(waiter);
    });
  }

  /** Tells those whose entry is below `size`. */
  advance(size: number): void {
    for (const waiter of this.#waiting) if (waiter.index < size) waiter.settle(true);
  }

  /** Tells those whose entry is at `size` or beyond that it will not come. */
  abandon(size: number): void {
    for (const waiter of this.#waiting) if (waiter.index >= size) waiter.settle(false);
  }
}
