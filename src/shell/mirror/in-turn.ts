/** One after another: between a look at what a mirror keeps and its change nothing else may happen. */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve();

  /** Acts when everybody before has ended, whether or not they succeeded. */
  take<Value>(act: () => Promise<Value>): Promise<Value> {
    const turn = this.#last.then(act);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Resolves when all turns that have been taken so far have ended. */
  async ended(): Promise<void> {
    await this.#last;
  }
}
