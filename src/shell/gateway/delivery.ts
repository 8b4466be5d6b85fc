/**
 * The client's side of an exchange: what has been written to it, when it went away, and the one receipt that ends the exchange.
 *
 * However an exchange ends, it ends here, once, and with a receipt; only a log or a vault that can no longer write leaves none, and
 * then the client gets an error instead of an answer.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { toHex } from '../../bytes/hex.js';
import type { AnswerFacts, Surface } from '../../exchange/surface.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { commit } from '../../receipt/opening.js';
import type { Receipt, ResponseDigest } from '../../receipt/receipt.js';
import { isMuch } from '../http/body-budget.js';
import { asFailure, type GatewayContext } from './context.js';
import type { Ending } from './exchange-facts.js';
import type { ExchangeRecord, SealedReceipt } from './exchange-record.js';
import { withReceipt } from './inline-receipt.js';
import { discardRest } from './read-body.js';
import type { AskedBy } from './report-exchange.js';
import { sendBody, sendFailure } from './respond.js';

/** The status that servers commonly log for a client that left; nobody receives it. */
const CLIENT_GONE = 499;

/** As far as an operator is told. */
type Told = Pick<Ending, 'status' | 'reason' | 'http' | 'answer'>;

const COLLAPSED: Told = { status: 'failed', reason: 'gateway/fault', http: 500, answer: null };
/** For what is told to the operator elsewhere. */
const SILENT = { onProblem: () => undefined };

export interface BodyAnswer {
  readonly status: Receipt['response']['status'];
  readonly reason: ReasonCode | null;
  readonly http: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
  readonly answer: AnswerFacts | null;
}

export class Delivery {
  // By calls, and not by properties: docs/decisions/0018-what-is-young-stays-young.md.
  #whenGone: ((reason: 'client/aborted' | 'gateway/closing') => void) | null = null;
  #whenCompleted: ((ending: Ending, receipt: string, contentType: string) => void) | null = null;
  #whenEnded: (() => void) | null = null;
  readonly #context: GatewayContext;
  readonly #surface: Surface;
  readonly #record: ExchangeRecord;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #askedBy: AskedBy;
  #contentType = '';
  #ended = false;
  #released = false;
  #streams = false;
  /** Bytes of the answer that are held for this exchange. */
  #held = 0;
  /** Bytes of the request that are held for it: as it came, and in every other form in which it is sent. */
  #heldRequest: number;

