/** The upstreams that can be named, as data; everything else is the base URL of an OpenAI-compatible API. */
import type { HttpUpstream } from '../gateway/http-upstream.js';
import type { Timeouts } from '../gateway/timeouts.js';
import { UsageError } from './exit-code.js';

interface NamedUpstream {
  readonly base: string;
  /** The environment variable that may hold the gateway's key there. */
  readonly keyVariable: string;
  /** Names of models that everybody knows; any other of its models may be somebody's own. */
  readonly publicModels: RegExp;
}

const NAMED: ReadonlyMap<string, NamedUpstream> = new Map([
  [
    'openai',
    {
      base: 'https://api.openai.com/v1',
      keyVariable: 'OPENAI_API_KEY',
      publicModels: /^(?:gpt|chatgpt|codex|davinci|babbage|o[0-9])[a-z0-9.-]{0,60}$/,
    },
  ],
]);

/** A key for an upstream that was given by its URL has a variable of its own, so that no provider's key goes to a stranger. */
const URL_KEY_VARIABLE = 'COUNTERSIGN_UPSTREAM_KEY';

export interface OpenedUpstream {
  readonly upstream: HttpUpstream;
  readonly publicModels: RegExp | null;
}

/** The upstream that `--upstream` names: a known name or an http(s) URL. Throws a usage error. */
export async function openUpstream(text: string, timeouts: Timeouts): Promise<OpenedUpstream> {
  const named = NAMED.get(text);
  const base = readBase(named?.base ?? text);
  const key = process.env[named?.keyVariable ?? URL_KEY_VARIABLE] || null;
  // A gateway without one starts without what it would be asked with.
  const { HttpUpstream } = await import('../gateway/http-upstream.js');
  const upstream = new HttpUpstream({ name: named === undefined ? base.host : text, base, key, timeouts });
  return { upstream, publicModels: named?.publicModels ?? null };
}

function readBase(text: string): URL {
  const names = [...NAMED.keys()].join(', ');
  if (!URL.canParse(text))
    throw new UsageError(`--upstream takes a URL or one of: ${names}; "${text}" is neither.`);
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
