/** Time that passes when a test says so. */
import type { After } from '../../src/client/timed-checks.js';

/** For clients that wait for nothing. */
export const noTimer: After = () => () => undefined;

export class PaperClock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly act: () => void }>();

  readonly after: After = (milliseconds, act) => {
    const timer = { at: this.#now + milliseconds, act };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** How long until each timer, in milliseconds. */
  get waiting(): number[] {
    return [...this.#timers].map(({ at }) => at - this.#now);
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
    for (const timer of [...this.#timers]) {
      if (timer.at > this.#now) continue;
      this.#timers.delete(timer);
      timer.act();
    }
  }
}
