/** Whose API a client speaks, where the path alone does not say: models are under one path for clients of three, and a wrong path is nobody's. */
import type { IncomingHttpHeaders } from 'node:http';
import { ANTHROPIC } from '../../exchange/anthropic/api.js';
import { GEMINI } from '../../exchange/gemini/api.js';
import { OPENAI } from '../../exchange/openai/api.js';
import type { Api } from '../../exchange/surface.js';
import { surfaceAt } from '../../exchange/surfaces.js';
import { routeKindOf } from './route-kind.js';

/** Paths that are in one API alone, with everything below them. */
const OF_ONE: readonly (readonly [string, Api])[] = [
  [GEMINI.base, GEMINI],
  [`${ANTHROPIC.base}/messages`, ANTHROPIC],
];

/** What only the clients of an API send. */
const SENT_BY: readonly (readonly [string, Api])[] = [
  ['anthropic-version', ANTHROPIC],
  ['x-goog-api-key', GEMINI],
  ['x-goog-api-client', GEMINI],
];

/** OpenAI's, where nothing says otherwise. `path`: percent-encoded, without the query. */
export function clientApi(path: string, query: URLSearchParams, headers: IncomingHttpHeaders): Api {
  const surface = surfaceAt(path)?.surface;
  if (surface !== undefined) return surface;
  const ofOne = OF_ONE.find(([base]) => path === base || path.startsWith(`${base}/`));
  if (ofOne !== undefined) return ofOne[1];
  // Receipts and whatever else is the gateway's own have one form for everybody.
  const kind = routeKindOf(path);
  if (kind !== 'models' && kind !== 'unknown') return OPENAI;
  const sent = SENT_BY.find(([name]) => headers[name] !== undefined);
  if (sent !== undefined) return sent[1];
  return GEMINI.keyQuery !== null && query.has(GEMINI.keyQuery) ? GEMINI : OPENAI;
}
