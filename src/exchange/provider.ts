/** A provider, as data: where its APIs are, how it takes a key, and how it says that it is overloaded. */
import type { ChatWords } from './chat-words.js';
import type { KeyHeader } from './key-header.js';
import type { ModelListing } from './model-list.js';
import type { Dialect, SurfaceName } from './surface-names.js';

/** One API of a provider; a provider may have several beside each other, in different dialects. */
export interface ProviderApi {
  readonly dialect: Dialect;
  /**
   * The API's base, its version included. `{NAME}` stands for an environment variable: part of an address that each customer has for
   * himself.
   */
  readonly base: string;
  readonly keyHeader: KeyHeader;
  /** The surfaces that this API has. */
  readonly surfaces: readonly SurfaceName[];
  /** Headers that the API insists on, for a client that sent none such. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Provider {
  /** As in `--upstream openai`, and in front of a model's name: `openai/gpt-4o`. */
  readonly name: string;
  /** The first one lists the models. All have one origin. */
  readonly apis: readonly [ProviderApi, ...ProviderApi[]];
  /** The environment variable that may hold the gateway's key; null for a server that takes none. */
  readonly keyVariable: string | null;
  /** How it lists its models; null where it does not. */
  readonly listing: ModelListing | null;
  /** The names of its models that everybody knows, by their form; any other of its models may be somebody's own. Null where no form tells. */
  readonly publicModels: RegExp | null;
  /** The form that tells a key of its own from everybody else's; left out where none does. */
  readonly keyForm?: RegExp;
  /** Headers of clients that mean something to it beside those of its APIs; lower case. */
  readonly clientHeaders?: readonly string[];
  /** In which words a translation asks its chat completions; OpenAI's where there are none. */
  readonly chatWords?: ChatWords;
  /** Whether it gives receipts of its own, as another gateway does. */
  readonly givesReceipts?: boolean;
  /** HTTP statuses of its own that say, beside the usual ones, that the same request may fare better a little later. */
  readonly transient?: readonly number[];
}

/** The statuses that say so everywhere (RFC 9110 §15, RFC 6585 §4). */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export function isTransientStatus(status: number, { transient }: Pick<Provider, 'transient'>): boolean {
  return TRANSIENT.has(status) || (transient?.includes(status) ?? false);
}
