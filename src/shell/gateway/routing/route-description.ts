/** The operator's own names for models, as data. */
import type { Balance } from './route.js';

export interface TargetDescription {
  /** As a client would name it, with the upstream's name in front; not itself one of the operator's names. */
  readonly model: string;
  /** Over 0. */
  readonly weight: number;
}

export interface TierDescription {
  readonly balance: Balance;
  readonly targets: readonly [TargetDescription, ...TargetDescription[]];
}

/** The tiers of each name, the one that is tried first in front. */
export type RouteDescriptions = ReadonlyMap<string, readonly [TierDescription, ...TierDescription[]]>;
