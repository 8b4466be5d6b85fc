/**
 * A small HTTP server for the machines of the network: witnesses, mirrors, a log's submissions. The gateway has its own.
 *
 * Clients are not trusted: every body has a limit, every request a time in which it must have arrived, and every large answer one in which
 * it must have been read; a connection has one request under way at a time; and on a loopback address only requests that were addressed
 * to one are answered. What a handler throws becomes one line of text with the status that the route says.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ByteCollector } from '../../bytes/collector.js';
import { Failure, type ReasonCode } from '../../reason.js';
import type { BodyBudget } from './body-budget.js';
import { explainBrokenRequests } from './broken-requests.js';
import { connectionLimit } from './connections.js';
import { isLocalRequest, isLoopback } from './guard.js';
import { oneAtATime } from './one-at-a-time.js';
import { NumberedResponse } from './request-id.js';
import { readTarget, type Target } from './request-target.js';
import { UnreadAnswers } from './unread-answers.js';

export interface HttpRequest {
  readonly method: string;
  /** Without the query, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** The body as it arrives, for routes that read it themselves. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** Aborts when the client goes away before its answer is whole. Made anew for each who asks. */
  readonly signal: AbortSignal;
  /**
   * Reads the whole body. Throws `request/too-large` when it is longer, `request/body-malformed` when it breaks off, and what the room says
   * when there is none.
   *
   * @param room from which its bytes are taken as they arrive; whoever has the body gives them back
   */
  body(limit: number, room?: BodyRoom): Promise<Uint8Array>;
}

/** What the bodies of several requests may hold together. */
export interface BodyRoom {
  readonly budget: BodyBudget;
  /** Why a body is refused that has no room any more. */
  readonly full: ReasonCode;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

export interface Route {
  /** GET includes HEAD. */
  readonly method: 'GET' | 'POST';
  /** The whole path, or a pattern whose groups are handed to `handle`. */
  readonly path: string | RegExp;
  handle(request: HttpRequest, ...groups: readonly string[]): Promise<HttpAnswer> | HttpAnswer;
}

export interface RoutesOptions {
  readonly routes: readonly Route[];
  /** The HTTP status of a failure; those that are not named are 500 and told to `onProblem`. */
  readonly statusOf: (code: ReasonCode) => number | undefined;
  /** Told, in a sentence, what an operator should look at. Never told what a client sent. */
  readonly onProblem: (message: string) => void;
  /** What large answers may hold, and for how long; left out for what suits a server that is the only one of its process. */
  readonly unread?: UnreadAnswers;
}

export interface HttpServerOptions extends RoutesOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** The most connections at a time; fewer where the process may not open many files. */
  readonly connections?: number;
}

/** How long a client may take to send a whole request, in milliseconds. */
const REQUEST_TIME = 60_000;
const DEFAULT_CONNECTIONS = 1024;
/** The most bytes of large answers that may be on their way at a time. */
const UNREAD_BYTES = 1 << 28;
/** How long a client may take to read a large answer, in milliseconds. */
const READING_TIME = 60_000;
/** How long running requests may take to end when the server closes, in milliseconds. */
const CLOSING_TIME = 5000;
/** How long a client may go on sending a body that nobody reads, so that it gets to read its answer, in milliseconds. */
const LINGERING_TIME = 1000;

export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #routes: Routes;
  readonly #server: Server;
  #closing = false;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#routes = new Routes(options);
    this.#server = createServer(
      {
        requestTimeout: REQUEST_TIME,
        keepAliveTimeout: 65_000,
        // Handlers take what every server has.
        ServerResponse: NumberedResponse as unknown as typeof ServerResponse,
      },
      oneAtATime((request, response) => {
        const isLocal = !isLoopback(options.host) || isLocalRequest(request.headers);
        void this.#routes.serve(request, response, isLocal, () => this.#closing);
      }),
    );
    explainBrokenRequests(this.#server, ({ message }) => ({
      type: TEXT['content-type'],
      body: `${message}\n`,
    }));
    this.#server.maxConnections = connectionLimit(options.connections ?? DEFAULT_CONNECTIONS);
  }

  /** Starts to listen; resolves to the address, such as `http://127.0.0.1:8787`. */
  async listen(): Promise<string> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    const { port: bound } = this.#server.address() as AddressInfo;
    return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  }

  /** Takes no new requests and lets running ones end. */
  async close(): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const patience = setTimeout(() => this.#server.closeAllConnections(), CLOSING_TIME);
    await closed;
    clearTimeout(patience);
  }
}

/** Answers requests by the route that they take, in whatever server. */
export class Routes {
  readonly #options: RoutesOptions;
  readonly #unread: UnreadAnswers;

  constructor(options: RoutesOptions) {
    this.#options = options;
    this.#unread = options.unread ?? new UnreadAnswers(UNREAD_BYTES, READING_TIME);
  }

