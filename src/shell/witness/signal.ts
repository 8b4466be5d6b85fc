/** Telling those who wait that something may have changed. */
export class Signal {
  readonly #waiting = new Set<() => void>();
  #isPending = false;

  /** Wakes all who wait; if nobody does, the next who comes does not have to. */
  give(): void {
    this.#isPending = this.#waiting.size === 0;
    for (const wake of this.#waiting) wake();
  }

  /** Resolves at the next {@link give}, or after `patience` milliseconds. */
  wait(patience: number): Promise<void> {
    if (this.#isPending || patience <= 0) {
      this.#isPending = false;
      return Promise.resolve();
    }
    return new Promise(resolve => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, patience);
      this.#waiting.add(wake);
    });
  }
}
