/** Who stands behind which key, seen along one dimension at a time. */

import { keyLabel, type VerifierKey } from '../../note/key.js';
import { type Controller, controllerOf, type Trust } from '../trust.js';

/**
 * Along `controller`, who can make the key act. Along the others, who could make the controller act: the cloud whose machines it uses,
 * the jurisdiction that it obeys, the vendor whose hardware holds the key.
 */
export const DIMENSIONS = ['controller', 'cloud', 'jurisdiction', 'hardware'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface Holder {
  /** As the trust file writes it; for what is not attributed, the controller or the key that remains. */
  readonly name: string;
  /** Whether the trust file says who it is along this dimension. */
  readonly attributed: boolean;
}

/** Tells who holds a key along a dimension. Two keys are one party's exactly when both members are equal. */
export function holderOf(trust: Trust, dimension: Dimension, key: VerifierKey): Holder {
  const controller = controllerOf(trust, key);
  if (controller === null) return { name: keyLabel(key), attributed: false };
  if (dimension === 'controller') return { name: controller, attributed: true };
  const stated = statedOf(trust.controllers, dimension, key);
  return stated === null ? { name: controller, attributed: false } : { name: stated, attributed: true };
}

function statedOf(
  controllers: readonly Controller[],
  dimension: Exclude<Dimension, 'controller'>,
  key: VerifierKey,
): string | null {
  const label = keyLabel(key);
  return controllers.find(({ keys }) => keys.includes(label))?.[dimension] ?? null;
}
