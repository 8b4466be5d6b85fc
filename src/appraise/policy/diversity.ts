/**
 * At most so much of the traffic to one party: counted over the last exchanges that a rule was for.
 *
 * The count is of what was sent, in this process; a new one begins with nothing. It is a number and no ratio, so that the first exchanges are as
 * free as the later ones: of the last 100, 60 % are 60, also while there have been three.
 */
export class Diversity {
  readonly #most: number;
  /** The parties of the last exchanges, oldest first from {@link Diversity.#at} on; shorter than the window until that is full. */
  readonly #last: (string | null)[] = [];
  readonly #window: number;
  readonly #counts = new Map<string | null, number>();
  #at = 0;

  /** `most`: percent; `window`: exchanges, the next one among them. */
  constructor(most: number, window: number) {
    this.#most = mostOf(most, window);
    this.#window = window;
  }

  /** Whether the next exchange may go to this party. Null stands for all of whom nobody is stated. */
  admits(party: string | null): boolean {
    return this.#without(party) + 1 <= this.#most;
  }

  /** An exchange was sent to this party. */
  note(party: string | null): void {
    if (this.#last.length < this.#window) this.#last.push(party);
    else {
      const oldest = this.#last[this.#at] as string | null;
      this.#counts.set(oldest, (this.#counts.get(oldest) ?? 1) - 1);
      this.#last[this.#at] = party;
      this.#at = (this.#at + 1) % this.#window;
    }
    this.#counts.set(party, (this.#counts.get(party) ?? 0) + 1);
  }

  /** The party's exchanges among those that are still in the window when there is one more. */
  #without(party: string | null): number {
    const count = this.#counts.get(party) ?? 0;
    const isLeaving = this.#last.length === this.#window && this.#last[this.#at] === party;
    return isLeaving ? count - 1 : count;
  }
}

/** So many of a window of exchanges are at most this percentage of it. */
export function mostOf(percent: number, window: number): number {
  return Math.floor((percent * window) / 100);
}
