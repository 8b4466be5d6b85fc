/**
 * What is known of how an upstream has done lately: whether it answers at all, how fast, and whether it has asked to be left alone.
 *
 * A circuit breaker keeps requests from an upstream that fails again and again: after a few failures in a row it opens for a second, then
 * lets one request through to see, and for each that fails stays open twice as long as before, up to half a minute.
 */

/** Failures in a row after which the circuit opens. */
const DEFAULT_TOLERANCE = 5;
/** For how long it opens, at first and at most, in milliseconds. */
const SHORTEST_BREAK = 1000;
const LONGEST_BREAK = 30_000;
/** The longest that an upstream can ask to be left alone, in milliseconds; who is told to wait for a day is better asked again. */
const LONGEST_REST = 60_000;
/** The share of the latest answer in the average. */
const NEWEST = 0.2;

export class UpstreamHealth {
  readonly #tolerance: number;
  #failures = 0;
  #break = 0;
  #closedUntil = 0;
  /** Since when one request has been on its way to see whether the upstream is back; null when none is. */
  #probing: number | null = null;
  #restsUntil = 0;
  #running = 0;
  #latency: number | null = null;

  /** `tolerance`: failures in a row after which the circuit opens. */
  constructor(tolerance: number = DEFAULT_TOLERANCE) {
    this.#tolerance = tolerance;
  }

  /** Whether the circuit lets a request through. Changes nothing; who sends one says so by {@link begin}. All times are in milliseconds. */
  isOpenTo(now: number): boolean {
    if (this.#failures < this.#tolerance) return true;
    // A probe that takes very long must not close the upstream for ever.
    const probing = this.#probing !== null && now - this.#probing < LONGEST_BREAK;
    return now >= this.#closedUntil && !probing;
  }

  /** Whether the upstream has asked to be left alone, as by HTTP 429. */
  isResting(now: number): boolean {
    return now < this.#restsUntil;
  }

  /** How long until the circuit lets a request through, in milliseconds. */
  opensIn(now: number): number {
    return Math.max(0, this.#closedUntil - now);
  }

  /** What one more request may have to wait there, in milliseconds: how long answers take, times those that are running and itself. */
  get expectedWait(): number {
    return (this.#latency ?? 0) * (this.#running + 1);
  }

  /** Requests that are on their way. */
  get running(): number {
    return this.#running;
  }

  begin(now: number): void {
    this.#running++;
    if (this.#failures >= this.#tolerance) this.#probing = now;
  }

  /** `told`: whether the request has shown how the upstream does. One that has not, as when its client left, leaves the next to see. */
  end(told: boolean): void {
    this.#running--;
    if (!told) this.#probing = null;
  }

  /** It is there, if only to say that it will not answer: an error that a request may have brought about, or garbage. */
  responded(): void {
    this.#failures = 0;
    this.#break = 0;
    this.#probing = null;
  }

  /** It answered; `latency`: milliseconds from the request until the answer began. */
  answered(latency: number): void {
    this.responded();
    this.#latency = this.#latency === null ? latency : this.#latency + NEWEST * (latency - this.#latency);
  }

  /** It could not be reached, broke off, took too long, or said that it cannot serve anybody now. */
  failed(now: number): void {
    this.#failures++;
    this.#probing = null;
    // Requests that were on their way when it opened tell nothing new.
    if (this.#failures < this.#tolerance || now < this.#closedUntil) return;
    this.#break = Math.min(LONGEST_BREAK, this.#break === 0 ? SHORTEST_BREAK : this.#break * 2);
    this.#closedUntil = now + this.#break;
  }

  /** It asked to be left alone for so many milliseconds. */
  rest(now: number, time: number): void {
    this.#restsUntil = now + Math.min(time, LONGEST_REST);
  }
}

/** The health of every upstream. */
export class HealthBoard<Upstream extends object> {
  readonly #tolerance: number | undefined;
  readonly #health = new WeakMap<Upstream, UpstreamHealth>();

  constructor(tolerance?: number) {
    this.#tolerance = tolerance;
  }

  of(upstream: Upstream): UpstreamHealth {
    let health = this.#health.get(upstream);
    if (health === undefined) {
      health = new UpstreamHealth(this.#tolerance);
      this.#health.set(upstream, health);
    }
    return health;
  }
}
