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
 * Whether a request to a loopback gateway may be served: addressed to a loopback name, and from no web page but the gateway's own. `Host`,
 * `Origin` and `Sec-Fetch-Site` are the only parts of a request that a browser vouches for.
 */
export function isLocalRequest(headers: IncomingHttpHeaders): boolean {
  const { host, origin } = headers;
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const own = new URL(`http://${host}`);
  if (!isLoopback(own.hostname.replace(/^\[(.*)\]$/, '$1'))) return false;
  if (headers['sec-fetch-site'] === 'cross-site') return false;
  return origin === undefined || origin === own.origin;
}
