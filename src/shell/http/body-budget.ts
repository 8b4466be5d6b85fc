/** How many bytes of requests a server holds at once, over all its clients: each may be within its limit and all together too many. */
export class BodyBudget {
  readonly #size: number;
  #taken = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Takes bytes from the budget; false, taking nothing, when they are not there. */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#size) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }
}
