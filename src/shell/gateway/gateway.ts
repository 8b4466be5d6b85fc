/**
 * The gateway: a server of the APIs that clients know, whose every answer leaves with a receipt.
 *
 * It listens before it takes exchanges, so that witnesses can read a log that starts, without which it may never be witnessed.
 *
 * Clients and upstreams are not trusted. The log and the vault are the operator's own and are trusted to keep what they took; the
 * operator is not trusted at all, which is what the receipts are for.
 */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { OPENAI } from '../../exchange/openai/api.js';
import type { Api, RequestTarget, Surface } from '../../exchange/surface.js';
import { SURFACES, surfaceAt } from '../../exchange/surfaces.js';
import { Failure, type ReasonCode } from '../../reason.js';
import type { Observer } from '../../receipt/exchange-report.js';
import { explainBrokenRequests } from '../http/broken-requests.js';
import { answerPreflight, letRead } from '../http/cross-origin.js';
import { isLocalRequest, isLoopback } from '../http/guard.js';
import { oneAtATime } from '../http/one-at-a-time.js';
import { NumberedResponse } from '../http/request-id.js';
import { readTarget, type Target } from '../http/request-target.js';
import type { Routes } from '../http/server.js';
import { handleAttestation } from './attestation-route.js';
import { clientApi } from './client-api.js';
import { askedClosing, handleClosing } from './closings.js';
import { asFailure, type GatewayContext } from './context.js';
import { handleEvidence } from './evidence.js';
import { handleExchange } from './exchange.js';
import { askedModel, handleModel, handleModels } from './models.js';
import { type Readiness, readinessOf } from './readiness.js';
import { handleReceipt } from './receipts.js';
import { sendBody, sendFailure, sendJson } from './respond.js';
import { routeKindOf } from './route-kind.js';

export interface GatewayOptions {
  /** What the log shows and takes, under `/log/`; the gateway only mounts it. */
  readonly logRoutes: Routes;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** With what TLS ends here, in PEM; left out where nobody speaks TLS to this process. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** The most connections at a time. */
  readonly connections: number;
  /** The origins of web pages that may ask, beside the gateway's own. */
  readonly origins: ReadonlySet<string>;
  /** Told of faults of our own, without any content. */
  readonly onProblem: (message: string) => void;
  /** Told of every answer, when its head is written; left out where nobody wants to know. */
  readonly observer?: Observer;
  /** Whether what runs is what its configuration says now; left out where that cannot change. */
  readonly isConfigured?: () => boolean;
  /** How long running exchanges may take to end when it closes, in milliseconds; ten seconds when it is left out. */
  readonly closingTime?: number;
  /** The description of the API that `/openapi.json` gives; none where it is left out. */
  readonly description?: () => Promise<Uint8Array>;
}

/** {@link GatewayOptions.closingTime} */
const CLOSING_TIME = 10_000;
/** Between two looks for connections on which nothing runs any more, in milliseconds. */
const SWEEP = 20;
/** How long a client may take to send the head of a request, and all of it, in milliseconds; and how often that is looked at. */
const HEADERS_TIME = 20_000;
const REQUEST_TIME = 300_000;
const CHECKING_INTERVAL = 5000;
/** Connections that may wait for a process that is busy for a moment. */
const BACKLOG = 4096;

