/**
 * Asking the publishers of collateral: makers of hardware, or a cache of somebody's own in between.
 *
 * Not trusted: what they answer, which may be late, endless, of another kind, or lead elsewhere. What counts is signed, and is checked by the verifiers;
 * here it is only seen to that it is what was asked for, that nobody is asked more often than needed, and that one who fails is left in peace for a while.
 */
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { Failure } from '../../reason.js';
import { type Asked, ask } from '../http/client.js';
import type { KeptAnswer, KeptAnswers } from './kept-answers.js';

export interface Question {
  readonly url: string;
  /** Sent with POST, if it is there. */
  readonly body?: { readonly type: string; readonly bytes: Uint8Array };
  /** Media types, without parameters, that the answer may have; one without a type is taken for what it should be. */
  readonly types: readonly string[];
  /** Headers of the answer that belong to it, in small letters: the first that is there counts, under the first name. */
  readonly header?: readonly [string, ...string[]];
  /** The most bytes of the answer. */
  readonly limit: number;
  /** Until when the content says that it counts (Unix seconds). Throws a {@link Failure} for what is not what was asked for. */
  readonly expiry: (answer: Pick<KeptAnswer, 'body' | 'headers'>) => number;
}

export interface PublisherOptions {
  readonly kept: KeptAnswers;
  /** Unix seconds. */
  readonly now: () => number;
  /** Whether to answer from what is kept alone. */
  readonly offline?: boolean;
  /** Milliseconds for one request. */
  readonly timeout?: number;
  /** Told what could not be kept; the answer counts all the same. */
  readonly onProblem?: (problem: Error) => void;
}

const TIMEOUT = 20_000;
/** When the publisher is asked again however long the content says that it counts, in seconds: lists of what was revoked grow sooner than they have to. */
const ASKED_AGAIN_AFTER = 86_400;
/** Requests that may wait for one server. */
const MAX_WAITING = 64;
/** How long a server is left in peace after it has failed once, in seconds; twice as long each time. */
const FIRST_REST = 2;
const LONGEST_REST = 600;
/** Servers that are remembered: a configuration names a handful. */
const MAX_SERVERS = 64;

