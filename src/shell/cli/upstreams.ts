/** The upstreams that can be named on the command line: those of the table, and everything else by its URL. */

import { toHex } from '../../bytes/hex.js';
import { attestedProvider } from '../../evidence/providers/providers.js';
import { COMMON_WORDS, OPENAI_WORDS } from '../../exchange/chat-words.js';
import type { Provider, ProviderApi } from '../../exchange/provider.js';
import { OPENAI_SURFACES, PROVIDERS } from '../../exchange/providers.js';
import { PROTOCOL_LINE } from '../../receipt/price/price-lines.js';
import type { AttestedUpstreamOptions } from '../gateway/attestation/attested-upstream.js';
import type { HttpApi, HttpUpstream, HttpUpstreamOptions } from '../gateway/http-upstream.js';
import type { Timeouts } from '../gateway/timeouts.js';
import type { OpenConnections } from '../http/connections.js';
import type { Attesting } from './attesting.js';
import { UsageError } from './exit-code.js';
import { attestationPolicies, type RequiredAttestation } from './settings/config-schema.js';

/** Keys for upstreams that were given by a URL have variables of their own, so that no provider's key goes to a stranger. */
const URL_KEY_VARIABLE = 'COUNTERSIGN_UPSTREAM_KEY';

/** A server that is known by its URL alone is taken for one of OpenAI's API, which most are; clients of another get a translation. */
const STRANGER: Omit<Provider, 'name' | 'keyVariable'> = {
  apis: [{ dialect: 'openai', base: '', keyHeader: 'authorization', surfaces: OPENAI_SURFACES }],
  listing: 'openai',
  publicModels: null,
  chatWords: COMMON_WORDS,
};

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
/** What the engine is called, in receipts and in policies. */
export const BUILT_IN = 'built-in';
/** The engine's, and whose price is zero in every list. */
const TAKEN: readonly string[] = [BUILT_IN, PROTOCOL_LINE.payee];

export interface OpenedUpstreams {
  readonly upstreams: readonly HttpUpstream[];
  /** The public names of their models, where they can be told by their form. */
  readonly publicModels: readonly RegExp[];
}

/** An upstream as it is named on the command line or in a configuration. */
export interface NamedUpstream {
  /** `name`, `url` or `name=url`. */
  readonly text: string;
  /** The gateway's own key there; null for that in the upstream's variable of the environment, if it has one. */
  readonly key: string | null;
  /** What it has to show of itself before it is sent anything; left out for nothing. */
  readonly attestation?: RequiredAttestation;
}

/** Of each upstream that was opened, everything that it was made of, as text. */
const descriptions = new WeakMap<HttpUpstream, string>();

/**
 * The upstreams, in their order. Throws a usage error.
 *
 * @param before those that were opened before; one that would be made of the same is taken again, with its connections
 * @param attesting by what upstreams are judged that have to show what they are; null where there are none
 */
export async function openUpstreams(
  given: readonly NamedUpstream[],
  timeouts: Timeouts,
  connections?: OpenConnections,
  before: readonly HttpUpstream[] = [],
  attesting: Attesting | null = null,
): Promise<OpenedUpstreams> {
  const named = given.map(({ text, key, attestation = null }) => ({
    ...readUpstream(text),
    ownKey: key,
    required: attestation,
  }));
  const names = named.map(({ name }) => name);
  const double = names.find((name, at) => names.indexOf(name) !== at);
  if (double !== undefined) throw new UsageError(`--upstream names "${double}" twice.`);
  const byUrl = named.filter(
    ({ keyVariable, ownKey }) => ownKey === null && keyVariable === URL_KEY_VARIABLE,
  );
  if (byUrl.length > 1) {
    throw new UsageError(
      'Only one --upstream can be a URL alone, because its key is in one variable; give the others names: --upstream mine=<url>.',
    );
  }
  if (named.length === 0) return { upstreams: [], publicModels: [] };
  // A gateway without one starts without what it would be asked with.
  const [{ HttpUpstream }, { AttestedUpstream }] = await Promise.all([
    import('../gateway/http-upstream.js'),
    import('../gateway/attestation/attested-upstream.js'),
  ]);
  const newAttested = (options: OfUpstream, required: RequiredAttestation, parts: Attesting | null) =>
    new AttestedUpstream(attestedOptions(options, required, parts));
  return {
    upstreams: named.map(entry => {
      const { name, keyVariable, apis, listing, ownKey, required, known: provider } = entry;
      const { transient = [], chatWords = OPENAI_WORDS, givesReceipts = false } = entry;
      const key = ownKey ?? ((keyVariable !== null && process.env[keyVariable]) || null);
      const options = { name, apis, key, listing, provider, transient, chatWords, givesReceipts, timeouts };
      const description = described({ ...options, required });
      const opened = before.find(one => descriptions.get(one) === description);
      const upstream =
        opened ??
        new HttpUpstream({
          ...options,
          ...(connections && { connections }),
          ...(required === null ? {} : { attestation: newAttested(options, required, attesting) }),
        });
      descriptions.set(upstream, description);
      return upstream;
    }),
    publicModels: named.flatMap(({ publicModels }) => publicModels ?? []),
  };
}

