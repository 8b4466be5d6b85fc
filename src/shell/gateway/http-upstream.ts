/**
 * A server over HTTP that speaks the API of the surfaces it is asked at.
 *
 * The server is not trusted: it may be slow, break off, answer garbage or without end. Redirects are never followed, so that a key in
 * hand goes to the origin that the operator named and nowhere else.
 */
import { hash, X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { buildConnector, Client, type Dispatcher, errors, Pool } from 'undici';
import { parsedAnswer } from '../../exchange/members.js';
import { LIST_PATHS, type ModelListing, readModelList } from '../../exchange/model-list.js';
import { isTransientStatus, type ProviderApi } from '../../exchange/provider.js';
import type { SurfaceName } from '../../exchange/surface-names.js';
import type {
  LimitMember,
  ModelCard,
  Transfer,
  Upstream,
  UpstreamFailure,
  UpstreamHead,
  UpstreamRequest,
  UpstreamSink,
} from '../../exchange/upstream.js';
import { OpenConnections } from '../http/connections.js';
import type { Timeouts } from './timeouts.js';

/** An API of a server whose address is known in full. */
export interface HttpApi extends Omit<ProviderApi, 'base' | 'dialect'> {
  /** The API's base, its version included: `https://api.openai.com/v1`. */
  readonly base: URL;
}

export interface HttpUpstreamOptions {
  readonly name: string;
  /** Each surface belongs to the first that has it; the models are listed by the very first. All have one origin. */
  readonly apis: readonly [HttpApi, ...HttpApi[]];
  /** The gateway's own key there; without one, what the client brought is forwarded. */
  readonly key: string | null;
  readonly listing: ModelListing | null;
  /** HTTP statuses that say, beside the usual ones, that the same request may fare better a little later. */
  readonly transient?: readonly number[];
  readonly limitMember?: LimitMember;
  readonly givesReceipts?: boolean;
  readonly timeouts: Pick<Timeouts, 'connect' | 'idle'>;
  /** Counted together with those of other upstreams. */
  readonly connections?: OpenConnections;
}

/** What a request learns about the connection that served it. */
interface Connection {
  tlsSpki: string | null;
}

/** Where nobody says how many. */
const USUAL_CONNECTIONS = 256;
const MAX_MODEL_LIST_BYTES = 4 * 1024 * 1024;

export class HttpUpstream implements Upstream {
  readonly name: string;
  readonly origin: string;
  /** What a remote server assumes when a request is silent is not known here. */
  readonly defaults = {};
  readonly givesReceipts: boolean;
  readonly limitMember: LimitMember;
  readonly #options: HttpUpstreamOptions;
  readonly #pool: Pool;
  readonly #apiOf: ReadonlyMap<SurfaceName, HttpApi>;

  constructor(options: HttpUpstreamOptions) {
    this.name = options.name;
    this.origin = options.apis[0].base.origin;
    this.givesReceipts = options.givesReceipts ?? false;
    this.limitMember = options.limitMember ?? 'max_completion_tokens';
    this.#options = options;
    this.#apiOf = new Map(
      options.apis.toReversed().flatMap(api => api.surfaces.map(surface => [surface, api] as const)),
    );
    const { connections = new OpenConnections(USUAL_CONNECTIONS) } = options;
    this.#pool = new Pool(this.origin, {
      connections: connections.most,
      pipelining: 1,
      // Whoever sends a request waits for its beginning; how long a silence may last after that is seen to by each transfer.
      headersTimeout: 0,
      bodyTimeout: 0,
      factory: (origin, clientOptions) =>
        new ObservedClient(origin, clientOptions as Client.Options, options.timeouts.connect, connections),
    });
  }

  serves(surface: SurfaceName): boolean {
    return this.#apiOf.has(surface);
  }

  isTransient(status: number): boolean {
    return isTransientStatus(status, this.#options);
  }

  /** `surface` must be one that this upstream {@link serves}. */
  send({ surface, path, headers, credentials, key, body }: UpstreamRequest, sink: UpstreamSink): Transfer {
    const api = this.#apiOf.get(surface) as HttpApi;
    const length = { 'content-length': String(body.length) };
    const sent = { ...api.headers, ...headers, ...length, ...this.#credentials(api, credentials, key) };
    return this.#dispatch({ path: pathOf(api, path), method: 'POST', headers: sent, body }, sink);
  }

  async models(credentials: Readonly<Record<string, string>>): Promise<readonly ModelCard[]> {
    const { listing, apis } = this.#options;
    if (listing === null) return [];
    const [api] = apis;
    const headers = { ...api.headers, ...this.#credentials(api, credentials, null) };
    const list = parsedAnswer(await this.#get(pathOf(api, LIST_PATHS[listing]), headers));
    if (list === undefined) throw new Error('the list of models is not JSON');
    return readModelList(list, listing);
  }

  modelDigest(): null {
    return null;
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /** With a key of the gateway's own, the client's, in whichever header it came, is for nobody but the gateway. */
  #credentials(
    { keyHeader }: HttpApi,
    credentials: Readonly<Record<string, string>>,
    clientKey: string | null,
  ): Readonly<Record<string, string>> {
    const key = this.#options.key ?? clientKey;
    if (key === null) return credentials;
    return { [keyHeader]: keyHeader === 'authorization' ? `Bearer ${key}` : key };
  }

  #dispatch(
    request: Pick<Dispatcher.DispatchOptions, 'path' | 'method' | 'body'> & {
      headers: Record<string, string>;
    },
    sink: UpstreamSink,
  ): Transfer {
    const transfer = new HttpTransfer(sink, this.#options.timeouts.idle);
    const connection: Connection = { tlsSpki: null };
    request.headers['accept-encoding'] = 'identity';
    this.#pool.dispatch(
      { ...request, connection } as Dispatcher.DispatchOptions,
      transfer.handler(connection),
    );
    return transfer;
  }

  #get(path: string, headers: Record<string, string>): Promise<string> {
    return new Promise((resolve, reject) => {
      const chunks: Uint8Array[] = [];
      let length = 0;
      const transfer = this.#dispatch(
        { path, method: 'GET', headers },
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

function pathOf({ base }: HttpApi, path: string): string {
  return base.pathname.replace(/\/$/, '') + path;
}

/** A connection that knows whom it is talking to, so that a receipt can name the TLS key that really answered. */
class ObservedClient extends Client {
  readonly #seen: { tlsSpki: string | null };

  constructor(
    origin: URL | string,
    options: Client.Options,
    connectTimeout: number,
    connections: OpenConnections,
  ) {
    const seen = { tlsSpki: null as string | null };
    const connect = buildConnector({ timeout: connectTimeout });
    super(origin, {
      ...options,
      connect: (target, callback) => {
        if (!connections.take()) {
          callback(new Error('as many connections to upstreams as there may be'), null);
          return;
        }
        connect(target, (...result) => {
          const [error, socket] = result;
          if (error === null) socket.once('close', () => connections.give());
          else connections.give();
          seen.tlsSpki = error === null && 'getPeerX509Certificate' in socket ? spkiHash(socket) : null;
          callback(...result);
        });
      },
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
  /** How long a silence may last once the answer has begun, in milliseconds. */
  readonly #patience: number;
  #controller: Dispatcher.DispatchController | null = null;
  #silence: NodeJS.Timeout | null = null;
  #paused = false;
  #aborted = false;
  #late = false;
  #ended = false;

  constructor(sink: UpstreamSink, patience: number) {
    this.#sink = sink;
    this.#patience = patience;
  }

  handler(connection: Connection): Dispatcher.DispatchHandler {
    return {
      onRequestStart: controller => {
        this.#controller = controller;
        if (this.#aborted) controller.abort(new errors.RequestAbortedError());
      },
      onResponseStart: (_controller, status, headers) => {
        // An informational answer (1xx) announces the real one.
        if (status < 200) return;
        this.#listen();
        this.#sink.head(readHead(status, headers, connection.tlsSpki));
        if (this.#paused) this.#controller?.pause();
      },
      onResponseData: (_controller, chunk) => {
        this.#silence?.refresh();
        this.#sink.data(chunk);
      },
      onResponseEnd: () => {
        this.#end();
        this.#sink.end();
      },
      onResponseError: (_controller, error) => {
        if (this.#ended) return;
        this.#end();
        this.#sink.fail(this.#failure(error));
      },
    };
  }

  /** Undici gives a request to a connection when that stands. */
  get sent(): boolean {
    return this.#controller !== null;
  }

  pause(): void {
    this.#paused = true;
    // A silence that we have asked for is none of the upstream's.
    this.#hush();
    this.#controller?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#ended) this.#listen();
    this.#controller?.resume();
  }

  /** Gives the upstream its time from now on. */
  #listen(): void {
    this.#hush();
    this.#silence = setTimeout(() => {
      this.#late = true;
      this.#controller?.abort(new errors.RequestAbortedError());
    }, this.#patience);
  }

  #hush(): void {
    if (this.#silence !== null) clearTimeout(this.#silence);
    this.#silence = null;
  }

  #end(): void {
    this.#ended = true;
    this.#hush();
  }

  #failure(error: Error): UpstreamFailure {
    if (this.#aborted) return { kind: 'aborted' };
    if (this.#late) return { kind: 'timeout', phase: 'idle' };
    return describeFailure(error, this.sent);
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
  const code = (error as NodeJS.ErrnoException).code ?? error.name;
  return connected ? { kind: 'broken', detail: code } : { kind: 'connect', detail: code };
}
