/**
 * How many bytes of requests, or of answers, a server holds at once, over all its clients: each may be within its limit and all together
 * too many. A part is kept for those who hold little, so that a few who hold much do not shut out everybody else.
 */

/** Who holds no more bytes than this holds little. */
const LITTLE = 1 << 16;
/** The part that is kept for them. */
const KEPT = 1 / 4;

export class BodyBudget {
  readonly #size: number;
  #taken = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Takes bytes from the budget for somebody who holds so many already; false, taking nothing, when they are not there. */
  take(bytes: number, held: number): boolean {
    const size = held + bytes > LITTLE ? this.#size * (1 - KEPT) : this.#size;
    if (this.#taken + bytes > size) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }
}
