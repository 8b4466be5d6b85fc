/**
 * Which model names may stand in the public log: those that an upstream lists. A client can write anything where a model's name belongs,
 * and an upstream can answer with anything; neither may write into the log for ever.
 */
import type { ModelCard, Upstream } from '../../exchange/upstream.js';

const PUBLISHABLE = /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$/;
/** How a provider names a dated version of a model that it lists, as in `-2024-07-18` or `-20240718`. */
const VERSION_SUFFIX = /^-[0-9][0-9-]{3,15}$/;
const MAX_LISTED = 10_000;
/** Between two questions to an upstream for what it lists, in milliseconds. */
const ASKING_PAUSE = 60_000;

export class ModelNames {
  readonly #byUpstream = new Map<Upstream, ReadonlySet<string>>();

  readonly #askedAt = new Map<Upstream, number>();

  /** Whether it is time to ask an upstream for its list again; if so, the caller does. `now`: milliseconds. */
  claimsAsking(upstream: Upstream, now: number): boolean {
    if (now - (this.#askedAt.get(upstream) ?? Number.NEGATIVE_INFINITY) < ASKING_PAUSE) return false;
    this.#askedAt.set(upstream, now);
    return true;
  }

  /** Remembers what an upstream lists; a new list replaces the old one. */
  learn(upstream: Upstream, models: readonly ModelCard[]): void {
    const ids = models.slice(0, MAX_LISTED).map(({ id }) => id);
    this.#byUpstream.set(upstream, new Set(ids.filter(id => PUBLISHABLE.test(id))));
  }

  isListedBy(upstream: Upstream, model: string): boolean {
    return this.#byUpstream.get(upstream)?.has(model) ?? false;
  }

  has(model: string): boolean {
    return [...this.#byUpstream.values()].some(names => names.has(model));
  }

  /** Whether the name that an upstream served may be shown: a listed one, or a dated version of the listed one that was asked for. */
  serves(requested: string | null, served: string): boolean {
    if (this.has(served)) return true;
    return (
      PUBLISHABLE.test(served) &&
      requested !== null &&
      this.has(requested) &&
      served.startsWith(requested) &&
      VERSION_SUFFIX.test(served.slice(requested.length))
    );
  }
}
