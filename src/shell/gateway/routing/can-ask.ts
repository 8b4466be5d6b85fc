import type { SurfaceName } from '../../../exchange/surface-names.js';
import { translationFor } from '../../../exchange/translate/translations.js';
import type { Upstream } from '../../../exchange/upstream.js';

/** Whether an upstream can be asked this at all, be it in another dialect. */
export function canAsk(upstream: Upstream, surface: SurfaceName): boolean {
  return upstream.serves(surface) || translationFor(surface, name => upstream.serves(name)) !== null;
}
