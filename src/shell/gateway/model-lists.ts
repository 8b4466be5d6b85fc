/** What upstreams list, remembered for a moment: clients ask often, and an upstream is asked for it anew only now and then. */
import type { ModelCard } from '../../exchange/model-card.js';
import type { Upstream } from '../../exchange/upstream.js';

/** For so long a list is taken to be what it was, in milliseconds. */
const LIFETIME = 10_000;

interface Known {
  readonly asked: number;
  readonly list: Promise<readonly ModelCard[]>;
}

export class ModelLists {
  readonly #now: () => number;
  readonly #known = new Map<Upstream, Known>();

  /** `now`: milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * What an upstream lists; one that cannot be asked lists nothing. `credentials`: as in a request. What is listed to a client's own key is
   * remembered for nobody.
   */
  of(upstream: Upstream, credentials: Readonly<Record<string, string>>): Promise<readonly ModelCard[]> {
    if (Object.keys(credentials).length > 0) return upstream.models(credentials).catch(() => []);
    const known = this.#known.get(upstream);
    const now = this.#now();
    if (known !== undefined && now - known.asked < LIFETIME) return known.list;
    const list = upstream.models({}).catch(() => {
      // One that was down is asked again by the next who wants to know.
      this.#known.delete(upstream);
      return [];
    });
    this.#known.set(upstream, { asked: now, list });
    return list;
  }
}
