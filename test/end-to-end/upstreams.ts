/** OpenAI-compatible servers on the loopback interface, for tests: some behave, most do not. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** The model that every test upstream lists. */
export const LISTED_MODEL = 'test-model';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** When the connection closed before the answer was complete, by `performance.now()`. */
  readonly lost: Promise<number>;
}

/** What an upstream does with a chat request that has been read. */
export type Behaviour = (response: ServerResponse, request: SeenRequest) => void | Promise<void>;

export class TestUpstream {
  /** Exchanged by each test. */
  behaviour: Behaviour = answer(200, completion());
  /** What `GET /v1/models` lists; null for an upstream that does not answer that. */
  models: readonly string[] | null = [LISTED_MODEL];
  /** What it lists in addition to whoever sends this Authorization header. */
  readonly ownModels = new Map<string, readonly string[]>();
  /** The chat requests that came, in order. */
  readonly requests: SeenRequest[] = [];
  connections = 0;
  /** With which headers its models were asked for, each time. */
  readonly listed: IncomingHttpHeaders[] = [];
  /** Whether it keeps those who ask for its models waiting, until they are let go. */
  holding = false;
  readonly #held: (() => void)[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        if (method === 'GET') {
          this.listed.push(headers);
          if (this.holding) this.#held.push(() => this.#list(response, headers.authorization));
          else this.#list(response, headers.authorization);
          return;
        }
        const lost = new Promise<number>(resolve => {
          response.once('close', () => {
            if (!response.writableFinished) resolve(performance.now());
          });
        });
        const seen = { method, path: url, headers, body: Buffer.concat(chunks), lost };
        this.requests.push(seen);
        void this.behaviour(response, seen);
      });
    });
    this.#server.on('connection', () => {
      this.connections++;
    });
    // A client that breaks off is part of the tests.
    this.#server.on('clientError', (_error: Error, socket: Socket) => socket.destroy());
  }

  static async start(): Promise<TestUpstream> {
    const upstream = new TestUpstream();
    await new Promise<void>(resolve => {
      upstream.#server.listen(0, '127.0.0.1', resolve);
    });
    return upstream;
  }

  /** How often its models were asked for. */
  get listings(): number {
    return this.listed.length;
  }

  /** Answers those who have been kept waiting. */
  letGo(): void {
    this.holding = false;
    for (const list of this.#held.splice(0)) list();
  }

  /** The API's base, such as `http://127.0.0.1:4711/v1`. */
  get base(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** The request that came last. */
  get last(): SeenRequest {
    const last = this.requests.at(-1);
    if (last === undefined) throw new Error('no request has come');
    return last;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #list(response: ServerResponse, authorization = ''): void {
    const models = this.models && [...this.models, ...(this.ownModels.get(authorization) ?? [])];
    const data = models?.map(id => ({ id, object: 'model', created: 1, owned_by: 'test' }));
    const status = data === undefined ? 401 : 200;
    void answer(status, { object: 'list', data })(response);
  }
}

/** A whole answer; what is no string or bytes is written as JSON. */
export function answer(
  status: number,
  body: unknown,
  headers: Record<string, string | string[]> = {},
): (response: ServerResponse) => void {
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return response => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(bytes);
  };
}

/** A stream, each part written on its own; a number is a pause in milliseconds. */
export function stream(...parts: readonly (string | Uint8Array | number)[]): Behaviour {
  return async response => {
    await writeParts(response, parts);
    response.end();
  };
}

/** A stream whose connection breaks after these parts. */
export function cutStream(...parts: readonly (string | Uint8Array | number)[]): Behaviour {
  return async response => {
    await writeParts(response, parts);
    await sleep(20);
    response.destroy();
  };
}

/** A stream that never ends after these parts. */
export function stalledStream(...parts: readonly (string | Uint8Array | number)[]): Behaviour {
  return response => writeParts(response, parts);
}

/** A body that says it is longer than what is sent of it, and then breaks off, or stalls. */
export function partialBody(sent: string, end: 'cut' | 'stall'): Behaviour {
  return async response => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': sent.length + 100 });
    response.write(sent);
    if (end === 'stall') return;
    await sleep(20);
    response.destroy();
  };
}

/** Bytes on the wire, whatever they are. */
export function raw(bytes: string | Uint8Array): Behaviour {
  return response => {
    response.socket?.end(bytes);
  };
}

/** Never answers. */
export const silence: Behaviour = () => undefined;

async function writeParts(
  response: ServerResponse,
  parts: readonly (string | Uint8Array | number)[],
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.flushHeaders();
  for (const part of parts) {
    if (typeof part === 'number') await sleep(part);
    else {
      response.write(part);
      await new Promise(resolve => setImmediate(resolve));
    }
  }
}

/** A chat completion; `message` and `choice` add to the answer's message and its choice, `rest` to the whole. */
export function completion(
  content: string | null = 'Hello.',
  { message = {}, choice = {}, rest = {} }: { message?: object; choice?: object; rest?: object } = {},
) {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: LISTED_MODEL,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, ...message },
        finish_reason: 'stop',
        logprobs: null,
        ...choice,
      },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    ...rest,
  };
}

/** One chunk of a stream as an event, the blank line included. */
export function chunk(delta: object, finish: string | null = null, rest: object = {}): string {
  const value = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: LISTED_MODEL,
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...rest,
  };
  return event(JSON.stringify(value));
}

export function event(data: string): string {
  return `data: ${data}\n\n`;
}

export const DONE = event('[DONE]');

/** A small stream that ends as it should. */
export const HELLO = [
  chunk({ role: 'assistant', content: 'Hel' }),
  chunk({ content: 'lo.' }),
  chunk({}, 'stop'),
  DONE,
] as const;