  constructor(
    context: GatewayContext,
    surface: Surface,
    record: ExchangeRecord,
    request: IncomingMessage,
    response: ServerResponse,
    askedBy: AskedBy,
  ) {
    this.#context = context;
    this.#surface = surface;
    this.#record = record;
    this.#request = request;
    this.#response = response;
    this.#askedBy = askedBy;
    this.#heldRequest = record.bodyLength;
    context.active.begin(record.id);
    response.once('close', () => {
      // Thousands may leave at once, and each leaves something to be sealed.
      if (!this.#ended) context.turns.run(() => this.#lost());
    });
  }

  /** `told`: called once when the connection is lost before the answer is complete, by the client or because the gateway is closing. */
  whenGone(told: (reason: 'client/aborted' | 'gateway/closing') => void): void {
    this.#whenGone = told;
  }

  /** `told`: called once when a whole answer has its receipt, of which the digest is given. */
  whenCompleted(told: (ending: Ending, receipt: string, contentType: string) => void): void {
    this.#whenCompleted = told;
  }

  /** `told`: called once when nothing more of the exchange is wanted from anywhere, however it ends. */
  whenEnded(told: () => void): void {
    this.#whenEnded = told;
  }

  #lost(): void {
    if (!this.#ended) this.#whenGone?.(this.#context.active.closing ? 'gateway/closing' : 'client/aborted');
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the client has already gone. */
  get gone(): boolean {
    return this.#response.destroyed && !this.#response.writableFinished;
  }

  /** Whether this stream carries acceptance and receipt as comments. */
  get carriesComments(): boolean {
    return this.#context.inline && this.takesComments;
  }

  /** Whether the client has not said that it wants no comments of ours, such as signs of life. */
  get takesComments(): boolean {
    return this.#request.headers['countersign-inline'] !== 'none';
  }

  /** The request is held in another form until the exchange ends, so many bytes of it. Throws `gateway/busy` when there are too many of all exchanges. */
  holdRequest(bytes: number): void {
    if (!this.#context.bodies.take(bytes, this.#heldRequest)) throw new Failure('gateway/busy');
    this.#heldRequest += bytes;
  }

  /** So many bytes more of an answer are held from now on. Throws `gateway/busy` when there are too many of all exchanges. */
  hold(bytes: number): void {
    if (!this.#context.answers.take(bytes, this.#held)) throw new Failure('gateway/busy');
    this.#held += bytes;
  }

  /** Nothing of an answer is held any more. */
  letGo(): void {
    this.#context.answers.give(this.#held);
    this.#held = 0;
  }

  /** Answers with an error of the gateway's own, under a receipt that says the request was refused. */
  refuse(failure: Failure, headers: OutgoingHttpHeaders = {}): void {
    this.#answerWithError('refused', failure, headers);
    if (failure.code === 'request/too-large') discardRest(this.#request);
  }

  /**
   * Answers with an error in the place of an answer that the policy does not let pass. `received`: its bytes, as they came; `answer`: what its receipt says of
   * it.
   */
  withhold(failure: Failure, received: Uint8Array, answer: AnswerFacts | null): void {
    this.#record.withheld(received);
    // To ask again at once would cost the operator as much again.
    this.#answerWithError('refused', failure, { 'x-should-retry': 'false' }, withoutContent(answer));
  }

  /** Answers with an error of the gateway's own, under a receipt that says that the exchange failed. */
  failWith(failure: Failure): void {
    this.#answerWithError('failed', failure);
  }

  /** Sends a whole answer and ends the exchange. */
  answer({ status, reason, http, headers, body, answer }: BodyAnswer): void {
    this.#contentType = String(headers['content-type'] ?? '');
    const digest: ResponseDigest = {
      form: 'body',
      commitment: toHex(commit(this.#record.opening, 'response', body)),
    };
    this.end({ status, reason, http, response: { digest, bytes: body }, answer }, sealed => {
      const head = {
        ...this.#record.answerHeaders(headers),
        'content-length': body.length,
        'countersign-receipt-digest': sealed.digest,
      };
      sendBody(this.#response, http, withReceipt(this.#response, http, head, sealed.entry), body);
      this.#hangUpUnread();
    });
  }

  /** Ends an exchange whose client is gone and was sent nothing. */
  abandonBody(reason: 'client/aborted' | 'gateway/closing'): void {
    this.end({ status: 'aborted', reason, http: CLIENT_GONE, response: null, answer: null });
  }

  /** The head leaves with the first part of the stream. */
  beginStream(http: number, headers: OutgoingHttpHeaders): void {
    this.#streams = true;
    this.#context.active.streams++;
    this.#contentType = String(headers['content-type'] ?? '');
    this.#response.writeHead(http, {
      ...this.#record.answerHeaders(headers),
      'cache-control': 'no-cache',
      // Some proxies hold streams back unless told not to.
      'x-accel-buffering': 'no',
    });
  }

  /** Writes a part of a stream. Returns false when the client reads too slowly and the caller should wait for {@link drained}. */
  write(bytes: Uint8Array): boolean {
    return this.#response.write(bytes);
  }

  /** Calls back when the client has read on; one that does not for too long is taken for gone. */
  drained(callback: () => void): void {
    if (this.#response.closed) return;
    const patience = setTimeout(() => this.#response.destroy(), this.#context.limits.readingTime);
    const stopWaiting = this.#await(() => this.#response.destroy());
    const gone = () => {
      clearTimeout(patience);
      stopWaiting?.();
    };
    this.#response.once('close', gone);
    this.#response.once('drain', () => {
      gone();
      this.#response.removeListener('close', gone);
      callback();
    });
  }

  finishStream(last: Uint8Array | null): void {
    if (last === null) this.#response.end();
    else this.#response.end(last);
    this.#hangUpUnread();
  }

  /**
   * Ends the exchange with its one receipt, and then calls `sealed`, which sends the rest of the answer; when no receipt could be kept, the
   * client has been told instead. Nothing more of the exchange is to be sent meanwhile.
   */
  end(ending: Ending, sealed: (receipt: SealedReceipt) => void = () => undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#whenEnded?.();
    this.#record.settle(ending);
    const completed = this.#context.now();
    this.#record.seal(ending, result => {
      this.#release();
      this.#tell(ending, completed, result instanceof Error ? asFailure(SILENT, result).code : null);
      try {
        if (result instanceof Error) this.#abandon(result);
        else {
          if (ending.status === 'completed') this.#whenCompleted?.(ending, result.digest, this.#contentType);
          sealed(result);
        }
      } catch (error) {
        this.collapse(error);
      }
    });
  }

  /** Ends an exchange that a fault of our own has kept from ending with a receipt: without one, and with an answer that is cut off. */
  collapse(error: unknown): void {
    const { code } = asFailure(this.#context, error);
    if (!this.#ended) {
      this.#whenEnded?.();
      this.#record.abandon();
      this.#tell(COLLAPSED, this.#context.now(), code);
    }
    this.#ended = true;
    this.#record.settle(null);
    this.#release();
    this.#response.destroy();
  }

  #tell(ending: Told, ended: number, unsealed: ReasonCode | null): void {
    const { observer } = this.#context;
    if (observer !== undefined) observer.ended(this.#record.report(this.#askedBy, ending, ended, unsealed));
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    if (this.#streams) this.#context.active.streams--;
    this.#context.active.end(this.#record.id);
    this.#context.bodies.give(this.#heldRequest);
    if (this.#response.closed) this.letGo();
    else this.#awaitReading();
  }

  /** What is still to be read by the client is held for so long, unless others need the room. */
  #awaitReading(): void {
    const stopWaiting = this.#await(() => {
      this.letGo();
      this.#response.destroy();
    });
    this.#response.once('close', () => {
      stopWaiting?.();
      this.letGo();
    });
  }

  #await(letGo: () => void): (() => void) | null {
    return isMuch(this.#held) ? this.#context.answers.await(letGo) : null;
  }

  /** A client that reads nothing of the end of its answer, which nobody waits for any more, is hung up on. */
  #hangUpUnread(): void {
    // The listener stays as long as the connection, and so must not know of this exchange: its bytes would stay with it.
    const response = this.#response;
    response.setTimeout(this.#context.limits.readingTime, () => response.destroy());
  }

  #answerWithError(
    status: 'refused' | 'failed',
    failure: Failure,
    more: OutgoingHttpHeaders = {},
    answer: AnswerFacts | null = null,
  ): void {
    const { status: http, body } = this.#surface.failureBody(failure);
    const headers: OutgoingHttpHeaders = {
      'content-type': 'application/json',
      'countersign-reason': failure.code,
      ...more,
    };
    if (failure.code === 'request/too-large') headers.connection = 'close';
    this.answer({ status, reason: failure.code, http, headers, body, answer });
  }

  /** No receipt could be kept, so no answer may look as if there were one. */
  #abandon(error: unknown): void {
    const failure = asFailure(this.#context, error);
    // The log reports its own troubles once and for all; of those of vault and archive the operator would hear nothing.
    if (failure.code === 'vault/unavailable' || failure.code === 'archive/unavailable')
      this.#context.onProblem(failure.message);
    if (this.#response.headersSent) this.#response.destroy();
    else sendFailure(this.#response, this.#surface, failure);
  }
}

/** What was in an answer that the client did not get is nothing that its receipt has commitments for. */
export function withoutContent(answer: AnswerFacts | null): AnswerFacts | null {
  return answer === null ? null : { ...answer, toolCalls: [], images: [] };
}
