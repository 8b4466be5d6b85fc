/** What of a house can change while it runs, and how a change takes effect: with a context of its own for the exchanges that begin after it. */
import type { Surroundings } from '../../appraise/policy/surroundings.js';
import type { Upstream } from '../../exchange/upstream.js';
import type { PriceList } from '../../receipt/price/price-list.js';
import type { SigningKey } from '../files/keys.js';
import { DEFAULT_LIMITS, type GatewayContext } from '../gateway/context.js';
import type { Gateway } from '../gateway/gateway.js';
import type { HttpUpstream } from '../gateway/http-upstream.js';
import { ModelLists } from '../gateway/model-lists.js';
import { ModelNames } from '../gateway/model-names.js';
import type { RouteDescriptions } from '../gateway/routing/route-description.js';
import { DEFAULT_RETRIES, type RetryPolicy } from '../gateway/routing/route-plan.js';
import { RoutingTable } from '../gateway/routing/routing-table.js';
import { DEFAULT_TIMEOUTS, type Timeouts } from '../gateway/timeouts.js';
import { connectionShares } from '../http/connections.js';
import { announcePriceList } from './house-money.js';
import type { HouseRules } from './policy/house-rules.js';

export interface Changeable {
  /** Beside the built-in engine; a model that none is known for goes to the first that can be asked. */
  readonly upstreams?: readonly HttpUpstream[];
  /** The public names of their models, where they can be told by their form. */
  readonly publicModels?: readonly RegExp[];
  /** The operator's own names for models. */
  readonly routes?: RouteDescriptions;
  readonly retries?: RetryPolicy;
  /** What exchanges cost; nothing has a price when it is left out. */
  readonly prices?: PriceList;
  readonly timeouts?: Pick<Timeouts, 'firstToken' | 'keepAlive'>;
  readonly inline: boolean;
  /** The most bytes that a request may have. */
  readonly requestBytes: number;
  /** The most connections of clients at a time; what there are files for when it is left out. */
  readonly connections?: number;
  /** The origins of web pages that may ask, beside the gateway's own. */
  readonly origins?: readonly string[];
}

/** What of a context can change. */
type Changed = Pick<
  GatewayContext,
  'routing' | 'names' | 'lists' | 'pricing' | 'retries' | 'timeouts' | 'limits' | 'inline'
>;

/** Which models there are and who answers for them. `before`: what was known until now; null at the start. */
export async function routingFor(
  engine: Upstream,
  { upstreams = [], publicModels = [], routes = new Map() }: Changeable,
  before: ModelNames | null,
): Promise<Pick<Changed, 'names' | 'routing'>> {
  const names = new ModelNames({
    known: publicModels,
    aliases: new Set(routes.keys()),
    upstreams: new Set(upstreams.map(({ name }) => name)),
  });
  if (before !== null) names.inherit(before, upstreams);
  await names.ask(engine);
  const routing = new RoutingTable({ engine, upstreams, aliases: routes, names });
  // One may be slow or down; the gateway does not wait for it.
  for (const upstream of upstreams) void names.askAtFirst(upstream);
  return { names, routing };
}

/** What is the same for as long as a house runs. */
export interface Unchanging {
  readonly gateway: Gateway;
  readonly engine: Upstream;
  readonly operator: string;
  readonly issuerKey: SigningKey;
  /** What is always done, or the rules of a policy, which have to fit what changes. */
  readonly rules: HouseRules;
  readonly surroundings: (options: Changeable) => Surroundings;
  readonly context: Omit<GatewayContext, keyof Changed>;
}

/** The present form of what can change. */
export class InForce {
  readonly #unchanging: Unchanging;
  #upstreams: readonly HttpUpstream[] = [];
  #names: ModelNames | null = null;
  #closing: Promise<unknown> = Promise.resolve();

  constructor(unchanging: Unchanging) {
    this.#unchanging = unchanging;
  }

  /**
   * Puts this in force. `given`: where it is known already which models there are. Throws, changing nothing, `log/unavailable` where the log
   * cannot take what has to stand in it before, a `PolicyRefused` where the policy cannot be used with it, and what `RoutingTable` throws.
   */
  async put(options: Changeable, given: Pick<Changed, 'names' | 'routing'> | null = null): Promise<void> {
    const { gateway, engine, operator, issuerKey, rules, surroundings, context } = this.#unchanging;
    const { log, now, active } = context;
    const { names, routing } = given ?? (await routingFor(engine, options, this.#names));
    const { prices, upstreams = [], origins = [] } = options;
    const pricing = prices === undefined ? null : await announcePriceList(prices, operator, log, issuerKey);
    const policy = await rules.prepareFor(surroundings(options));
    gateway.admit({
      ...context,
      ...{ names, routing, pricing },
      lists: new ModelLists(now),
      retries: options.retries ?? DEFAULT_RETRIES,
      timeouts: options.timeouts ?? DEFAULT_TIMEOUTS,
      limits: { ...DEFAULT_LIMITS, requestBytes: options.requestBytes },
      inline: options.inline,
    });
    rules.exchange(policy);
    const { connections = connectionShares(DEFAULT_LIMITS.connections).clients } = options;
    gateway.allow({ origins: new Set(origins), connections });
    const former = this.#upstreams.filter(upstream => !upstreams.includes(upstream));
    this.#upstreams = upstreams;
    this.#names = names;
    // Exchanges that began before may still ask them.
    const closing = active.allEnded().then(() => closeAll(former));
    this.#closing = Promise.all([this.#closing, closing]);
  }

  /** Closes the upstreams. Nothing may run any more. */
  async close(): Promise<void> {
    await this.#closing;
    await closeAll(this.#upstreams);
  }
}

async function closeAll(upstreams: readonly HttpUpstream[]): Promise<void> {
  await Promise.all(upstreams.map(upstream => upstream.close()));
}
