/** The exchanges that have begun and not ended, for those who ask for a receipt before there is one. */

export class ActiveExchanges {
  /** Set once the gateway has begun to shut down. */
  closing = false;
  readonly #endings = new Map<string, { promise: Promise<void>; resolve: () => void }>();

  begin(exchange: string): void {
    let resolve: () => void = () => undefined;
    const promise = new Promise<void>(settle => {
      resolve = settle;
    });
    this.#endings.set(exchange, { promise, resolve });
  }

  end(exchange: string): void {
    this.#endings.get(exchange)?.resolve();
    this.#endings.delete(exchange);
  }

  get size(): number {
    return this.#endings.size;
  }

  /** Resolves when the exchange has ended; null when it is not running. */
  ending(exchange: string): Promise<void> | null {
    return this.#endings.get(exchange)?.promise ?? null;
  }

  /** Resolves when every exchange that runs now has ended. */
  async allEnded(): Promise<void> {
    await Promise.all([...this.#endings.values()].map(({ promise }) => promise));
  }
}
