/** Who is told, and where. The operator's own word: it stands in his configuration. */
import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.js';

export interface Subscriber {
  /** By which its place is kept over restarts. */
  readonly name: string;
  readonly url: URL;
  readonly secret: Uint8Array;
  /** Words of what it wants to hear of; null for everything. */
  readonly topics: ReadonlySet<string> | null;
  /** Whether its name may lead into the operator's own network. */
  readonly mayBePrivate: boolean;
}

/** What is wrong with an address, as a sentence that does not repeat it, for it may hold a secret; null where nothing is. */
export function addressProblem(text: string, mayBePrivate: boolean): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return 'it takes an https URL.';
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    return 'it takes a URL without user, password or fragment; notices are signed with the secret.';
  if (url.protocol === 'http:' && !mayBePrivate && !isNamedPrivate(url))
    return 'what goes over the internet takes https.';
  return null;
}

/** Whether an address names this machine or the operator's own network itself, so that nobody else can make it do so. */
export function isNamedPrivate({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || (isIP(host) !== 0 && !isPublicAddress(host));
}
