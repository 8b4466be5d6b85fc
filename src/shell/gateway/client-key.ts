/**
 * Which upstreams get a client's own key. It is for one provider; whoever else gets it could use it in the client's place. Many keys tell by their form whose they are.
 */
import type { Provider } from '../../exchange/provider.js';
import { providerOfKey } from '../../exchange/providers.js';
import type { Upstream } from '../../exchange/upstream.js';
import type { Choice } from './routing/route.js';

export interface KeyUse {
  readonly choice: Choice;
  /** Whether the request is said in another dialect than the client's: the client had another API in mind than the one that is asked. */
  readonly isTranslated: boolean;
}

/** The headers with the client's own key that an upstream may have: all, or none where one of them is not for it. */
export function credentialsFor(
  upstream: Pick<Upstream, 'provider'>,
  credentials: Readonly<Record<string, string>>,
  use: KeyUse,
): Readonly<Record<string, string>> {
  return Object.values(credentials).every(value => mayHave(upstream, bare(value), use)) ? credentials : {};
}

/** The key alone, in whichever header it came; null where there is none. */
export function keyIn(credentials: Readonly<Record<string, string>>): string | null {
  const [value] = Object.values(credentials);
  return value === undefined ? null : bare(value);
}

/** Whether the client's own key tells by its form that it is for this upstream. */
export function isPlainlyFor(
  { provider }: Pick<Upstream, 'provider'>,
  credentials: Readonly<Record<string, string>>,
): boolean {
  const values = Object.values(credentials);
  return (
    provider !== null && values.length > 0 && values.every(value => providerOfKey(bare(value)) === provider)
  );
}

function mayHave(
  { provider }: Pick<Upstream, 'provider'>,
  key: string,
  { choice, isTranslated }: KeyUse,
): boolean {
  const owner = providerOfKey(key);
  switch (choice) {
    case 'operator':
      return false;
    case 'named':
      return owner === null || owner === provider || takesAny(provider);
    case 'only':
      return owner === null || owner === provider || (takesAny(provider) && !isTranslated);
    case 'first':
      return (owner === null || owner === provider) && !isTranslated;
    case 'found':
      return owner !== null && owner === provider && !isTranslated;
  }
}

/** Nobody can say whose keys are for a server that is no provider's; another gateway hands them on, to whom they are for. */
function takesAny(provider: Provider | null): boolean {
  return provider === null || provider.givesReceipts === true;
}

function bare(value: string): string {
  return value.replace(/^Bearer +/i, '');
}
