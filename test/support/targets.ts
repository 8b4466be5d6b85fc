/** What a request's target says, for tests of what reads requests. */
import type { RequestTarget } from '../../src/exchange/surface.js';
import type { SurfaceName } from '../../src/exchange/surface-names.js';
import { SURFACES } from '../../src/exchange/surfaces.js';

/** The target of a surface whose path and query say nothing. */
export const NO_TARGET: RequestTarget = { model: null, query: new URLSearchParams() };

/** A target whose path names a model. `query`: such as `alt=sse`. */
export function targetOf(model: string, query = ''): RequestTarget {
  return { model, query: new URLSearchParams(query) };
}

/** Where a client asks at a surface, and where below its base an upstream is asked. `model`: in a path that names one. */
export function pathsOf(
  name: SurfaceName,
  model: string,
): { readonly asked: string; readonly below: string } {
  const surface = SURFACES.find(known => known.name === name);
  if (surface === undefined) throw new Error(`no surface ${name}`);
  const below = surface.path.replace('{model}', model);
  return { asked: surface.base + below, below };
}
