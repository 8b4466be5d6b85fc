/**
 * A server over HTTP that speaks the API of the surfaces it is asked at.
 *
 * The server is not trusted: it may be slow, break off, answer garbage or without end. Redirects are never followed, so that a key in
 * hand goes to the origin that the operator named and nowhere else.
 */
import { hash, X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { buildConnector, Client, type Dispatcher, errors, Pool } from 'undici';
import type {
  ModelCard,
  Transfer,
  Upstream,
  UpstreamFailure,
  UpstreamHead,
  UpstreamRequest,
  UpstreamSink,
} from '../../exchange/upstream.js';
import type { Timeouts } from './timeouts.js';

export interface HttpUpstreamOptions {
  readonly name: string;
  /** The API's base, its version included: `https://api.openai.com/v1`. */
  readonly base: URL;
  /** The gateway's own key there; without one the client's Authorization is forwarded. */
  readonly key: string | null;
  readonly timeouts: Timeouts;
}

/** What a request learns about the connection that served it. */
interface Connection {
  tlsSpki: string | null;
}

const MAX_MODEL_LIST_BYTES = 4 * 1024 * 1024;

export class HttpUpstream implements Upstream {
  readonly name: string;
  readonly origin: string;
  /** What a remote server assumes when a request is silent is not known here. */
  readonly defaults = {};
  readonly #options: HttpUpstreamOptions;
  readonly #pool: Pool;

  constructor(options: HttpUpstreamOptions) {
    this.name = options.name;
    this.origin = options.base.origin;
    this.#options = options;
    const { connect, firstByte, idle } = options.timeouts;
    this.#pool = new Pool(this.origin, {
      connections: 256,
      pipelining: 1,
      headersTimeout: firstByte,
      bodyTimeout: idle,
      factory: (origin, clientOptions) =>
        new ObservedClient(origin, clientOptions as Client.Options, connect),
    });
  }

  /** Which paths a remote server knows is not known here; its own error says so. */
  serves(): boolean {
    return true;
  }

  send(request: UpstreamRequest, sink: UpstreamSink): Transfer {
    const transfer = new HttpTransfer(sink);
    const connection: Connection = { tlsSpki: null };
    this.#pool.dispatch(
      {
        path: this.#options.base.pathname.replace(/\/$/, '') + request.path,
        method: request.method,
        headers: this.#headers(request),
        body: request.body.length > 0 ? request.body : null,
        connection,
      } as Dispatcher.DispatchOptions,
      transfer.handler(connection),
    );
    return transfer;
  }

  async models(authorization?: string): Promise<readonly ModelCard[]> {
    const body = await this.#get('/models', authorization === undefined ? {} : { authorization });
    const list = (JSON.parse(body) as { data?: unknown }).data;
    if (!Array.isArray(list)) return [];
    return list.flatMap(readModelCard);
  }

  modelDigest(): null {
    return null;
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #headers({ headers, body, keyHeader = 'authorization' }: UpstreamRequest): Record<string, string> {
    const sent: Record<string, string> = { ...headers, 'accept-encoding': 'identity' };
    if (body.length > 0) sent['content-length'] = String(body.length);
    const { key } = this.#options;
    if (key === null) return sent;
    // The client's own key, in whichever header it came, is for nobody but the gateway then.
    delete sent.authorization;
    delete sent['x-api-key'];
    sent[keyHeader] = keyHeader === 'authorization' ? `Bearer ${key}` : key;
    return sent;
  }

  #get(path: string, headers: Record<string, string>): Promise<string> {
    return new Promise((resolve, reject) => {
      const chunks: Uint8Array[] = [];
      let length = 0;
      const transfer = this.send(
        { path, method: 'GET', headers, body: new Uint8Array() },
        {
          head: ({ status }) => {
            if (status !== 200) transfer.abort();
          },
          data: chunk => {
            length += chunk.length;
            if (length > MAX_MODEL_LIST_BYTES) transfer.abort();
            else chunks.push(chunk);
          },
          end: () => resolve(Buffer.concat(chunks).toString('utf8')),
          fail: failure => reject(new Error(`the list of models could not be had: ${failure.kind}`)),
        },
      );
    });
  }
}

