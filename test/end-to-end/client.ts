/** A client of the gateway that sends and receives exact bytes, and leaves when it is told to. */
import { type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';
import { LISTED_MODEL } from './upstreams.js';

/** So that a test fails, and says why, where a client would wait for ever. In milliseconds. */
const SILENCE = 15_000;

export interface Question {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** What is no string or bytes is written as JSON. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The request's exact bytes. */
  readonly request: Buffer;
  /** Whether the connection broke before the answer was whole. */
  readonly broken: boolean;
}

/** A question that is being asked. */
export interface Asking {
  readonly request: ClientRequest;
  /** Resolves with the first bytes of the answer's body. */
  readonly started: Promise<void>;
  /** Rejects when there is no answer at all. */
  readonly answer: Promise<Answer>;
  /** The client goes away. */
  leave(): void;
}

export function bytesOf(body: unknown): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A chat request for the test upstream's model. */
export function chat(rest: object = {}, content = 'Hello?'): object {
  return { model: LISTED_MODEL, messages: [{ role: 'user', content }], ...rest };
}

export function begin(address: string, question: Question = {}): Asking {
  const { path = '/v1/chat/completions', body = chat(), headers = {} } = question;
  const method = question.method ?? (question.path === undefined ? 'POST' : 'GET');
  const bytes = method === 'POST' ? bytesOf(body) : Buffer.alloc(0);
  const { hostname, port } = new URL(address);
  const sending = request({
    host: hostname,
    port,
    path,
    method,
    agent: false,
    headers: {
      ...(method === 'POST' ? { 'content-type': 'application/json', 'content-length': bytes.length } : {}),
      ...headers,
    },
  });
  let start: () => void = () => undefined;
  const started = new Promise<void>(resolve => {
    start = resolve;
  });
  const answer = new Promise<Answer>((resolve, reject) => {
    sending.once('error', reject);
    sending.once('response', response => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        start();
      });
      // A broken connection is an outcome here, and `complete` tells of it.
      response.once('error', () => undefined);
      response.once('close', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
          request: bytes,
          broken: !response.complete,
        }),
      );
    });
  });
  sending.setTimeout(SILENCE, () => sending.destroy(new Error(`nothing came for ${SILENCE} ms`)));
  // Whoever leaves need not hear that there was no answer.
  answer.catch(() => undefined);
  sending.end(bytes);
  return { request: sending, started, answer, leave: () => sending.destroy() };
}

export function ask(address: string, question: Question = {}): Promise<Answer> {
  return begin(address, question).answer;
}

/** The answer's body as JSON. */
export function json<Value>(answer: Pick<Answer, 'body'>): Value {
  return JSON.parse(answer.body.toString('utf8')) as Value;
}

/** The `error` of an answer in OpenAI's shape. */
export function errorOf(answer: Answer): {
  message: string;
  type: string;
  param: string | null;
  code: string;
} {
  const { error, ...rest } = json<{
    error: { message: string; type: string; param: string | null; code: string };
  }>(answer);
  if (Object.keys(rest).length > 0 || Object.keys(error).sort().join() !== 'code,message,param,type')
    throw new Error(`not an error as OpenAI's clients know it: ${answer.body}`);
  return error;
}
