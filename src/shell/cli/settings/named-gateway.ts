/** What is known of a gateway by its settings alone, for those who look at them without starting one. */
import { upstreamName } from '../upstreams.js';
import { readConfig } from './read-config.js';
import type { Environment } from './up-settings.js';

export interface NamedGateway {
  /** Its upstreams' names, in their order. */
  readonly upstreams: readonly string[];
  /** Those of them that have to show what they are before they are sent anything. */
  readonly attested: ReadonlySet<string>;
  /** Its data folder; null where no setting names one. */
  readonly data: string | null;
  /** Whether exchanges have prices: by a list of the operator's, or by the one that comes with the program where anybody else is asked. */
  readonly hasPrices: boolean;
}

/** `upstream`: in the place of those of the configuration, where there are any. Throws a usage error. */
export async function namedGateway({
  config: file,
  upstream,
  environment,
}: {
  readonly config: string | undefined;
  readonly upstream: readonly string[];
  readonly environment: Environment;
}): Promise<NamedGateway> {
  const {
    upstreams = [],
    data,
    prices,
  } = await readConfig(file ?? environment.COUNTERSIGN_CONFIG ?? null, environment);
  const configured = upstreams.map(one =>
    typeof one === 'string' ? one : one.url === undefined ? one.name : `${one.name}=${one.url}`,
  );
  const attested = upstreams.flatMap(one =>
    typeof one === 'string' || one.attestation === undefined ? [] : [one.name],
  );
  const names = (upstream.length > 0 ? upstream : configured).map(upstreamName);
  return {
    upstreams: names,
    // Those of the command line stand there by their names alone.
    attested: new Set(upstream.length > 0 ? [] : attested),
    data: data ?? null,
    hasPrices: prices !== undefined || names.length > 0,
  };
}
