/**
 * Which route a model's name stands for.
 *
 * Names come from clients and may be anything; a name that means nothing here goes to the first upstream that speaks the client's API, which says what it thinks of it.
 */
import type { SurfaceName } from '../../../exchange/surface-names.js';
import type { Upstream } from '../../../exchange/upstream.js';
import { Failure } from '../../../reason.js';
import type { ModelNames } from '../model-names.js';
import { canAsk } from './can-ask.js';
import type { Choice, Route, Target, Tier } from './route.js';
import type { RouteDescriptions, TierDescription } from './route-description.js';

export interface RoutingTableOptions {
  /** Its models go before all other names but aliases. */
  readonly engine: Upstream | null;
  /** Earlier ones go before later ones. */
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
        return [name, { tiers, choice: 'operator' }];
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

  /** How a request that names no upstream comes to this one. */
  choiceOf(upstream: Upstream): Choice {
    const { upstreams } = this.#options;
    if (upstream !== upstreams[0]) return 'found';
    return upstreams.length === 1 ? 'only' : 'first';
  }

  /** The name under which clients find a model that an upstream lists: with the upstream's in front of it, but for the first's that go there without. */
  nameOf(upstream: Upstream, model: string): string {
    const { engine, upstreams } = this.#options;
    if (upstream === engine) return model;
    const prefixed = `${upstream.name}/${model}`;
    if (upstream !== upstreams[0]) return prefixed;
    const plain = this.#target(model, null);
    return plain.upstream === upstream && plain.model === null ? model : prefixed;
  }

  /** `model`: as the client named it; null where it left that to the API. Throws `request/model-unknown` when nobody could know it. */
  route(model: string | null, surface: SurfaceName): Route {
    const alias = model === null ? undefined : this.#aliases.get(model);
    if (alias !== undefined) return alias;
    const target = this.#target(model, surface);
    const choice = target.model === null ? this.choiceOf(target.upstream) : 'named';
    return { tiers: [{ targets: [target], balance: 'weight' }], choice };
  }

  #tier({ balance, targets: [first, ...others] }: TierDescription): Tier {
    const target = ({ model, weight }: TierDescription['targets'][number]): Target => {
      // A route is made once, for whatever comes.
      const found = this.#target(model, null);
      return { upstream: found.upstream, model: found.model ?? model, weight };
    };
    return { balance, targets: [target(first), ...others.map(target)] };
  }

  #target(model: string | null, surface: SurfaceName | null): Target {
    const { engine, names } = this.#options;
    if (model !== null) {
      if (engine !== null && names.isListedBy(engine, model)) return to(engine);
      const slash = model.indexOf('/');
      const named = this.#byName.get(model.slice(0, Math.max(slash, 0)));
      if (named !== undefined && slash < model.length - 1) return to(named, model.slice(slash + 1));
    }
    return to(this.#having(model, surface));
  }

  /** The upstream for a name that has none in front of it: of those that can be asked at the surface, if there are any; null for any surface. */
  #having(model: string | null, surface: SurfaceName | null): Upstream {
    const { upstreams, names } = this.#options;
    const askable = surface === null ? upstreams : upstreams.filter(upstream => canAsk(upstream, surface));
    const [first = upstreams[0]] = askable;
    if (first === undefined) throw new Failure('request/model-unknown', { field: 'model' });
    const having =
      model === null
        ? undefined
        : (askable.find(upstream => names.isListedBy(upstream, model)) ??
          askable.find(({ provider }) => provider?.publicModels?.test(model)));
    return having ?? askable.find(upstream => surface !== null && upstream.serves(surface)) ?? first;
  }
}

function to(upstream: Upstream, model: string | null = null): Target {
  return { upstream, model, weight: 1 };
}
