/**
 * `POST` to a surface: from the request's bytes to an answer with a receipt.
 *
 * The body passes through unchanged in both directions, unless something is to be taken out of it or a host speaks another API; what happens beside it is
 * reading, hashing, signing and keeping.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Holder, Refusal } from '../../economy/admission.js';
import type { Api, RequestFacts, RequestTarget, Surface } from '../../exchange/surface.js';
import { Failure } from '../../reason.js';
import { isNonce, NONCE_HEADER } from '../../receipt/nonce.js';
import { formatTraceparent, type TraceContext } from '../../receipt/trace-context.js';
import { requestIdOf } from '../http/request-id.js';
import { Attempts } from './attempts.js';
import { mayBeAttested } from './attestation/standing.js';
import { type Asked, isCacheable } from './cache/cache-key.js';
import { Caching } from './cache/caching.js';
import { keyIn } from './client-key.js';
import { asFailure, type GatewayContext } from './context.js';
import { Delivery } from './delivery.js';
import { ExchangeRecord } from './exchange-record.js';
import type { ClientRequest } from './outgoing.js';
import { pickHeaders } from './pick-headers.js';
import { PolicyRun } from './policy/policy-run.js';
import { hasPrice, requestOf } from './pricing.js';
import { type AcceptableBody, discardRest, readBody } from './read-body.js';
import { redact } from './redaction/redaction.js';
import type { AskedBy } from './report-exchange.js';
import { sendFailure } from './respond.js';
import type { Route } from './routing/route.js';

/** Requests of fewer bytes, as nearly all are, wait for no turn once they are there. */
const AT_ONCE = 1 << 16;

/** `present`: what exchanges are made with at the time. */
export async function handleExchange(
  present: () => GatewayContext,
  surface: Surface,
  target: RequestTarget,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const context = present();
  const { log, epochs } = context;
  if (!log.writable || !epochs.writable) {
    sendFailure(
      response,
      surface,
      new Failure(log.writable ? 'epoch/journal-unavailable' : 'log/unavailable'),
    );
    return;
  }
  const received = context.now();
  // Until its number is noted, or it is clear that it gets none.
  const arriving = epochs.horizon.hold(received);
  try {
    await readAndAccept(present, surface, target, request, response, received);
  } finally {
    arriving.release();
  }
}

async function readAndAccept(
  present: () => GatewayContext,
  surface: Surface,
  target: RequestTarget,
  request: IncomingMessage,
  response: ServerResponse,
  received: number,
): Promise<void> {
  const context = present();
  const { limits, bodies, turns } = context;
  const credentials = credentialsOf(surface, request, target.query);
  const asking = identify(context, credentials);
  if (asking instanceof Failure) {
    // Nothing is accepted from somebody whom nobody knows, and nothing is read of what he sends.
    sendFailure(response, surface, asking, { connection: 'close' });
    discardRest(request);
    return;
  }
  const body = await readBody(request, limits.requestBytes, bodies, turns);
  // A client that left before its request was whole has asked for nothing, and nothing has been accepted.
  if (body.kind === 'gone') return;
  if (body.kind === 'busy') {
    sendFailure(response, surface, new Failure('gateway/busy'), { connection: 'close', 'retry-after': '1' });
    return;
  }
  const { length } = body.bytes;
  const proceed = () => {
    // A client that has left meanwhile might as well have left before.
    if (response.destroyed) bodies.give(length);
    // A slow client's request may have come to its end under other settings than it began with, whose upstreams are closed.
    else acceptAndAnswer(present(), surface, target, request, response, body, asking, received);
  };
  if (length < AT_ONCE) proceed();
  else await turns.perform(proceed);
}

/** From here on there is a receipt, whatever happens. */
function acceptAndAnswer(
  context: GatewayContext,
  surface: Surface,
  target: RequestTarget,
  request: IncomingMessage,
  response: ServerResponse,
  body: AcceptableBody,
  asking: Asking,
  received: number,
): void {
  const { client, holder, credentials } = asking;
  const given = request.headers[NONCE_HEADER];
  const nonce = typeof given === 'string' && isNonce(given) ? given : null;
  const record = accept(context, surface, client, body, nonce, received);
  const askedBy = askedByOf(context, request, response);
  const delivery = new Delivery(context, surface, record, request, response, askedBy);
  try {
    if (body.kind === 'too-large')
      throw new Failure('request/too-large', { detail: `over ${context.limits.requestBytes} bytes` });
    if (isEncoded(request)) throw new Failure('request/encoded');
    if (given !== undefined && nonce === null) throw new Failure('request/nonce-malformed');
    const facts = surface.readRequest(body.bytes, request.headers['content-type'] ?? '', target);
    record.understood(facts);
    const wanted = context.routing.route(facts.model, surface.name);
    const route = permitted(context, surface, record, facts, holder, wanted);
    if (holder !== null) {
      const asked = requestOf(context.pricing, surface, facts, route, body.bytes.length);
      record.admitted(context.admission.admit(holder, asked, received));
    }
    const caching = cachingOf(context, asking, record, {
      ...{ surface, target, route },
      headers: request.headers,
      body: body.bytes,
    });
    if (caching?.answers(record, delivery) === true) return;
    caching?.keepsAnswerOf(record, delivery);
    const contentType = request.headers['content-type'] ?? 'application/json';
    const rules = record.run?.redaction ?? null;
    const redaction =
      rules === null
        ? null
        : redact(rules, { surface, facts, body: body.bytes, contentType }, context.onProblem);
    if (redaction !== null && redaction.body !== body.bytes) delivery.holdRequest(redaction.body.length);
    const sent: ClientRequest = {
      surface,
      facts,
      query: target.query,
      body: redaction?.body ?? body.bytes,
      redaction,
      contentType,
      headers: forwarded(surface, request, context.propagates ? askedBy.trace : null),
      received: request.headers,
      credentials,
    };
    start(new Attempts(context, record, delivery, sent, route), delivery);
  } catch (error) {
    const failure = asFailure(context, error);
    // A fault of ours is no refusal, and must not read as an upstream's answer.
    if (failure.code === 'gateway/fault' || failure.code === 'redaction/failed') delivery.failWith(failure);
    else delivery.refuse(failure, failure instanceof Refusal ? { ...failure.headers } : {});
  }
}

