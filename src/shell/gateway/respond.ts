/** Writing answers: headers that are always there, and errors in the shape that the API of the path has for them. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Api } from '../../exchange/surface.js';
import type { Failure } from '../../reason.js';

/** What an upstream's answer may tell the client; whatever else it sends ends here, its cookies and anything that looks like ours included. */
const FORWARDED =
  /^(?:content-type|retry-after|retry-after-ms|x-request-id|x-should-retry|x-ratelimit-[a-z-]+|openai-[a-z-]+|request-id|anthropic-[a-z-]+)$/;

/** The gateway has an id of its own for the request. */
const RENAMED: ReadonlyMap<string, string> = new Map([['x-request-id', 'countersign-upstream-request-id']]);

/** What may stand in a header's value everywhere; an upstream's other characters would make our own answer fail. */
const SENDABLE = /^[\t\x20-\x7e]*$/;

export function forwardedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const forwarded: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name] as string;
    if (FORWARDED.test(name) && SENDABLE.test(value)) forwarded[RENAMED.get(name) ?? name] = value;
  }
  return forwarded;
}

export function sendBody(
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  body: Uint8Array,
): void {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(body);
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = Buffer.from(JSON.stringify(value));
  sendBody(
    response,
    status,
    { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body,
  );
}

/** An error that belongs to no exchange, and so has no receipt. */
export function sendFailure(
  response: ServerResponse,
  api: Api,
  failure: Failure,
  headers: OutgoingHttpHeaders = {},
): void {
  const { status, body } = api.failureBody(failure);
  sendBody(
    response,
    status,
    { 'content-type': 'application/json', 'countersign-reason': failure.code, ...headers },
    body,
  );
}
