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

/** Whether a request to a loopback gateway may be served. `Host` and `Origin` are the only parts of it that a browser vouches for. */
export function isLocalRequest({ host, origin }: IncomingHttpHeaders): boolean {
  if (host === undefined || !isLoopbackAuthority(`http://${host}`)) return false;
  return origin === undefined || isLoopbackAuthority(origin);
}

function isLoopbackAuthority(url: string): boolean {
  if (!URL.canParse(url)) return false;
  return isLoopback(new URL(url).hostname.replace(/^\[(.*)\]$/, '$1'));
}
