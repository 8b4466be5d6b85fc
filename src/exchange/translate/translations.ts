/** The table of translations. */
import type { SurfaceName } from '../surface-names.js';
import type { Translation } from './translation.js';

export const TRANSLATIONS: readonly Translation[] = [];

/** The translation of a client's surface into one that a host has; null where there is none. */
export function translationFor(
  from: SurfaceName,
  serves: (surface: SurfaceName) => boolean,
): Translation | null {
  return TRANSLATIONS.find(translation => translation.from === from && serves(translation.to)) ?? null;
}
