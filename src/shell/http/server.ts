/**
 * A small HTTP server for the machines of the network: witnesses, mirrors, a log's submissions. The gateway has its own.
 *
 * Clients are not trusted: every body has a limit, every request a time in which it must have arrived, and on a loopback address only
 * requests that were addressed to one are answered. What a handler throws becomes one line of text with the status that the route says.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ByteCollector } from '../../bytes/collector.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { isLocalRequest, isLoopback } from './guard.js';

export interface HttpRequest {
  readonly method: string;
  /** Without the query, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** The body as it arrives, for routes that read it themselves. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** Reads the whole body. Throws `request/too-large` when it is longer, and `request/body-malformed` when it breaks off. */
  body(limit: number): Promise<Uint8Array>;
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

export interface HttpServerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly routes: readonly Route[];
  /** The HTTP status of a failure; those that are not named are 500 and told to `onProblem`. */
  readonly statusOf: (code: ReasonCode) => number | undefined;
  /** Told, in a sentence, what an operator should look at. Never told what a client sent. */
  readonly onProblem: (message: string) => void;
  /** The most connections at a time. */
  readonly connections?: number;
}

/** How long a client may take to send a whole request, in milliseconds. */
const REQUEST_TIME = 60_000;
const DEFAULT_CONNECTIONS = 1024;
/** How long running requests may take to end when the server closes, in milliseconds. */
const CLOSING_TIME = 5000;

export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: Server;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#server = createServer(
      { requestTimeout: REQUEST_TIME, keepAliveTimeout: 65_000 },
      (request, response) => {
        void this.#serve(request, response);
      },
    );
    this.#server.maxConnections = options.connections ?? DEFAULT_CONNECTIONS;
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
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const patience = setTimeout(() => this.#server.closeAllConnections(), CLOSING_TIME);
    await closed;
    clearTimeout(patience);
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    let answer: HttpAnswer;
    try {
      answer = await this.#answer(incoming, gone.signal);
    } catch (error) {
      answer = this.#explain(error);
    }
    send(response, answer, incoming.method === 'HEAD');
    // What was not read of a body would stand before the next request on this connection.
    if (!incoming.complete) incoming.resume();
  }

  async #answer(incoming: IncomingMessage, signal: AbortSignal): Promise<HttpAnswer> {
    if (isLoopback(this.#options.host) && !isLocalRequest(incoming.headers))
      throw new Failure('request/host-refused');
    const target = incoming.url ?? '/';
    if (!URL.canParse(target, BASE)) throw new Failure('request/route-unknown');
    const { pathname, searchParams } = new URL(target, BASE);
    const method = incoming.method === 'HEAD' ? 'GET' : (incoming.method ?? '');
    let isKnown = false;
    for (const route of this.#options.routes) {
      const groups = match(route.path, pathname);
      if (groups === null) continue;
      isKnown = true;
      if (route.method !== method) continue;
      const request: HttpRequest = {
        method,
        path: pathname,
        query: searchParams,
        headers: incoming.headers,
        stream: incoming,
        signal,
        body: limit => readWhole(incoming, limit),
      };
      return route.handle(request, ...groups);
    }
    throw new Failure(isKnown ? 'request/method-refused' : 'request/route-unknown');
  }

  #explain(error: unknown): HttpAnswer {
    const status =
      error instanceof Failure ? (STATUS.get(error.code) ?? this.#options.statusOf(error.code)) : undefined;
    if (status === undefined) {
      this.#options.onProblem(error instanceof Error ? error.message : String(error));
      return text(500, 'Something went wrong here; the operator has been told.');
    }
    const { code, message } = error as Failure;
    return { ...text(status, message), headers: { ...TEXT, 'countersign-reason': code } };
  }
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };

/** One line for a person. */
export function text(status: number, line: string): HttpAnswer {
  return { status, headers: TEXT, body: `${line}\n` };
}

/** What every route may fail with. */
const STATUS: ReadonlyMap<ReasonCode, number> = new Map<ReasonCode, number>([
  ['request/host-refused', 403],
  ['request/route-unknown', 404],
  ['request/method-refused', 405],
  ['request/too-large', 413],
  ['request/body-malformed', 400],
]);

/** Only the path and the query of a request's target count. */
const BASE = 'http://server.invalid';

function match(path: string | RegExp, pathname: string): readonly string[] | null {
  if (typeof path === 'string') return path === pathname ? [] : null;
  return path.exec(pathname)?.slice(1) ?? null;
}

async function readWhole(incoming: IncomingMessage, limit: number): Promise<Uint8Array> {
  if (Number(incoming.headers['content-length'] ?? 0) > limit) throw new Failure('request/too-large');
  const body = new ByteCollector();
  try {
    for await (const chunk of incoming) {
      if (body.length + chunk.length > limit) break;
      body.add(chunk);
    }
  } catch {
    throw new Failure('request/body-malformed', { detail: 'it broke off' });
  }
  if (!incoming.readableEnded) throw new Failure('request/too-large');
  return body.bytes;
}

function send(response: ServerResponse, { status, headers, body }: HttpAnswer, headOnly: boolean): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response.writeHead(status, { ...headers, 'content-length': bytes.length });
  response.end(headOnly ? undefined : bytes);
}
