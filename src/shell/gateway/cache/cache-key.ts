/** What two requests have to have in common for one answer: everything that could change it. */
import type { IncomingHttpHeaders } from 'node:http';
import { sha256 } from '../../../bytes/cryptography.js';
import { concatAll, u64be, utf8 } from '../../../bytes/octets.js';
import type { RequestTarget, Surface } from '../../../exchange/surface.js';
import type { SurfaceName } from '../../../exchange/surface-names.js';
import type { Route } from '../routing/route.js';

export interface Asked {
  readonly surface: Surface;
  readonly target: RequestTarget;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came: what is taken out of it on the way may be the same for two requests that are not. */
  readonly body: Uint8Array;
  /** The client's name in the issuer's epoch: nobody else has it, and no receipt shows that a client of one epoch is a client of another. */
  readonly client: string;
  /** What the receipt would say of the policy: its digest, and the rule that is for the request, which can be another one day. */
  readonly policy: { readonly digest: string; readonly rule?: string };
  /** Who may be asked now: an answer is given by nobody else, whatever names have stood for before. */
  readonly route: Route;
}

/** Images are by addresses that soon lead nowhere, and two forms with the same file seldom are the same bytes. */
const NEVER: ReadonlySet<SurfaceName> = new Set(['images/generations', 'audio/transcriptions']);

/** Whether answers of a surface may be given again. */
export function isCacheable({ name }: Surface): boolean {
  return !NEVER.has(name);
}

/** SHA-256 over all of it. */
export function cacheKey({ surface, target, headers, body, client, policy, route }: Asked): Uint8Array {
  const query = surface.clientQuery.map(name => target.query.getAll(name));
  const said = ['content-type', ...surface.clientHeaders].map(name => headers[name] ?? null);
  const rule = [policy.digest, policy.rule ?? null];
  const asked = route.tiers.map(({ targets }) =>
    targets.map(({ upstream: { name, origin }, model }) => [name, origin, model]),
  );
  const head = utf8(JSON.stringify([surface.name, target.model, query, said, client, rule, asked]));
  return sha256(concatAll([u64be(head.length), head, body]));
}
