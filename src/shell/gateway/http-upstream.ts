/**
 * A server over HTTP that speaks the API of the surfaces it is asked at.
 *
 * The server is not trusted: it may be slow, break off, answer garbage or without end. Redirects are never followed, so that a key in
 * hand goes to the origin that the operator named and nowhere else.
 */
import { type Client, type Dispatcher, errors, Pool } from 'undici';
import { type ChatWords, OPENAI_WORDS } from '../../exchange/chat-words.js';
import { parsedAnswer } from '../../exchange/members.js';
import type { ModelCard } from '../../exchange/model-card.js';
import { LIST_PATHS, type ModelListing, readModelList } from '../../exchange/model-list.js';
import { isTransientStatus, type Provider, type ProviderApi } from '../../exchange/provider.js';
import type { SurfaceName } from '../../exchange/surface-names.js';
import type {
  NamedEvidence,
  Transfer,
  Upstream,
  UpstreamFailure,
  UpstreamHead,
  UpstreamRequest,
  UpstreamSink,
} from '../../exchange/upstream.js';
import { Failure } from '../../reason.js';
import { OpenConnections } from '../http/connections.js';
import type { AttestedUpstream } from './attestation/attested-upstream.js';
import type { TlsPeer } from './attestation/peer.js';
import { type Connection, ObservedClient, Unattested } from './observed-client.js';
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
  /** Whose APIs these are; nobody's that is in the table where it is left out. */
  readonly provider?: Provider | null;
  /** HTTP statuses that say, beside the usual ones, that the same request may fare better a little later. */
  readonly transient?: readonly number[];
  /** OpenAI's where none are given. */
  readonly chatWords?: ChatWords;
  readonly givesReceipts?: boolean;
  readonly timeouts: Pick<Timeouts, 'connect' | 'idle'>;
  /** Counted together with those of other upstreams. */
  readonly connections?: OpenConnections;
  /** For one that has to show by evidence what it is before it is sent anything. */
  readonly attestation?: AttestedUpstream;
  /** For tests: authorities in PEM in the place of those that everybody trusts. */
  readonly ca?: string;
}

/** Where nobody says how many. */
const USUAL_CONNECTIONS = 256;
const MAX_MODEL_LIST_BYTES = 4 * 1024 * 1024;
/** An answer may be announced (1xx) so many times. */
const MAX_ANNOUNCEMENTS = 32;

export class HttpUpstream implements Upstream {
  readonly name: string;
  readonly origin: string;
  readonly provider: Provider | null;
  /** What a remote server assumes when a request is silent is not known here. */
  readonly defaults = {};
  readonly chatWords: ChatWords;
  readonly givesReceipts: boolean;
  readonly #options: HttpUpstreamOptions;
  readonly #pool: Pool;
  /** For what is sent although the upstream has not shown what it is; null before there is any. */
  #unguarded: Pool | null = null;
  readonly #connections: OpenConnections;
  readonly #apiOf: ReadonlyMap<SurfaceName, HttpApi>;
  /** The list of models that everybody gets, while it is being asked for. */
  #listed: Promise<readonly ModelCard[]> | null = null;

  constructor(options: HttpUpstreamOptions) {
    this.name = options.name;
    this.origin = options.apis[0].base.origin;
    this.provider = options.provider ?? null;
    this.chatWords = options.chatWords ?? OPENAI_WORDS;
    this.givesReceipts = options.givesReceipts ?? false;
    this.#options = options;
    this.#apiOf = new Map(
      options.apis.toReversed().flatMap(api => api.surfaces.map(surface => [surface, api] as const)),
    );
    this.#connections = options.connections ?? new OpenConnections(USUAL_CONNECTIONS);
    this.#pool = this.#newPool(options.attestation ?? null);
  }

  get attestation(): AttestedUpstream | null {
    return this.#options.attestation ?? null;
  }

  /** `guard`: by whom connections are admitted; null where everybody's are. */
  #newPool(guard: AttestedUpstream | null): Pool {
    const { timeouts, ca } = this.#options;
    const connections = this.#connections;
    return new Pool(this.origin, {
      connections: connections.most,
      pipelining: 1,
      // Whoever sends a request waits for the answer to begin; how long a silence may last after that is seen to by each transfer.
      headersTimeout: 0,
      bodyTimeout: 0,
      factory: (origin, clientOptions) =>
        new ObservedClient(origin, clientOptions as Client.Options, {
          timeout: timeouts.connect,
          connections,
          guard,
          ca,
        }),
    });
  }

  serves(surface: SurfaceName): boolean {
    return this.#apiOf.has(surface);
  }

  isTransient(status: number): boolean {
    return isTransientStatus(status, this.#options);
  }

  /** `surface` must be one that this upstream {@link serves}. */
  send(request: UpstreamRequest, sink: UpstreamSink): Transfer {
    const { surface, path, headers, credentials, key, body, unattested = false } = request;
    const api = this.#apiOf.get(surface) as HttpApi;
    const sent = {
      ...api.headers,
      ...headers,
      'content-length': String(body.length),
      ...this.#credentials(api, credentials, key),
    };
    return this.#dispatch({ path: pathOf(api, path), method: 'POST', headers: sent, body }, sink, unattested);
  }

  models(credentials: Readonly<Record<string, string>>): Promise<readonly ModelCard[]> {
    // Whoever asks while the same is asked already is told the same: any number of clients may ask, at no cost to themselves.
    if (this.#options.key === null && Object.keys(credentials).length > 0) return this.#list(credentials);
    this.#listed ??= this.#list({}).finally(() => {
      this.#listed = null;
    });
    return this.#listed;
  }

  async #list(credentials: Readonly<Record<string, string>>): Promise<readonly ModelCard[]> {
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
    this.attestation?.close();
    await Promise.all([this.#pool.destroy(), this.#unguarded?.destroy()]);
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
    unattested = false,
  ): Transfer {
    const guard = unattested ? null : this.attestation;
    const transfer = new HttpTransfer(sink, this.#options.timeouts.idle, guard);
    const connection: Connection = { chosen: null };
    const { path, method, headers, body } = request;
    headers['accept-encoding'] = 'identity';
    const options = { path, method, headers, body, connection } as Dispatcher.DispatchOptions;
    this.#poolFor(unattested).dispatch(options, transfer.handler(connection));
    return transfer;
  }

  #poolFor(unattested: boolean): Pool {
    if (!unattested || this.attestation === null) return this.#pool;
    this.#unguarded ??= this.#newPool(null);
    return this.#unguarded;
  }

  #get(path: string, headers: Record<string, string>): Promise<string> {
    return new Promise((resolve, reject) => {
      const chunks: Uint8Array[] = [];
      let length = 0;
      // Nobody waits longer for a list than for a connection.
      const patience = setTimeout(() => transfer.abort(), this.#options.timeouts.connect);
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
          end: () => {
            clearTimeout(patience);
            resolve(Buffer.concat(chunks).toString('utf8'));
          },
          fail: failure => {
            clearTimeout(patience);
            reject(new Error(`the list of models could not be had: ${failure.kind}`));
          },
        },
      );
    });
  }
}

