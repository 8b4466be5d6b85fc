/**
 * The moment before which everything is written down: as early as the earliest of what has begun and is not. With it an issuer says, after
 * a crash, what it cannot have lost.
 */

/** Something that has begun, until it is released. */
export interface Held {
  release(): void;
}

export class Horizon {
  readonly #held = new Set<{ readonly since: number }>();

  /** Something began at `since` that is not written down yet. */
  hold(since: number): Held {
    const held = { since };
    this.#held.add(held);
    return { release: () => void this.#held.delete(held) };
  }

  /** `now`: the time, by the clock of all that is held. */
  at(now: number): number {
    let earliest = now;
    for (const { since } of this.#held) earliest = Math.min(earliest, since);
    return earliest;
  }
}
