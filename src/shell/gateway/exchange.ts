/**
 * `POST` to a surface: from the request's bytes to an answer with a receipt.
 *
 * The body passes through unchanged in both directions; what happens beside it is reading, hashing, signing and keeping.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { RequestFacts, Surface } from '../../exchange/surface.js';
import { Failure } from '../../reason.js';
import { Attempts, type ClientRequest } from './attempts.js';
import { asFailure, type GatewayContext } from './context.js';
import { Delivery } from './delivery.js';
import { ExchangeRecord } from './exchange-record.js';
import { readBody } from './read-body.js';
import { sendFailure } from './respond.js';

export async function handleExchange(
  context: GatewayContext,
  surface: Surface,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!context.log.writable) {
    sendFailure(response, surface, new Failure('log/unavailable'));
    return;
  }
  const received = context.now();
  const body = await readBody(request, context.limits.requestBytes, context.bodies);
  // A client that left before its request was whole has asked for nothing, and nothing has been accepted.
  if (body.kind === 'gone') return;
  if (body.kind === 'busy') {
    sendFailure(response, surface, new Failure('gateway/busy'), { connection: 'close', 'retry-after': '1' });
    return;
  }

  const record = accept(context, surface, credentials(request, surface), body, received);
  const delivery = new Delivery(context, surface, record, request, response);
  try {
    if (body.kind === 'too-large')
      throw new Failure('request/too-large', { detail: `over ${context.limits.requestBytes} bytes` });
    if (request.headers['content-encoding'] !== undefined) throw new Failure('request/encoded');
    const facts = surface.readRequest(body.bytes, request.headers['content-type'] ?? '');
    record.understood(facts);
    const route = context.routing.route(facts.model);
    const sent = clientRequest(surface, request, facts, body.bytes);
    start(new Attempts(context, surface, record, delivery, sent, route), delivery);
  } catch (error) {
    const failure = asFailure(context, error);
    // A fault of ours is no refusal, and must not read as an upstream's answer.
    if (failure.code === 'gateway/fault') delivery.failWith(failure);
    else delivery.refuse(failure);
  }
}

/** Accepts a request. When that fails, as when the log has just failed, its bytes are let go of here. */
function accept(
  context: GatewayContext,
  surface: Surface,
  credentials: string,
  { kind, bytes }: { kind: 'whole' | 'too-large'; bytes: Uint8Array },
  received: number,
): ExchangeRecord {
  try {
    return new ExchangeRecord(context, surface, credentials, bytes, kind === 'whole', received);
  } catch (error) {
    context.bodies.give(bytes.length);
    throw error;
  }
}

function start(attempts: Attempts, delivery: Delivery): void {
  try {
    attempts.start();
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'upstream/circuit-open')) throw error;
    delivery.refuse(error, { 'retry-after': String(attempts.retryAfter) });
  }
}

/** By what a client is told from others: its key, in the first of the headers in which this API takes one. */
function credentials({ headers }: IncomingMessage, { keyHeaders }: Surface): string {
  const [key = ''] = Object.values(pick(headers, keyHeaders));
  return key;
}

/** What an upstream may learn about the client: the body, how to answer it, and apart from that the client's own key. */
function clientRequest(
  { keyHeaders, clientHeaders }: Surface,
  { headers }: IncomingMessage,
  facts: RequestFacts,
  body: Uint8Array,
): ClientRequest {
  const contentType = headers['content-type'] ?? 'application/json';
  const forwarded: Record<string, string> = {
    'content-type': contentType,
    accept: headers.accept ?? '*/*',
    ...pick(headers, [...clientHeaders, 'user-agent']),
  };
  return { facts, body, contentType, headers: forwarded, credentials: pick(headers, keyHeaders) };
}

export function pick(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name];
    if (typeof value === 'string') picked[name] = value;
  }
  return picked;
}