/** A connection that knows whom it is talking to, so that a receipt can name the TLS key that really answered. */
class ObservedClient extends Client {
  readonly #seen: { tlsSpki: string | null };

  constructor(origin: URL | string, options: Client.Options, connectTimeout: number) {
    const seen = { tlsSpki: null as string | null };
    const connect = buildConnector({ timeout: connectTimeout });
    super(origin, {
      ...options,
      connect: (target, callback) =>
        connect(target, (...result) => {
          const [error, socket] = result;
          seen.tlsSpki = error === null && 'getPeerX509Certificate' in socket ? spkiHash(socket) : null;
          callback(...result);
        }),
    });
    this.#seen = seen;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { connection } = options as Dispatcher.DispatchOptions & { connection: Connection };
    // Read when the answer begins: one request at a time uses a connection, and it may be made anew before that.
    Object.defineProperty(connection, 'tlsSpki', { get: () => this.#seen.tlsSpki, configurable: true });
    return super.dispatch(options, handler);
  }
}

function spkiHash(socket: TLSSocket): string | null {
  const certificate = socket.getPeerX509Certificate();
  if (!(certificate instanceof X509Certificate)) return null;
  return hash('sha256', certificate.publicKey.export({ type: 'spki', format: 'der' }), 'hex');
}

class HttpTransfer implements Transfer {
  readonly #sink: UpstreamSink;
  #controller: Dispatcher.DispatchController | null = null;
  #paused = false;
  #aborted = false;
  #ended = false;

  constructor(sink: UpstreamSink) {
    this.#sink = sink;
  }

  handler(connection: Connection): Dispatcher.DispatchHandler {
    return {
      onRequestStart: controller => {
        this.#controller = controller;
        if (this.#aborted) controller.abort(new errors.RequestAbortedError());
      },
      onResponseStart: (_controller, status, headers) => {
        // An informational answer (1xx) announces the real one.
        if (status >= 200) this.#sink.head(readHead(status, headers, connection.tlsSpki));
        if (this.#paused) this.#controller?.pause();
      },
      onResponseData: (_controller, chunk) => this.#sink.data(chunk),
      onResponseEnd: () => {
        this.#ended = true;
        this.#sink.end();
      },
      onResponseError: (_controller, error) => {
        if (this.#ended) return;
        this.#ended = true;
        this.#sink.fail(
          this.#aborted ? { kind: 'aborted' } : describeFailure(error, this.#controller !== null),
        );
      },
    };
  }

  pause(): void {
    this.#paused = true;
    this.#controller?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#controller?.resume();
  }

  abort(): void {
    if (this.#aborted || this.#ended) return;
    this.#aborted = true;
    this.#controller?.abort(new errors.RequestAbortedError());
  }
}

function readHead(
  status: number,
  headers: Record<string, string | string[] | undefined>,
  tlsSpki: string | null,
): UpstreamHead {
  const joined = Object.entries(headers).map(([name, value]) => [
    name.toLowerCase(),
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ]);
  return { status, headers: Object.fromEntries(joined) as Record<string, string>, tlsSpki };
}

/** `connected`: whether the request had been given to a connection. */
function describeFailure(error: Error, connected: boolean): UpstreamFailure {
  if (error instanceof errors.ConnectTimeoutError) return { kind: 'timeout', phase: 'connect' };
  if (error instanceof errors.HeadersTimeoutError) return { kind: 'timeout', phase: 'first-byte' };
  if (error instanceof errors.BodyTimeoutError) return { kind: 'timeout', phase: 'idle' };
  const code = (error as NodeJS.ErrnoException).code ?? error.name;
  return connected ? { kind: 'broken', detail: code } : { kind: 'connect', detail: code };
}

function readModelCard(value: unknown): ModelCard[] {
  const { id, created, owned_by } = (value ?? {}) as Partial<ModelCard>;
  if (typeof id !== 'string' || id.length > 256) return [];
  return [
    {
      id,
      object: 'model',
      created: Number.isSafeInteger(created) ? (created as number) : 0,
      owned_by: typeof owned_by === 'string' ? owned_by : 'unknown',
    },
  ];
}
