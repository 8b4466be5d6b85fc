/** Who may use the admin API: whoever shows its key, or the token of this run that lies in the data folder. No web page may, whatever it shows. */
import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../../../bytes/cryptography.js';
import { utf8 } from '../../../bytes/octets.js';
import { Failure } from '../../../reason.js';
import type { HttpRequest, Route } from '../../http/server.js';

/** Routes that are taken by those alone who show one of these tokens as a bearer's. They answer `control/refused` and `request/host-refused` to others. */
export function guarded(routes: readonly Route[], tokens: readonly string[]): Route[] {
  const digests = tokens.map(token => sha256(utf8(`Bearer ${token}`)));
  return routes.map(route => ({
    ...route,
    handle: (request, ...groups) => {
      check(request, digests);
      return route.handle(request, ...groups);
    },
  }));
}

function check({ headers }: HttpRequest, digests: readonly Uint8Array[]): void {
  // There is no page of ours here, and what a browser sends of itself it sends for a page.
  if (headers.origin !== undefined || headers['sec-fetch-site'] === 'cross-site')
    throw new Failure('request/host-refused');
  const given = sha256(utf8(headers.authorization ?? ''));
  // Each is compared, so that the time tells nothing of which.
  const matches = digests.filter(digest => timingSafeEqual(given, digest));
  if (matches.length === 0) throw new Failure('control/refused');
}