/** The part of a route that the policy lets be asked. Throws a code of `clause/…` where it is none. */
function permitted(
  { pricing }: GatewayContext,
  surface: Surface,
  record: ExchangeRecord,
  facts: RequestFacts,
  holder: Holder | null,
  wanted: Route,
): Route {
  if (record.policy.rules === null) return wanted;
  const run = PolicyRun.begin(record.policy, holder, facts.model, wanted, target => {
    const asked = target.model ?? facts.model;
    return {
      asked,
      digest: asked === null ? null : target.upstream.modelDigest(asked),
      isPriced: hasPrice(pricing, surface, facts, target),
      // Where it is not known yet, it is before the target is chosen.
      isAttested: mayBeAttested(target.upstream),
    };
  });
  if (run === null) return wanted;
  record.underRule(run);
  const narrowed = run.narrow(wanted);
  for (const one of narrowed.passedOver) record.passedOver(one);
  if (narrowed.refused !== undefined) throw narrowed.refused;
  return narrowed.route;
}

/**
 * Null where no answer is given again: there is no cache, nobody says who he is and so might be given the answer of another, or the policy has answers
 * checked, which an answer that nobody gives cannot be.
 */
function cachingOf(
  { cache }: GatewayContext,
  { client: name, credentials }: Asking,
  { client, policy, run }: ExchangeRecord,
  asked: Omit<Asked, 'client' | 'policy'>,
): Caching | null {
  if (cache === null || cache === undefined || name === '' || !isCacheable(asked.surface)) return null;
  // Who shows two keys is known here by the first, and may be known to the upstream by the other.
  if (Object.keys(credentials).length > 1) return null;
  if (run?.checksAnswers === true) return null;
  return new Caching(cache, { ...asked, client, policy: run?.clause ?? policy.reference });
}

/** Who asks. */
interface Asking {
  /** By which the issuer tells a client from others. */
  readonly client: string;
  /** Null where the gateway has no keys. */
  readonly holder: Holder | null;
  /** What an upstream may be asked with that the gateway has no key for. */
  readonly credentials: Readonly<Record<string, string>>;
}

/** By its own key at the upstream, or by the one that it has from this gateway, which is for no upstream to see. */
function identify(context: GatewayContext, credentials: Readonly<Record<string, string>>): Asking | Failure {
  try {
    const holder = context.admission.identify(keyIn(credentials), context.now());
    if (holder !== null) return { client: holder.client, holder, credentials: {} };
  } catch (error) {
    return asFailure(context, error);
  }
  const [client = ''] = Object.values(credentials);
  return { client, holder: null, credentials };
}

/** Whether the body is something else than what it is sent as; nobody takes an encoding off here, and others on the way may. */
function isEncoded({ headers }: IncomingMessage): boolean {
  const transfer = headers['transfer-encoding'] ?? 'chunked';
  return headers['content-encoding'] !== undefined || transfer.toLowerCase() !== 'chunked';
}

/** Accepts a request. When that fails, as when the log has just failed, its bytes are let go of here. */
function accept(
  context: GatewayContext,
  surface: Surface,
  credentials: string,
  { kind, bytes }: AcceptableBody,
  nonce: string | null,
  received: number,
): ExchangeRecord {
  try {
    return new ExchangeRecord(context, surface, credentials, bytes, kind === 'whole', nonce, received);
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

/** The client's own key, by the header in which an upstream takes it; the first is the one that counts. */
export function credentialsOf(
  { keyHeaders, keyQuery }: Api,
  { headers }: IncomingMessage,
  query: URLSearchParams,
): Readonly<Record<string, string>> {
  const given = pickHeaders(headers, keyHeaders);
  const [usual] = keyHeaders;
  // A key in an address goes on in a header: addresses are written into many logs.
  const asked = keyQuery === null ? null : query.get(keyQuery);
  return asked === null || usual in given ? given : { [usual]: asked, ...given };
}

function askedByOf(
  { observer }: GatewayContext,
  { headers }: IncomingMessage,
  response: ServerResponse,
): AskedBy {
  const given = headers.traceparent;
  return {
    request: requestIdOf(response),
    trace: observer?.trace(typeof given === 'string' ? given : undefined) ?? null,
  };
}

/** What an upstream may learn about the client beside the body: how to answer it, and as a part of which trace where it is told of that. */
function forwarded(
  { clientHeaders, requestBody }: Surface,
  { headers }: IncomingMessage,
  trace: TraceContext | null,
): Record<string, string> {
  // It has been read as UTF-8: under another charset an upstream would read another request than the receipt is of.
  const contentType = requestBody === 'form' ? headers['content-type'] : undefined;
  return {
    ...(trace === null ? {} : { traceparent: formatTraceparent(trace) }),
    'content-type': contentType ?? 'application/json',
    accept: headers.accept ?? '*/*',
    ...pickHeaders(headers, [...clientHeaders, 'user-agent']),
  };
}
