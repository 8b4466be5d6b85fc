/**
 * Web pages of other origins that the operator lets in: they may ask everything that a client may ask, and read the answers and the headers
 * that make them checkable. Source: the CORS protocol of the Fetch standard, and Private Network Access, without which a public page may not
 * ask a gateway on its own machine.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a page may read of an answer's head, beside what every page may. */
const EXPOSED = [
  'countersign-attempts',
  'countersign-cache',
  'countersign-cached-exchange',
  'countersign-exchange',
  'countersign-opening',
  'countersign-policy',
  'countersign-reason',
  'countersign-receipt',
  'countersign-receipt-digest',
  'countersign-upstream-exchange',
  'countersign-upstream-opening',
  'countersign-upstream-request-id',
  'link',
  'request-id',
  'retry-after',
  'x-ratelimit-limit-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
  'x-request-id',
].join(', ');

/** What a page may send in a head: names of headers, and not very many. */
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~, -]{1,2048}$/;

/** For how long a browser may remember what it may ask, in seconds; browsers have limits of their own. */
const REMEMBERED = 7200;

/**
 * An origin as browsers state it, or null for a text that is none. The opaque origin `null`, which every page can have, is none, and so is a
 * pattern.
 */
export function parseOrigin(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { origin, protocol } = new URL(text);
  const isWeb = protocol === 'https:' || protocol === 'http:' || protocol.endsWith('-extension:');
  return isWeb && origin === text && !text.includes('*') ? origin : null;
}

/** Lets a page read the answer to come. */
export function letRead(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('access-control-expose-headers', EXPOSED);
  response.setHeader('vary', 'Origin');
}

/** Answers what a browser asks before a page's request; returns false when the request is no such question. */
export function answerPreflight({ method, headers }: IncomingMessage, response: ServerResponse): boolean {
  if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false;
  const asked = headers['access-control-request-headers'] ?? '';
  if (HEADER_NAMES.test(asked)) response.setHeader('access-control-allow-headers', asked);
  if (headers['access-control-request-private-network'] === 'true')
    response.setHeader('access-control-allow-private-network', 'true');
  response
    .writeHead(204, {
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-max-age': String(REMEMBERED),
    })
    .end();
  return true;
}