/** The name of an upstream as receipts have it. `text`: `name`, `url` or `name=url`. Throws a usage error. */
export function upstreamName(text: string): string {
  return PROVIDERS.has(text) ? text : readUpstream(text).name;
}

type OfUpstream = Pick<HttpUpstreamOptions, 'name' | 'apis' | 'key' | 'timeouts'>;

/** Seconds after which an upstream is asked anew what it is, where nobody says otherwise. */
const USUAL_EVERY = 600;

function attestedOptions(
  { name, apis: [{ base, keyHeader }], key, timeouts }: OfUpstream,
  { provider, every = USUAL_EVERY, sendKey = false, evidence }: RequiredAttestation,
  parts: Attesting | null,
): AttestedUpstreamOptions {
  if (base.protocol !== 'https:')
    throw new UsageError(
      `The upstream "${name}" cannot attest itself over ${base.protocol}//: there is no key of TLS to compare.`,
    );
  if (parts === null) throw new Error('upstreams that attest themselves, and nothing to judge them by');
  const bearer = key === null ? '' : keyHeader === 'authorization' ? `Bearer ${key}` : key;
  return {
    name,
    origin: base.origin,
    provider: attestedProvider(provider),
    policies: attestationPolicies(evidence),
    deployment: '',
    every: every * 1000,
    patience: timeouts.connect,
    headers: sendKey && key !== null ? { [keyHeader]: bearer } : {},
    ...parts,
  };
}

function described(options: object): string {
  return JSON.stringify(options, (_, value: unknown) =>
    value instanceof Set ? [...value] : value instanceof Uint8Array ? toHex(value) : value,
  );
}

interface ReadUpstream extends Omit<Provider, 'apis'> {
  readonly apis: readonly [HttpApi, ...HttpApi[]];
  /** The provider that it was made of; null for a server of which only the address is known. */
  readonly known: Provider | null;
}

/** `name`, `url` or `name=url`. */
function readUpstream(text: string): ReadUpstream {
  const known = PROVIDERS.get(text);
  if (known !== undefined) return { ...at(known, ({ base }) => readBase(fill(base, text))), known };
  const [, name, address] = /^([a-z][a-z0-9-]*)=(.*)$/.exec(text) ?? [];
  if (name === undefined || address === undefined) {
    const base = readBase(text);
    if (TAKEN.includes(base.host))
      throw new UsageError(
        `"${base.host}" cannot be an upstream's name; give it one: --upstream mine=${text}.`,
      );
    const stranger = { ...STRANGER, name: base.host, keyVariable: URL_KEY_VARIABLE };
    return { ...at(stranger, () => base), known: null };
  }
  if (!NAME.test(name) || TAKEN.includes(name))
    throw new UsageError(
      `"${name}" cannot be an upstream's name: up to 32 small letters, digits and hyphens, and not ${TAKEN.join(' or ')}.`,
    );
  const keyVariable = `${URL_KEY_VARIABLE}_${name.toUpperCase().replaceAll('-', '_')}`;
  const base = readBase(address);
  const provider = PROVIDERS.get(name);
  if (provider === undefined) return { ...at({ ...STRANGER, name, keyVariable }, () => base), known: null };
  const [first] = provider.apis;
  // Another API of the same provider keeps its path when it is not where the first one is.
  const placed = at({ ...provider, keyVariable }, api =>
    api.base === first.base ? base : new URL(readBase(fill(api.base, name)).pathname, base.origin),
  );
  return { ...placed, known: provider };
}

function at(provider: Provider, address: (api: ProviderApi) => URL): Omit<ReadUpstream, 'known'> {
  const [first, ...others] = provider.apis;
  const placed = (api: ProviderApi): HttpApi => ({ ...api, base: address(api) });
  return { ...provider, apis: [placed(first), ...others.map(placed)] };
}

/** Puts the environment's variables into an address. */
function fill(base: string, name: string): string {
  return base.replace(/\{([A-Z_]+)\}/g, (_, variable: string) => {
    const value = process.env[variable];
    if (value === undefined || value === '')
      throw new UsageError(
        `--upstream ${name} needs the environment variable ${variable}: a part of its address.`,
      );
    return value.replace(/\/+$/, '');
  });
}

function readBase(text: string): URL {
  if (!URL.canParse(text)) {
    const names = [...PROVIDERS.keys()].join(', ');
    throw new UsageError(
      `--upstream takes a URL, <name>=<url> or one of: ${names}; "${text}" is none of these.`,
    );
  }
  const base = new URL(text);
  if (base.protocol !== 'http:' && base.protocol !== 'https:') {
    throw new UsageError(`--upstream takes an http or https URL, not ${base.protocol}`);
  }
  if (base.username !== '' || base.password !== '' || base.search !== '' || base.hash !== '') {
    throw new UsageError(
      `--upstream takes a URL without user, query or fragment; a key belongs in ${URL_KEY_VARIABLE}.`,
    );
  }
  return base;
}
