/** The later checks of one client: they take turns, so that no exchange is looked at by two at once. */
import type { LaterCheck } from './finding.js';
import { type Choice, checkLater, type LaterRules } from './later-check.js';

/** The most exchanges that a check looks at which nobody has called: what is left is the next one's. */
export const PORTION = 1000;

export class LaterChecks {
  readonly #rules: LaterRules;
  #last: Promise<unknown> = Promise.resolve();
  /** The exchange with which the last portion ended. */
  #reached = '';

  constructor(rules: LaterRules) {
    this.#rules = rules;
  }

  /** Checks all that is open. Rejects as {@link checkLater} does. */
  all(): Promise<LaterCheck> {
    return this.#inTurn(open => open);
  }

  /** Checks a {@link PORTION} of what is open, of which each has its turn however many there are. */
  portion(): Promise<LaterCheck> {
    return this.#inTurn(open => {
      const sorted = open.toSorted();
      const next = sorted.filter(exchange => exchange > this.#reached);
      const portion = [...next, ...sorted.slice(0, sorted.length - next.length)].slice(0, PORTION);
      this.#reached = portion.at(-1) ?? '';
      return portion;
    });
  }

  /** Resolves when no check runs, and none waits for its turn. */
  async ended(): Promise<void> {
    await this.#last;
  }

  #inTurn(choose: Choice): Promise<LaterCheck> {
    const check = this.#last.then(() => checkLater(this.#rules, choose));
    this.#last = check.catch(() => undefined);
    return check;
  }
}
