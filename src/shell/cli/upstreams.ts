/** The upstreams that can be named, as data; everything else is the base URL of an OpenAI-compatible API. */
import { HttpUpstream, type Timeouts } from '../gateway/http-upstream.js';
import { UsageError } from './exit-code.js';

interface NamedUpstream {
  readonly base: string;
  /** The environment variable that may hold the gateway's key there. */
  readonly keyVariable: string;
}

const NAMED: ReadonlyMap<string, NamedUpstream> = new Map([
  ['openai', { base: 'https://api.openai.com/v1', keyVariable: 'OPENAI_API_KEY' }],
]);

/** A key for an upstream that was given by its URL has a variable of its own, so that no provider's key goes to a stranger. */
const URL_KEY_VARIABLE = 'COUNTERSIGN_UPSTREAM_KEY';

/** The upstream that `--upstream` names: a known name or an http(s) URL. Throws a usage error. */
export function openUpstream(text: string, timeouts: Timeouts): HttpUpstream {
  const named = NAMED.get(text);
  const base = readBase(named?.base ?? text);
  const key = process.env[named?.keyVariable ?? URL_KEY_VARIABLE] || null;
  return new HttpUpstream({ name: named === undefined ? base.host : text, base, key, timeouts });
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
