/**
 * Which attempt comes next in one exchange: another target of the same tier first, then the same targets again after a pause, and when a
 * tier has had its tries, the next tier.
 */
import type { Route, Target, Tier } from './route.js';
import type { UpstreamHealth } from './upstream-health.js';

export interface RetryPolicy {
  /** How many attempts may follow the first within one tier. */
  readonly retries: number;
  /** The pause before a target is asked again, in milliseconds; it doubles each time. */
  readonly pause: number;
  /** The longest pause, in milliseconds. Who asks for a longer one is not asked again in this exchange. */
  readonly longestPause: number;
}

export const DEFAULT_RETRIES: RetryPolicy = { retries: 2, pause: 250, longestPause: 8000 };

/** How an attempt failed, as far as it matters to what comes next. */
export interface Setback {
  /** Whether the same upstream may do better with the same request a little later. */
  readonly transient: boolean;
  /** Whether another upstream may do better with it. */
  readonly elsewhere: boolean;
  /** When the upstream wants to be asked again, in milliseconds from now; null where it did not say. */
  readonly retryAfter: number | null;
}

export interface NextAttempt {
  readonly target: Target;
  /** Milliseconds to wait before it. */
  readonly wait: number;
}

export interface RoutePlanOptions {
  readonly route: Route;
  readonly policy: RetryPolicy;
  /** How many attempts there may be. */
  readonly most: number;
  readonly healthOf: (target: Target) => UpstreamHealth;
  /** Whether a target can be asked this at all. */
  readonly serves: (target: Target) => boolean;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly now: () => number;
}

export class RoutePlan {
  readonly #options: RoutePlanOptions;
  #tiers: readonly Tier[];
  #attempts = 0;
  /** Attempts in the tier that is being tried. */
  #tries = 0;
  #current: Target | null = null;
  /** What has been tried in this tier, each with the pause that it asked for, or null when it may not be asked again. */
  readonly #tried = new Map<Target, number | null>();

  constructor(options: RoutePlanOptions) {
    this.#options = options;
    this.#tiers = options.route.tiers;
  }

  /** The first attempt; null when every circuit is open, or nobody there can be asked this. */
  first(): NextAttempt | null {
    return this.#next();
  }

  /** The attempt after one that failed so; null when there is none. */
  after({ transient, elsewhere, retryAfter }: Setback): NextAttempt | null {
    const failed = this.#current as Target;
    this.#tried.set(failed, transient ? (retryAfter ?? 0) : null);
    // What is wrong with the request is wrong everywhere.
    if (!elsewhere && !transient) return null;
    return this.#next();
  }

  /** Another in the place of the one that came next and may not be asked: that was no attempt. Null when there is none. */
  passOver(): NextAttempt | null {
    this.#tried.set(this.#current as Target, null);
    this.#attempts--;
    this.#tries--;
    return this.#next();
  }

  /** How long until the first of the targets may be asked again, in milliseconds, when {@link first} found none. */
  get opensIn(): number {
    const { route, healthOf, now } = this.#options;
    const times = route.tiers.flatMap(({ targets }) =>
      targets.map(target => healthOf(target).opensIn(now())),
    );
    return Math.min(...times);
  }

  #next(): NextAttempt | null {
    if (this.#attempts >= this.#options.most) return null;
    while (this.#tiers.length > 0) {
      const next = this.#nextInTier(this.#tiers[0] as Tier);
      if (next !== null) {
        this.#attempts++;
        this.#tries++;
        this.#current = next.target;
        return next;
      }
      this.#tiers = this.#tiers.slice(1);
      this.#tries = 0;
      this.#tried.clear();
    }
    return null;
  }

  #nextInTier({ targets, balance }: Tier): NextAttempt | null {
    const { policy, serves } = this.#options;
    if (this.#tries > policy.retries) return null;
    const open = targets.filter(target => serves(target) && this.#isOpen(target));
    const untried = open.filter(target => !this.#tried.has(target));
    if (untried.length > 0) return { target: this.#choose(this.#rested(untried), balance), wait: 0 };
    const again = open.flatMap(target => {
      const wait = this.#tried.get(target) ?? null;
      return wait === null || wait > policy.longestPause ? [] : [{ target, wait }];
    });
    again.sort((one, other) => one.wait - other.wait);
    const [next] = again;
    return next === undefined ? null : { target: next.target, wait: Math.max(next.wait, this.#pause()) };
  }

  #isOpen(target: Target): boolean {
    return this.#options.healthOf(target).isOpenTo(this.#options.now());
  }

  /** Those that have not asked to be left alone, or all when all have. */
  #rested(targets: readonly Target[]): readonly Target[] {
    const rested = targets.filter(target => !this.#options.healthOf(target).isResting(this.#options.now()));
    return rested.length > 0 ? rested : targets;
  }

  #choose(targets: readonly Target[], balance: Tier['balance']): Target {
    return balance === 'latency' ? this.#quicker(targets) : this.#byWeight(targets);
  }

  /** The better of two that are drawn by weight: the best of all would get everybody's next request at once. */
  #quicker(targets: readonly Target[]): Target {
    const one = this.#byWeight(targets);
    if (targets.length === 1) return one;
    const other = this.#byWeight(targets.filter(target => target !== one));
    const { healthOf } = this.#options;
    return healthOf(other).expectedWait < healthOf(one).expectedWait ? other : one;
  }

  #byWeight(targets: readonly Target[]): Target {
    let at = this.#options.random() * targets.reduce((sum, { weight }) => sum + weight, 0);
    for (const target of targets) {
      at -= target.weight;
      if (at < 0) return target;
    }
    return targets.at(-1) as Target;
  }

  /** Longer each time, and by chance up to half as long: those that failed together should not come back together. */
  #pause(): number {
    const { policy, random } = this.#options;
    const pause = Math.min(policy.longestPause, policy.pause * 2 ** (this.#tries - 1));
    return pause * (0.5 + random() / 2);
  }
}
