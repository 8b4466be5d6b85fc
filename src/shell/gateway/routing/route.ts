/** Where a request may go: the targets of a model's name, in the order in which they are tried. */
import type { Upstream } from '../../../exchange/upstream.js';

/** One upstream, and the model that it is asked for. */
export interface Target {
  readonly upstream: Upstream;
  /** Null for the model that the client named, as it named it. */
  readonly model: string | null;
  /** How much of the traffic it should get, in proportion to the others of its tier; over 0. */
  readonly weight: number;
}

/** How a tier's traffic is shared: by weight, or to whoever has answered fastest and has least to do. */
export type Balance = 'weight' | 'latency';

/** Targets that are as good as each other. */
export interface Tier {
  readonly targets: readonly [Target, ...Target[]];
  readonly balance: Balance;
}

/**
 * How a request has come to its upstreams: the client has named one (`named`); there is one alone (`only`); it has named none, and this is the first (`first`) or
 * another that was found for it (`found`); or the operator has made a route (`operator`).
 */
export type Choice = 'named' | 'only' | 'first' | 'found' | 'operator';

export interface Route {
  /** The first is tried first; every later one is for when those before it have failed. */
  readonly tiers: readonly [Tier, ...Tier[]];
  readonly choice: Choice;
}
