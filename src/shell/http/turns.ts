/**
 * Sharing the one thread among clients. Whatever a client sends is read, parsed, hashed and sealed on it, and a few hundred clients that send or
 * fetch as much as they may would have it all done in one round of the event loop, which then lasts for seconds in which nobody else is heard. So
 * what may take long is done in turns: when a round has had its share of it, the rest waits, and between two rounds everybody who asks for
 * little is served.
 */

/** How much of one round of the event loop goes to what may take long, in milliseconds; what takes longer is made up for by the rounds that follow. */
const SHARE = 5;
/** Parts of bodies and streams that are no longer than this are dealt with as they come: queueing would cost more than it saves. */
const LITTLE = 4096;

export class Turns {
  readonly #now: () => number;
  /** What waits, in order, from `#next` on. */
  #waiting: (() => void)[] = [];
  #next = 0;
  /** How much of the shares of this and later rounds is spent, in milliseconds. */
  #spent = 0;
  #coming = false;

  /** `now`: milliseconds, of which parts count. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Does work at once if there is time for it in this round and nobody waits, or else in a later round, in the order in which it came. Returns
   * whether it is done. The work must not throw.
   */
  run(work: () => void): boolean {
    if (this.#next === this.#waiting.length && this.#spent < SHARE) {
      this.#do(work);
      return true;
    }
    this.#waiting.push(work);
    this.#await();
    return false;
  }

  /** {@link run}, for bytes of which there are so many. */
  take(bytes: number, work: () => void): boolean {
    if (bytes > LITTLE) return this.run(work);
    work();
    return true;
  }

  /** {@link run}; resolves to what the work returns, and rejects with what it throws. */
  perform<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.run(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #do(work: () => void): void {
    const began = this.#now();
    work();
    this.#spent += this.#now() - began;
    this.#await();
  }

  /** The next round comes when everybody who has something new has been heard. */
  #await(): void {
    if (this.#coming) return;
    this.#coming = true;
    setImmediate(() => this.#round());
  }

  #round(): void {
    this.#coming = false;
    this.#spent = Math.max(0, this.#spent - SHARE);
    while (this.#spent < SHARE && this.#next < this.#waiting.length) {
      const work = this.#waiting[this.#next++] as () => void;
      this.#do(work);
    }
    // What is done is let go of, but not one by one.
    if (this.#next === this.#waiting.length || this.#next > 1024) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    if (this.#next < this.#waiting.length || this.#spent > 0) this.#await();
  }
}
