/**
 * From an answer as it comes to an answer that its reader can rely on: checked before it is passed on when it is one body, while it passes when
 * it is a stream.
 *
 * A failure comes to the reader of the body, and not as an answer that never came: an SDK would take that for a broken connection, ask again,
 * and nobody would hear of the failure.
 */
import { toBase64Url } from '../bytes/base64.js';
import { fromUtf8 } from '../bytes/octets.js';
import { Failure, type ReasonCode } from '../reason.js';
import { MAX_BUNDLE_BYTES, parseBundle } from '../receipt/bundle.js';
import { type Envelope, envelopeBytes } from '../receipt/envelope.js';
import { readUpTo, streamOf } from './bounded-body.js';
import { type ExchangeHeaders, readExchangeHeaders } from './exchange-headers.js';
import { bundleAddress, gatewayOf } from './gateway-address.js';
import type { KeptExchanges } from './kept-exchanges.js';
import type { Unverified, Verified } from './outcome.js';
import type { Outgoing } from './outgoing.js';
import { type Ask, askPeer } from './peer.js';
import { type Exchange, judgeAcceptance, judgeReceipt, type ReceiptJudge } from './receipt-judge.js';
import { copyOf, unreadable } from './response-copy.js';
import { StreamCheck } from './stream-check.js';

/** Which answers may come without a receipt. */
export type WithoutReceipt = 'nothing' | 'errors' | 'everything';

export interface AnswerRules extends ReceiptJudge {
  readonly onFailure: 'throw' | ((outcome: Unverified) => void);
  readonly onVerified: (outcome: Verified) => void;
  readonly withoutReceipt: WithoutReceipt;
  readonly maxAnswerBytes: number;
  readonly maxEventBytes: number;
  readonly kept: KeptExchanges;
  readonly ask: Ask;
}

/** The answer to `outgoing`, which was sent with this nonce at that time, as its reader may have it. */
export async function checkAnswer(
  response: Response,
  outgoing: Outgoing,
  { nonce, sentAt }: Pick<Exchange, 'nonce' | 'sentAt'>,
  rules: AnswerRules,
): Promise<Response> {
  let headers: ExchangeHeaders | null;
  try {
    headers = readExchangeHeaders(response.headers);
    if (headers === null) {
      if (mayLackReceipt(response, rules.withoutReceipt)) return response;
      throw new Failure('client/receipt-missing');
    }
    await rules.kept.begin(headers.exchange);
  } catch (error) {
    return failedAnswer(response, response.body, null, error, rules);
  }
  const exchange: Exchange = {
    exchange: headers.exchange,
    opening: headers.opening,
    request: outgoing.body,
    nonce,
    sentAt,
    status: response.status,
  };
  const answer = new ArrivingAnswer(exchange, outgoing, rules);
  const isStream = /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '');
  return isStream && response.body !== null
    ? answer.stream(response, response.body)
    : answer.body(response, headers.receipt);
}

function mayLackReceipt({ status }: Response, without: WithoutReceipt): boolean {
  return without === 'everything' || (without === 'errors' && status >= 400);
}

class ArrivingAnswer {
  readonly #exchange: Exchange;
  readonly #outgoing: Outgoing;
  readonly #rules: AnswerRules;

  constructor(exchange: Exchange, outgoing: Outgoing, rules: AnswerRules) {
    this.#exchange = exchange;
    this.#outgoing = outgoing;
    this.#rules = rules;
  }

