/**
 * Asking a server that is not trusted: its answer may be late, endless or wrong, so that every request has a time and a size, and no
 * redirect is followed.
 */
import { setMaxListeners } from 'node:events';
import type { Agent } from 'undici';
import { ByteCollector } from '../../bytes/collector.js';
import { Failure } from '../../reason.js';

export interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

export interface AskOptions {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The most bytes to read of the answer. */
  readonly limit: number;
  /** For the whole exchange, in milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/** One connection pool for each server, shared by all who ask; idle connections keep no process alive. Made for the first who asks. */
let agent: Agent | null = null;

/** Resolves to whatever status the server answers with. Throws `peer/unreachable` or `peer/answer-too-large`. */
export async function ask(url: string | URL, options: AskOptions): Promise<Asked> {
  const { method = 'GET', headers = {}, body = null, limit, timeout } = options;
  // Not `AbortSignal.any`: what it leaves behind on a signal that lives long is never cleaned up.
  const ending = new AbortController();
  const end = () => ending.abort();
  let isLate = false;
  const patience = setTimeout(() => {
    isLate = true;
    end();
  }, timeout);
  // As many as there are requests at a time, each of which takes its own away again.
  if (options.signal) setMaxListeners(0, options.signal);
  options.signal?.addEventListener('abort', end);
  if (options.signal?.aborted) end();
  try {
    const { signal } = ending;
    const { Agent, request } = await import('undici');
    agent ??= new Agent({ connections: 16, keepAliveTimeout: 30_000 });
    const answer = await request(url, { dispatcher: agent, method, headers, body, signal });
    const collected = new ByteCollector();
    for await (const chunk of answer.body) {
      if (collected.length + chunk.length > limit) {
        answer.body.destroy();
        throw new Failure('peer/answer-too-large', { field: String(url) });
      }
      collected.add(chunk);
    }
    return { status: answer.statusCode, headers: answer.headers, body: collected.bytes };
  } catch (error) {
    if (error instanceof Failure) throw error;
    const detail = isLate ? 'no answer in time' : error instanceof Error ? error.message : 'no answer';
    throw new Failure('peer/unreachable', { field: String(url), detail });
  } finally {
    clearTimeout(patience);
    options.signal?.removeEventListener('abort', end);
  }
}