interface Server {
  /** When the last request that was begun has ended. */
  last: Promise<unknown>;
  waiting: number;
  failures: number;
  restsUntil: number;
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #servers = new Map<string, Server>();
  readonly #asking = new Map<string, Promise<KeptAnswer>>();

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /**
   * The answer that is kept, while it is of today, or a new one; where none is to be had, the one that is kept as long as its content says that it counts.
   * Otherwise rejects with `collateral/not-at-hand` when nobody may be asked, `peer/resting`,
   * `peer/unreachable`, `peer/answer-too-large`, `peer/answer-missing` (404), `peer/answer-unexpected` for any other status, a redirect among them,
   * or `peer/answer-malformed`.
   */
  async answer(question: Question): Promise<KeptAnswer> {
    const address = addressOf(question);
    const kept = await this.#options.kept.get(address);
    const now = this.#options.now();
    // One from the future was made by a clock that was wrong.
    const isValid = kept !== null && kept.fetched <= now && now < kept.expires;
    if (isValid && now < kept.fetched + ASKED_AGAIN_AFTER) return kept;
    try {
      if (this.#options.offline === true)
        throw new Failure('collateral/not-at-hand', { field: question.url });
      const asking = this.#asking.get(address) ?? this.#inTurn(question, address);
      this.#asking.set(address, asking);
      return await asking;
    } catch (error) {
      if (!isValid || !(error instanceof Failure)) throw error;
      if (this.#options.offline !== true) this.#options.onProblem?.(error);
      return kept;
    }
  }

  /**
   * Keeps what came another way, as if it had been the answer, unless what is kept counts for longer. Rejects with `peer/answer-malformed` for what is not
   * what would have been asked for, or `archive/unavailable`.
   */
  async takeIn(
    question: Question,
    body: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const address = addressOf(question);
    const answer = this.#dated(question, { body, headers }, this.#options.now());
    const kept = await this.#options.kept.get(address);
    if (kept === null || kept.expires <= answer.expires) await this.#options.kept.put(address, answer);
  }

  async #inTurn(question: Question, address: string): Promise<KeptAnswer> {
    const server = this.#server(new URL(question.url).origin);
    if (server.waiting >= MAX_WAITING) {
      this.#asking.delete(address);
      throw new Failure('peer/resting', { field: question.url, detail: 'too many requests wait for it' });
    }
    server.waiting++;
    const turn = server.last.then(() => this.#fetch(question, address, server));
    server.last = turn.catch(() => undefined);
    return turn.finally(() => {
      server.waiting--;
      this.#asking.delete(address);
    });
  }

  async #fetch(question: Question, address: string, server: Server): Promise<KeptAnswer> {
    const { now, timeout = TIMEOUT, kept, onProblem } = this.#options;
    if (now() < server.restsUntil)
      throw new Failure('peer/resting', { field: question.url, detail: `until ${server.restsUntil}` });
    let asked: Asked;
    try {
      asked = await ask(question.url, {
        limit: question.limit,
        timeout,
        headers: {
          accept: question.types.join(', '),
          'accept-encoding': 'identity',
          ...(question.body === undefined ? {} : { 'content-type': question.body.type }),
        },
        ...(question.body === undefined ? {} : { method: 'POST', body: question.body.bytes }),
      });
    } catch (error) {
      this.#failed(server, 0);
      throw error;
    }
    const { status } = asked;
    if (status === 429 || status >= 500) this.#failed(server, retryAfter(asked));
    else server.failures = 0;
    if (status === 404) throw new Failure('peer/answer-missing', { field: question.url });
    if (status !== 200)
      throw new Failure('peer/answer-unexpected', { field: question.url, detail: `${status}` });
    const answer = this.#dated(question, { body: asked.body, headers: headersOf(question, asked) }, now());
    // What has expired already is not worth keeping: it would be asked for again at once.
    if (answer.expires > answer.fetched)
      await kept.put(address, answer).catch((problem: Error) => onProblem?.(problem));
    return answer;
  }

  #dated(question: Question, answer: Pick<KeptAnswer, 'body' | 'headers'>, fetched: number): KeptAnswer {
    try {
      return { ...answer, fetched, expires: question.expiry(answer) };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure('peer/answer-malformed', { field: question.url, detail: error.code });
    }
  }

  #failed(server: Server, atLeast: number): void {
    const rest = Math.min(FIRST_REST * 2 ** server.failures, LONGEST_REST);
    server.failures = Math.min(server.failures + 1, 16);
    server.restsUntil = this.#options.now() + Math.max(rest, Math.min(atLeast, LONGEST_REST));
  }

  #server(origin: string): Server {
    const known = this.#servers.get(origin);
    if (known !== undefined) return known;
    if (this.#servers.size >= MAX_SERVERS) {
      const idle = [...this.#servers].find(([, { waiting }]) => waiting === 0);
      if (idle !== undefined) this.#servers.delete(idle[0]);
    }
    const server: Server = { last: Promise.resolve(), waiting: 0, failures: 0, restsUntil: 0 };
    this.#servers.set(origin, server);
    return server;
  }
}

/** Under what an answer is kept: the URL, and for a question with a body its digest. */
function addressOf({ url, body }: Question): string {
  return body === undefined ? url : `${url} ${toHex(sha256(body.bytes))}`;
}

function headersOf({ url, types, header }: Question, { headers }: Asked): Readonly<Record<string, string>> {
  const malformed = (detail: string) => new Failure('peer/answer-malformed', { field: url, detail });
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw malformed('content-encoding');
  const type = headers['content-type'];
  if (type !== undefined && !types.includes(String(type).split(';')[0]?.trim().toLowerCase() ?? ''))
    throw malformed('content-type');
  if (header === undefined) return {};
  const value = header.map(name => headers[name]).find(each => typeof each === 'string');
  if (typeof value !== 'string') throw malformed(header[0]);
  return { [header[0]]: value };
}

/** Seconds; a date in place of them is taken for none. */
function retryAfter({ headers }: Asked): number {
  const text = headers['retry-after'];
  return typeof text === 'string' && /^\d{1,6}$/.test(text) ? Number(text) : 0;
}