  /**
   * @param isLocal whether the request may be answered as far as `Host` and `Origin` go
   * @param isLast asked when there is an answer: whether the connection ends with it
   */
  async serve(
    incoming: IncomingMessage,
    response: ServerResponse,
    isLocal = true,
    isLast: () => boolean = () => false,
  ): Promise<void> {
    let answer: HttpAnswer;
    try {
      if (!isLocal) throw new Failure('request/host-refused');
      answer = await this.#answer(incoming, response);
    } catch (error) {
      answer = this.#explain(error);
    }
    const headOnly = incoming.method === 'HEAD';
    if (!headOnly && !this.#unread.admit(response, lengthOf(answer.body)))
      answer = this.#explain(new Failure('server/busy'));
    // What was not read of a body would stand before the next request on this connection.
    const isRead = incoming.complete;
    send(response, answer, headOnly, isLast() || !isRead);
    if (!isRead) linger(incoming);
  }

  #answer(incoming: IncomingMessage, response: ServerResponse): Promise<HttpAnswer> | HttpAnswer {
    const target = readTarget(incoming.url ?? '/');
    const method = incoming.method === 'HEAD' ? 'GET' : (incoming.method ?? '');
    const allowed: string[] = [];
    for (const route of this.#options.routes) {
      const groups = match(route.path, target.pathname);
      if (groups === null) continue;
      if (route.method !== method) {
        allowed.push(...(route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]));
        continue;
      }
      return route.handle(new RoutedRequest(incoming, response, method, target), ...groups);
    }
    if (allowed.length === 0) throw new Failure('request/route-unknown');
    const refusal = explained(405, new Failure('request/method-refused'));
    return { ...refusal, headers: { ...refusal.headers, allow: allowed.join(', ') } };
  }

  #explain(error: unknown): HttpAnswer {
    const status =
      error instanceof Failure ? (STATUS.get(error.code) ?? this.#options.statusOf(error.code)) : undefined;
    if (status === undefined) {
      this.#options.onProblem(error instanceof Error ? error.message : String(error));
      return text(500, 'Something went wrong here; the operator has been told.');
    }
    return explained(status, error as Failure);
  }
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };

/** One line for a person. */
export function text(status: number, line: string): HttpAnswer {
  return { status, headers: TEXT, body: `${line}\n` };
}

/** A failure in one line, with its code in a header. Who came at a bad time is told to come again. */
function explained(status: number, { code, message }: Failure): HttpAnswer {
  const later = status === 429 || status === 503 ? { 'retry-after': '1' } : {};
  return { ...text(status, message), headers: { ...TEXT, ...later, 'countersign-reason': code } };
}

/** What every route may fail with. */
const STATUS: ReadonlyMap<ReasonCode, number> = new Map<ReasonCode, number>([
  ['request/host-refused', 403],
  ['request/route-unknown', 404],
  ['request/too-large', 413],
  ['request/body-malformed', 400],
  ['server/busy', 503],
]);

/** What a route is given: each part is made for those alone who ask for it. */
class RoutedRequest implements HttpRequest {
  readonly method: string;
  readonly #incoming: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #target: Target;

  constructor(incoming: IncomingMessage, response: ServerResponse, method: string, target: Target) {
    this.method = method;
    this.#incoming = incoming;
    this.#response = response;
    this.#target = target;
  }

  get path(): string {
    return this.#target.pathname;
  }

  get query(): URLSearchParams {
    return new URLSearchParams(this.#target.search);
  }

  get headers(): IncomingMessage['headers'] {
    return this.#incoming.headers;
  }

  get stream(): AsyncIterable<Uint8Array> {
    return this.#incoming;
  }

  get signal(): AbortSignal {
    return signalOf(this.#response);
  }

  body(limit: number, room: BodyRoom | null = null): Promise<Uint8Array> {
    return readWhole(this.#incoming, limit, room);
  }
}

function signalOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  if (response.destroyed) gone.abort();
  else
    response.once('close', () => {
      // Aborting costs more than answering, and nobody waits any more.
      if (!response.writableFinished) gone.abort();
    });
  return gone.signal;
}

function match(path: string | RegExp, pathname: string): readonly string[] | null {
  if (typeof path === 'string') return path === pathname ? [] : null;
  return path.exec(pathname)?.slice(1) ?? null;
}

/** By events, since an iterator costs more than all the rest of a short request. */
function readWhole(incoming: IncomingMessage, limit: number, room: BodyRoom | null): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const stated = Number(incoming.headers['content-length'] ?? 0);
    if (stated > limit) throw new Failure('request/too-large');
    let whole: Uint8Array | null = null;
    let taken = 0;
    const parts = new ByteCollector();
    const refuse = (failure: Failure) => {
      // The rest waits until the answer has been sent.
      incoming.off('data', take).pause();
      room?.budget.give(taken);
      taken = 0;
      reject(failure);
    };
    const take = (chunk: Uint8Array) => {
      if (parts.length + chunk.length > limit) return refuse(new Failure('request/too-large'));
      if (room?.budget.take(chunk.length, taken) === false) return refuse(new Failure(room.full));
      taken += chunk.length;
      // A short body comes in one part, which needs no copy.
      if (chunk.length === stated) whole = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
      else parts.add(chunk);
    };
    const breakOff = () => {
      if (incoming.readableEnded) return;
      refuse(new Failure('request/body-malformed', { detail: 'it broke off' }));
    };
    // The client has gone already: there will be no event.
    if (incoming.destroyed) breakOff();
    incoming.on('data', take).once('error', breakOff).once('close', breakOff);
    incoming.once('end', () => resolve(whole ?? parts.bytes));
  });
}

function send(
  response: ServerResponse,
  { status, headers = {}, body }: HttpAnswer,
  headOnly: boolean,
  isLast: boolean,
): void {
  const fields: (string | number)[] = ['content-length', lengthOf(body)];
  for (const name in headers) fields.push(name, headers[name] as string);
  if (isLast) fields.push('connection', 'close');
  // Text leaves in one piece with the head.
  response.writeHead(status, fields as string[]).end(headOnly ? undefined : body);
}

function lengthOf(body: HttpAnswer['body']): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}

/** Lets a client finish for a while what it is sending: one that is cut off at once may never see the answer. */
function linger(incoming: IncomingMessage): void {
  const patience = setTimeout(() => incoming.destroy(), LINGERING_TIME);
  incoming.once('close', () => clearTimeout(patience));
  incoming.resume();
}
