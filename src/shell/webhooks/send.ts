/**
 * Sending one notice once. Not trusted: the receiver, which may be late, answer without end, or lead elsewhere. No redirect is followed, nothing of the answer
 * is kept but its status, and no message names the address, which may hold a secret.
 */
import { lookup } from 'node:dns';
import { Agent, request } from 'undici';
import { Failure, isReasonCode } from '../../reason.js';
import { lookupBy, type Resolve } from './public-address.js';
import { type Notice, signedHeaders } from './signature.js';
import { isNamedPrivate, type Subscriber } from './subscriber.js';

/** For a whole attempt, in milliseconds: the specification recommends 15 to 30 seconds. */
const PATIENCE = 20_000;
/** Of an answer that is read to its end so that the connection can be used again. */
const MAX_ANSWER_BYTES = 16 * 1024;

export class Sender {
  readonly #subscriber: Subscriber;
  readonly #agent: Agent;
  readonly #patience: number;

  /** `resolve`: how names are looked up; by the system unless something else is given. */
  constructor(subscriber: Subscriber, resolve: Resolve = lookup, patience = PATIENCE) {
    this.#subscriber = subscriber;
    this.#patience = patience;
    const mayBePrivate = subscriber.mayBePrivate || isNamedPrivate(subscriber.url);
    this.#agent = new Agent({
      connections: 1,
      connect: { timeout: patience, lookup: lookupBy(resolve, mayBePrivate) },
    });
  }

  /**
   * Resolves when the receiver has taken it (2xx). Rejects with `webhook/refused`, naming the status, `webhook/unreachable` or `webhook/address-private`.
   *
   * @param time Unix seconds
   */
  async send(notice: Notice, time: number, signal: AbortSignal): Promise<void> {
    const { url, secret } = this.#subscriber;
    const ending = new AbortController();
    const end = () => ending.abort();
    const patience = setTimeout(end, this.#patience);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    try {
      const { statusCode, headers, body } = await request(url, {
        dispatcher: this.#agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signedHeaders(notice, secret, time) },
        body: notice.body,
        signal: ending.signal,
      });
      await body.dump({ limit: MAX_ANSWER_BYTES, signal: ending.signal }).catch(() => undefined);
      if (statusCode < 200 || statusCode > 299) throw new Refused(statusCode, headers['retry-after']);
    } catch (error) {
      throw asFailure(error);
    } finally {
      clearTimeout(patience);
      signal.removeEventListener('abort', end);
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

/** A receiver's no, with how long it asks to be left alone, in seconds. */
export class Refused extends Failure {
  readonly status: number;
  readonly restsFor: number;

  constructor(status: number, retryAfter: string | string[] | undefined) {
    super('webhook/refused', { detail: `HTTP ${status}` });
    this.status = status;
    this.restsFor =
      typeof retryAfter === 'string' && /^[0-9]{1,9}$/.test(retryAfter) ? Number(retryAfter) : 0;
  }
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { code = 'unknown' } = error as { code?: unknown };
  const { cause } = error as { cause?: unknown };
  if (cause instanceof Failure) return cause;
  return new Failure('webhook/unreachable', {
    detail:
      typeof code === 'string' && /^[A-Z_0-9]{1,64}$/.test(code) && !isReasonCode(code) ? code : 'no answer',
  });
}
