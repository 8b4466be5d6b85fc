/**
 * Against DNS rebinding and other people's web pages: a gateway on the loopback interface answers only requests that were addressed to
 * it by a loopback name, and from no web page of another origin.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** Whether the interface that the gateway listens on is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Whether a request to a loopback gateway may be served: addressed to a loopback name, and from no web page but the gateway's own and those of
 * `origins`. `Host`, `Origin` and `Sec-Fetch-Site` are the only parts of a request that a browser vouches for.
 */
export function isLocalRequest(
  headers: IncomingHttpHeaders,
  origins: ReadonlySet<string> = NO_ORIGINS,
): boolean {
  const { host, origin } = headers;
  if (host === undefined) return false;
  // Nearly every request names the same host.
  if (host !== latest.host) latest = { host, origin: loopbackOrigin(host) };
  if (latest.origin === null) return false;
  if (origin !== undefined && origins.has(origin)) return true;
  if (headers['sec-fetch-site'] === 'cross-site') return false;
  return origin === undefined || origin === latest.origin;
}

const NO_ORIGINS: ReadonlySet<string> = new Set();

/** The last host that was asked about. */
let latest: { readonly host: string; readonly origin: string | null } = { host: '', origin: null };

/** The origin of web pages at a host, or null when it is no loopback name. */
function loopbackOrigin(host: string): string | null {
  if (!URL.canParse(`http://${host}`)) return null;
  const { hostname, origin } = new URL(`http://${host}`);
  return isLoopback(hostname.replace(/^\[(.*)\]$/, '$1')) ? origin : null;
}
