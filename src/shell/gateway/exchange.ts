/**
 * `POST` to a surface: from the request's bytes to an answer with a receipt.
 *
 * The body passes through unchanged in both directions; what happens beside it is reading, hashing, signing and keeping.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Surface } from '../../exchange/surface.js';
import type { Upstream, UpstreamRequest } from '../../exchange/upstream.js';
import { Failure } from '../../reason.js';
import { AnswerRelay } from './answer-relay.js';
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
    const upstream = chooseUpstream(context, facts.model);
    if (!upstream.serves(surface.name)) throw new Failure('request/surface-unsupported', { field: 'model' });
    learnNames(context, upstream, facts.model);
    record.sending(upstream, body.bytes);
    const relay = new AnswerRelay(context, surface, record, delivery);
    relay.start(upstream, upstreamRequest(surface, request, body.bytes));
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

/** The engine for its own model; for every other, the upstream that the operator named. */
function chooseUpstream({ upstreams, names }: GatewayContext, model: string | null): Upstream {
  const [engine, named] = upstreams;
  const chosen = engine !== undefined && model !== null && names.isListedBy(engine, model) ? engine : named;
  if (chosen === undefined) throw new Failure('request/model-unknown', { field: 'model' });
  return chosen;
}

/** An upstream whose list nobody has seen, because it was down for example, is asked for it beside the request. */
function learnNames(context: GatewayContext, upstream: Upstream, model: string | null): void {
  const { names, now } = context;
  const known = model !== null && names.isPublic(model);
  if (!known && names.claimsAsking(upstream, now())) void names.ask(upstream);
}

/** By what a client is told from others: its key, in the header where this API has it or else in the other. */
function credentials({ headers }: IncomingMessage, { keyHeader }: Surface): string {
  const key = headers[keyHeader] ?? headers.authorization ?? '';
  return typeof key === 'string' ? key : key.join();
}

/** What an upstream learns about the client: the body, how to answer it, and the client's own key. */
function upstreamRequest(
  { name, keyHeader, clientHeaders }: Surface,
  { headers }: IncomingMessage,
  body: Uint8Array,
): UpstreamRequest {
  const forwarded: Record<string, string> = {
    'content-type': headers['content-type'] ?? 'application/json',
    accept: headers.accept ?? '*/*',
  };
  for (const header of [...clientHeaders, 'user-agent']) {
    const value = headers[header];
    if (typeof value === 'string') forwarded[header] = value;
  }
  return { path: `/${name}`, method: 'POST', headers: forwarded, keyHeader, body };
}
