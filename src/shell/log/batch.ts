/** The entries of one group commit, and what their callers wait for. */
export class Batch {
  /** How many there are. */
  size = 0;
  /** One promise for all of them, since they become durable together. */
  readonly included: Promise<void>;
  #resolve: () => void = () => undefined;
  #reject: (reason: Error) => void = () => undefined;

  constructor() {
    this.included = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A caller that does not wait is not told; that must not bring the process down.
    this.included.catch(() => undefined);
  }

  resolve(): void {
    this.#resolve();
  }

  reject(reason: Error): void {
    this.#reject(reason);
  }
}