function pathOf({ base }: HttpApi, path: string): string {
  return base.pathname.replace(/\/$/, '') + path;
}

class HttpTransfer implements Transfer {
  readonly #sink: UpstreamSink;
  /** How long a silence may last once it is limited, in milliseconds. */
  readonly #patience: number;
  readonly #guard: AttestedUpstream | null;
  #controller: Dispatcher.DispatchController | null = null;
  #silence: NodeJS.Timeout | null = null;
  /** By which evidence the connection was good when the request left; null where none was asked for. */
  #shown: readonly NamedEvidence[] | null = null;
  #announced = 0;
  #limited = false;
  #paused = false;
  #aborted = false;
  #late = false;
  #ended = false;

  /** `guard`: null where it may go to whoever is there. */
  constructor(sink: UpstreamSink, patience: number, guard: AttestedUpstream | null) {
    this.#sink = sink;
    this.#patience = patience;
    this.#guard = guard;
  }

  handler(connection: Connection): Dispatcher.DispatchHandler {
    return {
      onRequestStart: controller => {
        // What was good when the connection was made may count no longer. Undici has written nothing yet, and hangs up.
        const failure = this.#refusal(connection);
        if (failure !== null) {
          controller.abort(new Unattested(failure));
          return;
        }
        this.#controller = controller;
        if (this.#aborted) controller.abort(new errors.RequestAbortedError());
      },
      onResponseStart: (_controller, status, headers) => {
        // An informational answer (1xx) announces the real one; whoever announces without end has none.
        if (status < 200) {
          if (++this.#announced > MAX_ANNOUNCEMENTS)
            this.#controller?.abort(new errors.InformationalError('1xx without end'));
          return;
        }
        const peer = connection.chosen?.peer ?? null;
        this.#sink.head(readHead(status, headers, peer, this.#shown));
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

  #refusal({ chosen }: Connection): Failure | null {
    if (this.#guard === null) return null;
    const peer = chosen?.peer ?? null;
    this.#shown = this.#guard.evidenceFor(peer);
    if (this.#shown !== null) return null;
    return new Failure('attestation/key-unattested', peer === null ? {} : { detail: peer.spki });
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
    this.#listen();
    this.#controller?.resume();
  }

  limitSilence(): void {
    this.#limited = true;
    this.#listen();
  }

  /** Gives the upstream its time from now on, where that is limited. */
  #listen(): void {
    this.#hush();
    if (!this.#limited || this.#paused || this.#ended) return;
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
    if (error instanceof Unattested) return { kind: 'unattested', failure: error.failure };
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
  peer: TlsPeer | null,
  evidence: readonly NamedEvidence[] | null,
): UpstreamHead {
  // Undici has the names in lower case.
  const joined: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    joined[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  }
  return { status, headers: joined, tlsSpki: peer?.spki ?? null, ...(evidence === null ? {} : { evidence }) };
}

/** `connected`: whether the request had been given to a connection. */
function describeFailure(error: Error, connected: boolean): UpstreamFailure {
  if (error instanceof errors.ConnectTimeoutError) return { kind: 'timeout', phase: 'connect' };
  const code = (error as NodeJS.ErrnoException).code ?? error.name;
  return connected ? { kind: 'broken', detail: code } : { kind: 'connect', detail: code };
}
