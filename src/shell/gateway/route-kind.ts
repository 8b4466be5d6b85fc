/** What kind of path a request asked for: few enough to count by, whatever strangers ask. */
import { surfaceAt } from '../../exchange/surfaces.js';
import type { RouteKind } from '../../receipt/exchange-report.js';

const EXACT: ReadonlyMap<string, RouteKind> = new Map<string, RouteKind>([
  ['/', 'about'],
  ['/openapi.json', 'about'],
  ['/v1/attestation', 'attestation'],
  ['/healthz', 'health'],
  ['/readyz', 'health'],
  ['/v1/models', 'models'],
  ['/v1beta/models', 'models'],
]);

const BELOW: readonly (readonly [string, RouteKind])[] = [
  ['/v1/models/', 'models'],
  ['/v1beta/models/', 'models'],
  ['/v1/receipts/', 'receipts'],
  ['/v1/evidence/', 'evidence'],
  ['/v1/closings/', 'closings'],
  ['/log/', 'log'],
];

/** `path`: percent-encoded, without the query. */
export function routeKindOf(path: string): RouteKind {
  const surface = surfaceAt(path)?.surface.name ?? EXACT.get(path);
  return surface ?? BELOW.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'unknown';
}
