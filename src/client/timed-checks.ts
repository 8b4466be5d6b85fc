/** Later checks that nobody calls: one after another, with a time between them, until they are stopped. */
import { Failure } from '../reason.js';
import type { Finding } from './finding.js';
import type { LaterChecks } from './later-checks.js';

/**
 * Calls `act` once when so many milliseconds have passed, unless what it returns is called before. A program that has nothing else to do ends
 * without waiting for it.
 */
export type After = (milliseconds: number, act: () => void) => () => void;

/** Less would be a load for a gateway, and more is what no timer of JavaScript can wait: it would fire at once. */
const SHORTEST = 1000;
const LONGEST = 24 * 86_400_000;

export interface TimedOptions {
  readonly checkEvery?: number;
  readonly onFinding?: 'throw' | ((finding: Finding) => void);
}

/**
 * Begins to wait for the first check; null where none is wanted. Throws a RangeError for a time that cannot be waited, and a TypeError where
 * nobody would be told of what is found.
 */
export function timedChecksOf(
  { checkEvery, onFinding }: TimedOptions,
  checks: LaterChecks,
  after: After,
): TimedChecks | null {
  if (checkEvery === undefined) return null;
  if (!(checkEvery >= SHORTEST && checkEvery <= LONGEST))
    throw new RangeError(`checkEvery is from ${SHORTEST} to ${LONGEST} milliseconds, not ${checkEvery}`);
  if (typeof onFinding !== 'function') throw new TypeError('checkEvery needs a function in onFinding');
  return new TimedChecks(checks, checkEvery, onFinding, after);
}

class TimedChecks {
  readonly #checks: LaterChecks;
  readonly #every: number;
  readonly #tell: (finding: Finding) => void;
  readonly #after: After;
  #stopped = false;
  #cancel: () => void = () => undefined;

  constructor(checks: LaterChecks, every: number, tell: (finding: Finding) => void, after: After) {
    this.#checks = checks;
    this.#every = every;
    this.#tell = tell;
    this.#after = after;
    this.#wait();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#checks.ended();
  }

  #wait(): void {
    if (!this.#stopped) this.#cancel = this.#after(this.#every, () => void this.#check());
  }

  /** What the program's own function throws is the program's, as from any timer. */
  async #check(): Promise<void> {
    try {
      await this.#checks.portion();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { code, message: says } = error;
      this.#tell({ kind: 'unresolved', code, says, exchange: null, evidence: null, held: null });
    } finally {
      this.#wait();
    }
  }
}
