/** The exchanges that have begun and not ended, for those who ask for a receipt before there is one. */

export class ActiveExchanges {
  /** Set once the gateway has begun to shut down. */
  closing = false;
  /** How many of the answers that are on their way are streams. */
  streams = 0;
  /** Of each exchange, who waits for its end. */
  readonly #running = new Map<string, readonly (() => void)[]>();

  begin(exchange: string): void {
    this.#running.set(exchange, []);
  }

  end(exchange: string): void {
    const waiting = this.#running.get(exchange) ?? [];
    this.#running.delete(exchange);
    for (const resolve of waiting) resolve();
  }

  get size(): number {
    return this.#running.size;
  }

  /** Resolves when the exchange has ended; null when it is not running. */
  ending(exchange: string): Promise<void> | null {
    const waiting = this.#running.get(exchange);
    if (waiting === undefined) return null;
    return new Promise(resolve => this.#running.set(exchange, [...waiting, resolve]));
  }

  /** Resolves when every exchange that runs now has ended. */
  async allEnded(): Promise<void> {
    await Promise.all([...this.#running.keys()].map(exchange => this.ending(exchange)));
  }
}
