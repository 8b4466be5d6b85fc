/**
 * How many bytes of requests, or of answers, a server holds at once, over all its clients: each may be within its limit and all together
 * too many. A part is kept for those who hold little, so that a few who hold much do not shut out everybody else; and where there is no room, those who
 * have long kept us waiting, in the middle of a request or of an answer, make it.
 */

/** Who holds no more bytes than this holds little. */
const LITTLE = 1 << 16;
/** The part that is kept for them. */
const KEPT = 1 / 4;
/** How long somebody may keep us waiting although others need the room, in milliseconds. */
const PATIENCE = 30_000;

/** Whether that is more than somebody holds who holds little. */
export function isMuch(bytes: number): boolean {
  return bytes > LITTLE;
}

interface Waiting {
  readonly since: number;
  readonly letGo: () => void;
}

export class BodyBudget {
  readonly #size: number;
  readonly #now: () => number;
  #taken = 0;
  /** Those whose clients are waited for, in the order in which that began. */
  readonly #waiting = new Set<Waiting>();

  /** `now`: milliseconds. */
  constructor(size: number, now: () => number = () => performance.now()) {
    this.#size = size;
    this.#now = now;
  }

  /** How many bytes are held now, and how many may be. */
  get held(): number {
    return this.#taken;
  }

  get limit(): number {
    return this.#size;
  }

  /** Takes bytes from the budget for somebody who holds so many already; false, taking nothing, when they are not there. */
  take(bytes: number, held: number): boolean {
    const size = isMuch(held + bytes) ? this.#size * (1 - KEPT) : this.#size;
    while (this.#taken + bytes > size) if (!this.#makeRoom()) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }

  /**
   * Says that much of what is taken is held until the client has sent or read on. Returns how to say that it is no longer so. `letGo`: called, at
   * most once, when others need the room and it has taken too long.
   */
  await(letGo: () => void): () => void {
    const waiting = { since: this.#now(), letGo };
    this.#waiting.add(waiting);
    return () => this.#waiting.delete(waiting);
  }

  /** Has whoever has kept us waiting for longest let go. Returns whether there is more room now; it may also come a little later. */
  #makeRoom(): boolean {
    const [longest] = this.#waiting;
    if (longest === undefined || this.#now() - longest.since < PATIENCE) return false;
    this.#waiting.delete(longest);
    const before = this.#taken;
    longest.letGo();
    return this.#taken < before;
  }
}