  async body(response: Response, inline: Envelope | null): Promise<Response> {
    const { maxAnswerBytes, onVerified } = this.#rules;
    try {
      const read = await readUpTo(response.body, maxAnswerBytes);
      if (read.kind === 'too-long') {
        const error = new Failure('client/answer-too-large', { detail: `over ${maxAnswerBytes} bytes` });
        return this.#failed(response, streamOf(read.bytes, read.rest), error);
      }
      try {
        // A receipt with a few tool calls may not fit into a header that passes every proxy.
        const receipt = inline ?? (await this.#fetchReceipt('client/receipt-missing'));
        const { statement: _, ...verified } = await this.#judge(receipt, {
          response: read.bytes,
          acceptance: null,
        });
        await this.#keep({ receipt, acceptance: null });
        onVerified(verified);
      } catch (error) {
        return this.#failed(response, read.bytes, error);
      }
      return copyOf(response, read.bytes);
    } finally {
      this.#end();
    }
  }

  stream(response: Response, body: ReadableStream<Uint8Array>): Response {
    const reader = body.getReader();
    let verified: Verified | null = null;
    let failure: Failure | null = null;
    let failed = false;
    let ended = false;
    const check = new StreamCheck(
      this.#exchange.opening,
      {
        acceptance: async acceptance => {
          await judgeAcceptance(acceptance, this.#exchange, this.#rules);
          await this.#keep({ receipt: null, acceptance });
        },
        receipt: async (receipt, acceptance) => {
          const { statement, ...outcome } = await this.#judge(receipt, { response: null, acceptance });
          verified = outcome;
          return statement;
        },
        complete: (receipt, acceptance) => this.#keep({ receipt, acceptance }),
        fetchReceipt: () => this.#fetchReceipt('client/stream-cut'),
      },
      this.#rules.maxEventBytes,
    );
    const end = () => {
      if (ended) return;
      ended = true;
      this.#end();
      if (!failed && check.isComplete && verified !== null) this.#rules.onVerified(verified);
    };
    const next = async (): Promise<Uint8Array | null> => {
      const { done, value } = await reader.read();
      if (failed) return done ? null : value;
      try {
        if (!done) return await check.push(value);
        const last = await check.end();
        end();
        return last.length === 0 ? null : last;
      } catch (error) {
        failed = true;
        failure = error instanceof Failure ? error : null;
        this.#end();
        this.#report(error);
        return check.held;
      }
    };
    const checked = new ReadableStream<Uint8Array>({
      pull: async controller => {
        let bytes: Uint8Array | null;
        try {
          do bytes = await next();
          while (bytes?.length === 0);
        } catch (error) {
          this.#end();
          // Stops what still comes; that this may fail as well changes nothing.
          reader.cancel(error).catch(() => undefined);
          throw error;
        }
        if (bytes === null) controller.close();
        else controller.enqueue(bytes);
      },
      cancel: async reason => {
        end();
        await reader.cancel(reason);
      },
    });
    return copyOf(response, checked, () => failure);
  }

  #judge(receipt: Envelope, given: { response: Uint8Array | null; acceptance: Envelope | null }) {
    return judgeReceipt(receipt, this.#exchange, this.#rules, given);
  }

  async #fetchReceipt(otherwise: ReasonCode): Promise<Envelope> {
    const { signal, url } = this.#outgoing;
    const address = bundleAddress(gatewayOf(url), this.#exchange.exchange, null);
    try {
      const { status, bytes } = await askPeer(this.#rules.ask, address, MAX_BUNDLE_BYTES, { signal });
      if (status === 200) return parseBundle(bytes).envelope;
      throw new Failure(otherwise, { detail: `HTTP ${status} for it` });
    } catch (error) {
      throw error instanceof Failure && error.code !== otherwise
        ? new Failure(otherwise, { detail: error.code })
        : error;
    }
  }

  async #keep({ receipt, acceptance }: { receipt: Envelope | null; acceptance: Envelope | null }) {
    const { exchange, opening, sentAt } = this.#exchange;
    await this.#rules.kept.keep({
      acceptance: acceptance === null ? null : envelopeText(acceptance),
      bundle: null,
      exchange,
      gateway: gatewayOf(this.#outgoing.url),
      opening: toBase64Url(opening),
      receipt: receipt === null ? null : envelopeText(receipt),
      sentAt,
      stamps: [],
    });
  }

  #end(): void {
    this.#rules.kept.end(this.#exchange.exchange);
  }

  /** Tells of a failure, or throws it where it is to be thrown. */
  #report(error: unknown): void {
    report(error, this.#exchange.exchange, this.#rules);
  }

  #failed(response: Response, body: Uint8Array | ReadableStream<Uint8Array>, error: unknown): Response {
    return failedAnswer(response, body, this.#exchange.exchange, error, this.#rules);
  }
}

function report(error: unknown, exchange: string | null, { onFailure }: AnswerRules): void {
  if (onFailure === 'throw' || !(error instanceof Failure)) throw error;
  onFailure({ verified: false, exchange, failure: error });
}

/** An answer that failed: with a body that cannot be read, or flagged and as it came. */
function failedAnswer(
  response: Response,
  body: Uint8Array | ReadableStream<Uint8Array> | null,
  exchange: string | null,
  error: unknown,
  rules: AnswerRules,
): Response {
  try {
    report(error, exchange, rules);
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    // What still comes is not wanted; that stopping it may fail as well changes nothing.
    if (body instanceof ReadableStream) body.cancel(thrown).catch(() => undefined);
    return unreadable(response, thrown);
  }
  return copyOf(response, body);
}

/** An envelope's bytes are JSON, and so is its text. */
function envelopeText(envelope: Envelope): string {
  return fromUtf8(envelopeBytes(envelope)) as string;
}
