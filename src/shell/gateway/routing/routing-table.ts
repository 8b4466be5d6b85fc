/**
 * Which route a model's name stands for.
 *
 * Names come from clients and may be anything; a name that means nothing here goes to the first upstream, which says what it thinks of it.
 */
import type { Upstream } from '../../../exchange/upstream.js';
import { Failure } from '../../../reason.js';
import type { ModelNames } from '../model-names.js';
import type { Route, Target, Tier } from './route.js';
import type { RouteDescriptions, TierDescription } from './route-description.js';

export interface RoutingTableOptions {
  /** Its models go before all other names but aliases. */
  readonly engine: Upstream | null;
  /** The first gets what no other is named for. */
  readonly upstreams: readonly Upstream[];
  /** Names of the operator's own. */
  readonly aliases: RouteDescriptions;
  /** What the engine lists must be known. */
  readonly names: ModelNames;
}

export class RoutingTable {
  readonly #options: RoutingTableOptions;
  readonly #byName: ReadonlyMap<string, Upstream>;
  readonly #aliases: ReadonlyMap<string, Route>;

  /** Throws `request/model-unknown` when a name of the operator's stands for a model that nobody could know. */
  constructor(options: RoutingTableOptions) {
    this.#options = options;
    this.#byName = new Map(options.upstreams.map(upstream => [upstream.name, upstream]));
    this.#aliases = new Map(
      [...options.aliases].map(([name, [first, ...later]]) => {
        const tiers: Route['tiers'] = [this.#tier(first), ...later.map(tier => this.#tier(tier))];
        return [name, { tiers, direct: false }];
      }),
    );
  }

  /** Aliases, in the order in which the operator wrote them. */
  get aliases(): readonly string[] {
    return [...this.#aliases.keys()];
  }

  /** Every upstream that there is, the engine first. */
  get upstreams(): readonly Upstream[] {
    const { engine, upstreams } = this.#options;
    return engine === null ? upstreams : [engine, ...upstreams];
  }

  /** The upstream that gets what no other is named for. */
  get first(): Upstream | null {
    return this.#options.upstreams[0] ?? null;
  }

  /** The name under which clients find a model that an upstream lists: with the upstream's in front of it, but for the first's. */
  nameOf(upstream: Upstream, model: string): string {
    const { engine, upstreams } = this.#options;
    return upstream === engine || upstream === upstreams[0] ? model : `${upstream.name}/${model}`;
  }

  /** `model`: as the client named it; null where it left that to the API. Throws `request/model-unknown` when nobody could know it. */
  route(model: string | null): Route {
    const alias = model === null ? undefined : this.#aliases.get(model);
    if (alias !== undefined) return alias;
    const target = this.#target(model);
    const { engine, upstreams } = this.#options;
    // An upstream that was found because it lists the model is none that the client has thought of: its key may be for another.
    const direct = target.model !== null || target.upstream === upstreams[0] || target.upstream === engine;
    return { tiers: [{ targets: [target], balance: 'weight' }], direct };
  }

  #tier({ balance, targets: [first, ...others] }: TierDescription): Tier {
    const target = ({ model, weight }: TierDescription['targets'][number]): Target => {
      const found = this.#target(model);
      return { upstream: found.upstream, model: found.model ?? model, weight };
    };
    return { balance, targets: [target(first), ...others.map(target)] };
  }

  #target(model: string | null): Target {
    const { engine, upstreams, names } = this.#options;
    if (model !== null) {
      if (engine !== null && names.isListedBy(engine, model)) return to(engine);
      const slash = model.indexOf('/');
      const named = this.#byName.get(model.slice(0, Math.max(slash, 0)));
      if (named !== undefined && slash < model.length - 1) return to(named, model.slice(slash + 1));
    }
    const [first] = upstreams;
    if (first === undefined) throw new Failure('request/model-unknown', { field: 'model' });
    if (model === null || names.isListedBy(first, model)) return to(first);
    return to(upstreams.find(upstream => names.isListedBy(upstream, model)) ?? first);
  }
}

function to(upstream: Upstream, model: string | null = null): Target {
  return { upstream, model, weight: 1 };
}