export class Gateway {
  /** Whether whoever balances traffic is to send it elsewhere. What comes all the same is served. */
  draining = false;
  readonly #options: GatewayOptions;
  readonly #server: Server;
  #origins: ReadonlySet<string>;
  /** What exchanges are made with; null before there may be any. */
  #context: GatewayContext | null = null;
  #closed: Promise<void> | null = null;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#origins = options.origins;
    const settings = {
      headersTimeout: HEADERS_TIME,
      requestTimeout: REQUEST_TIME,
      connectionsCheckingInterval: CHECKING_INTERVAL,
      keepAliveTimeout: 65_000,
      // Whoever is gone without a word is found out, also while nothing is sent to him.
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      // Handlers take what every server has.
      ServerResponse: NumberedResponse as unknown as typeof ServerResponse,
    };
    const listener = oneAtATime((request, response) => {
      this.#watch(request, response);
      this.#serve(request, response).catch((error: unknown) => this.#failed(request, response, error));
    });
    const { tls } = options;
    this.#server =
      tls === undefined
        ? createServer(settings, listener)
        : // It has all that a server without TLS has, and no type in common with it.
          (createTlsServer(
            { ...settings, cert: tls.certificate, key: tls.key },
            listener,
          ) as unknown as Server);
    explainBrokenRequests(this.#server, failure => ({
      type: 'application/json',
      body: OPENAI.failureBody(failure).body,
    }));
    this.#server.maxConnections = options.connections;
    // Those that wait for nothing make room for the next who comes.
    this.#server.on('drop', () => this.#server.closeIdleConnections());
  }

  /** Starts to listen; resolves to the address, such as `http://127.0.0.1:8787`. */
  async listen(): Promise<string> {
    const { host, port, tls } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host, backlog: BACKLOG }, resolve);
    });
    const { port: bound } = this.#server.address() as AddressInfo;
    return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  }

  /**
   * Takes exchanges from now on, and with another context from then on under that; until the first they are refused with `gateway/opening`. What runs
   * ends under the context that it began with.
   */
  admit(context: GatewayContext): void {
    this.#context = context;
  }

  /** What exchanges are made with now; null before there may be any. */
  get context(): GatewayContext | null {
    return this.#context;
  }

  /** Lets other web pages ask, and another number of clients at a time, from now on. */
  allow({ origins, connections }: Pick<GatewayOptions, 'origins' | 'connections'>): void {
    this.#origins = origins;
    this.#server.maxConnections = connections;
  }

  get readiness(): Readiness {
    return readinessOf(this.#context, this.draining);
  }

  /** Takes no new requests, lets running ones end, and ends those that do not as aborted. Once, however often it is called. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { closingTime = CLOSING_TIME } = this.#options;
    const active = this.#context?.active;
    if (active !== undefined) active.closing = true;
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const patience = setTimeout(() => this.#server.closeAllConnections(), closingTime);
    await active?.allEnded();
    // Again and again, because one that has just been answered is not idle yet.
    const sweep = setInterval(() => this.#server.closeIdleConnections(), SWEEP);
    await closed;
    clearInterval(sweep);
    clearTimeout(patience);
  }

  #watch({ url = '/' }: IncomingMessage, response: ServerResponse): void {
    const { observer } = this.#options;
    if (observer === undefined || !(response instanceof NumberedResponse)) return;
    response.whenHead((status, reason) =>
      observer.answered({
        request: response.requestId,
        route: routeKindOf(targetOf(url).pathname),
        status,
        reason,
      }),
    );
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host } = this.#options;
    const origins = this.#origins;
    if (isLoopback(host) && !isLocalRequest(request.headers, origins))
      throw new Failure('request/host-refused');
    const { origin } = request.headers;
    if (origin !== undefined && origins.has(origin)) {
      letRead(response, origin);
      if (answerPreflight(request, response)) return;
    }
    const { pathname: route, search } = readTarget(request.url ?? '/');
    if (route.startsWith('/log/')) {
      await this.#options.logRoutes.serve(request, response);
      return;
    }
    const query = search === '' ? NO_QUERY : new URLSearchParams(search);
    const asked = surfaceAt(route);
    if (asked === null && OF_KEPT_RESPONSE.test(`${request.method} ${route}`))
      throw new Failure('request/response-not-kept');
    const handler =
      asked === null
        ? this.#route(route, request, query, response)
        : () => this.#exchange(asked.surface, { model: asked.model, query }, request, response);
    if (handler === null)
      throw new Failure('request/route-unknown', { detail: 'the APIs are under /v1 and /v1beta' });
    const methods = asked === null ? ['GET', 'HEAD'] : ['POST'];
    if (!methods.includes(request.method ?? '')) {
      sendFailure(response, apiOf(request), new Failure('request/method-refused'), {
        allow: methods.join(', '),
      });
      return;
    }
    await handler();
  }

  /** What serves a path that is no surface's, or null where there is nothing. */
  #route(
    route: string,
    request: IncomingMessage,
    query: URLSearchParams,
    response: ServerResponse,
  ): (() => Promise<void> | void) | null {
    const receipt = /^\/v1\/receipts\/([^/]+)$/.exec(route);
    if (receipt !== null) return () => handleReceipt(this.#admitted, receipt[1] ?? '', query, response);
    const evidence = /^\/v1\/evidence\/([^/]+)$/.exec(route);
    if (evidence !== null) return () => handleEvidence(this.#admitted, evidence[1] ?? '', response);
    const closing = askedClosing(route);
    if (closing !== null) return () => handleClosing(this.#admitted, closing, request, response);
    const models = { api: clientApi(route, query, request.headers), request, query };
    const model = askedModel(route);
    if (model !== null) return () => handleModel(this.#admitted, model, models, response);
    switch (route) {
      case '/v1/attestation':
        return () => handleAttestation(this.#admitted, query, response);
      case '/v1/models':
      case '/v1beta/models':
        return () => handleModels(this.#admitted, models, response);
      case '/healthz':
        return () => sendJson(response, 200, { status: 'alive' });
      case '/readyz':
        return () => this.#sendReadiness(response);
      case '/openapi.json':
        return this.#description(response);
      case '/':
        return () => sendJson(response, 200, WELCOME);
      default:
        return null;
    }
  }

  async #exchange(
    surface: Surface,
    target: RequestTarget,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (this.#admitted.active.closing) throw new Failure('gateway/closing');
    await handleExchange(() => this.#admitted, surface, target, request, response);
  }

  get #admitted(): GatewayContext {
    if (this.#context === null) throw new Failure('gateway/opening');
    return this.#context;
  }

  #description(response: ServerResponse): (() => Promise<void>) | null {
    const { description } = this.#options;
    if (description === undefined) return null;
    return async () => sendBody(response, 200, { 'content-type': 'application/json' }, await description());
  }

  #sendReadiness(response: ServerResponse): void {
    const { ready, checks } = this.readiness;
    const configuration = (this.#options.isConfigured?.() ?? true) ? 'current' : 'refused';
    sendJson(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not-ready', checks, configuration });
  }

  #failed(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const failure = asFailure(this.#options, error);
    if (response.headersSent) response.destroy();
    else sendFailure(response, apiOf(request), failure, LATER[failure.code]);
  }
}

/** What else a client is told that has come too early, or too late for this process. */
const LATER: Partial<Record<ReasonCode, OutgoingHttpHeaders>> = {
  'gateway/opening': { 'retry-after': '1' },
  'gateway/closing': { 'retry-after': '1', connection: 'close' },
};

/** What OpenAI's clients ask of a response that has been given: itself, its removal, its end, its input. */
const OF_KEPT_RESPONSE =
  /^(?:(?:GET|HEAD|DELETE) \/v1\/responses\/[^/]+|POST \/v1\/responses\/[^/]+\/cancel|(?:GET|HEAD) \/v1\/responses\/[^/]+\/input_items)$/;

/** What a request without a query asks; nobody changes it. */
const NO_QUERY = new URLSearchParams();

/** Whose errors a client expects. */
function apiOf({ url = '/', headers }: IncomingMessage): Api {
  const { pathname, search } = targetOf(url);
  return clientApi(pathname, new URLSearchParams(search), headers);
}

/** One without a path for what is no target. */
function targetOf(url: string): Target {
  try {
    return readTarget(url);
  } catch {
    return { pathname: '', search: '' };
  }
}

const WELCOME = {
  name: 'countersign',
  paths: [
    ...SURFACES.flatMap(({ base, otherBases, path }) =>
      [base, ...otherBases].map(one => `POST ${one}${path}`),
    ),
    'GET /v1/models',
    'GET /v1/models/<model>',
    'GET /v1beta/models',
    'GET /v1beta/models/<model>',
    'GET /v1/receipts/<exchange>?wait=included|witnessed&format=cose',
    'GET /v1/evidence/<digest>',
    'GET /v1/attestation?nonce=<hex>',
    'GET /v1/closings/<epoch>',
    'GET /v1/closings/<epoch>/leaves',
    'GET /v1/closings/<epoch>/clients',
    'GET /v1/closings/<epoch>/<client>/<counter>',
    'POST /log/entries?wait=included|witnessed',
    'GET /log/checkpoint',
    'GET /log/tile/<level>/<index>',
    'GET /log/tile/entries/<index>',
    'GET /log/entries/<index>',
    'GET /log/retention',
    'GET /openapi.json',
    'GET /healthz',
    'GET /readyz',
  ],
};
