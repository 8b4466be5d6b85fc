/**
 * Checking a streamed answer while it arrives: the acceptance with the first event, every event into the chain, the receipt before the last
 * event is passed on.
 *
 * The stream is hostile. What has been passed on before the receipt is the issuer's only if the stream ends well; the last event comes after
 * that is known, so that a stream that is not the issuer's never looks complete.
 */
import { toHex } from '../bytes/hex.js';
import { concatAll, equal, utf8 } from '../bytes/octets.js';
import { type EventBlock, EventSplitter, eventBytes, MAX_LINES } from '../exchange/server-sent-events.js';
import { Failure } from '../reason.js';
import { type Envelope, parseEnvelope } from '../receipt/envelope.js';
import { ACCEPTANCE_COMMENT, isReservedComment, RECEIPT_COMMENT } from '../receipt/inline.js';
import { type ReceiptStatement, responseDigest } from '../receipt/receipt.js';
import { StreamChain } from '../receipt/stream-chain.js';
import { HeldBytes } from './held-bytes.js';
import { endsStream } from './last-event.js';

/** What the check needs of whoever knows the exchange. Each may throw a failure; the stream has then failed. */
export interface StreamJudge {
  acceptance(acceptance: Envelope): Promise<void>;
  /** Judges the receipt in all but the events. */
  receipt(receipt: Envelope, acceptance: Envelope): Promise<ReceiptStatement>;
  /** The link of the chain is the receipt's: the stream is whole, and its last event is passed on next. */
  complete(receipt: Envelope, acceptance: Envelope): Promise<void>;
  /** The receipt of a stream that has ended without one. Throws when there is none. */
  fetchReceipt(): Promise<Envelope>;
}

export class StreamCheck {
  readonly #judge: StreamJudge;
  readonly #splitter: EventSplitter;
  readonly #chain: StreamChain;
  readonly #maxEvent: number;
  #acceptance: Envelope | null = null;
  #complete = false;
  /** Only the stream's first bytes can be a mark, which is not passed on. */
  #first = true;
  readonly #held = new HeldBytes();
  /** Comments that came in blocks of their own, as some APIs' clients need them: they belong to the event that comes next. */
  readonly #apart: Uint8Array[] = [];

  /** @param maxEvent the most bytes that one event, its comments included, may have */
  constructor(opening: Uint8Array, judge: StreamJudge, maxEvent: number) {
    this.#judge = judge;
    this.#splitter = new EventSplitter(maxEvent, MAX_LINES);
    this.#chain = new StreamChain(opening);
    this.#maxEvent = maxEvent;
  }

  /**
   * Takes the next bytes, and returns those that may be passed on. Throws the failure of the stream, after which nothing more of it may be
   * given.
   */
  async push(chunk: Uint8Array): Promise<Uint8Array> {
    this.#held.add(chunk);
    return this.#takeAll(() => this.#splitter.push(chunk));
  }

  /** Says that nothing more will come, and returns what may still be passed on. Throws as {@link push} does. */
  async end(): Promise<Uint8Array> {
    const last = await this.#takeAll(() => this.#splitter.end());
    // Clients drop a block that has not ended, and it is covered by nothing.
    if (this.#splitter.rest.length > 0) throw new Failure('client/stream-cut');
    const [trailing, ...surplus] = this.#apart.splice(0);
    if (surplus.length > 0 || (trailing !== undefined && this.#complete))
      throw new Failure('client/comment-misplaced');
    if (trailing !== undefined)
      await this.#finish(readComment(RECEIPT_COMMENT, trailing), 'client/stream-cut');
    // An upstream may close the stream where a last event belongs; the receipt is then not in the stream.
    if (!this.#complete) await this.#finish(await this.#judge.fetchReceipt(), 'client/stream-cut');
    return last;
  }

  /** Whether the receipt has been seen and covers every event so far. */
  get isComplete(): boolean {
    return this.#complete;
  }

  /** What has come and has not been passed on. */
  get held(): Uint8Array {
    return this.#held.bytes;
  }

  async #takeAll(split: () => readonly EventBlock[]): Promise<Uint8Array> {
    const passed: Uint8Array[] = [];
    for (const block of blocksOf(split)) {
      await this.#take(block);
      passed.push(block.raw);
    }
    const bytes = concatAll(passed);
    this.#release(bytes.length);
    return bytes;
  }

  #release(count: number): void {
    if (count === 0) return;
    if (this.#first) this.#held.dropMark();
    this.#first = false;
    this.#held.drop(count);
  }

  async #take({ raw, event, comments }: EventBlock): Promise<void> {
    // The splitter looks at what has not ended alone: that a block came in one part must not make a difference.
    if (raw.length > this.#maxEvent) throw tooLarge();
    const reserved = [...this.#apart.splice(0), ...comments.filter(isReservedComment)];
    if (event === null) {
      // An acceptance and a receipt are all that there can be.
      if (reserved.length > 2) throw new Failure('client/comment-misplaced');
      this.#apart.push(...reserved);
      return;
    }
    if (this.#complete) throw new Failure('content/response-mismatch');
    const acceptance = this.#acceptance ?? (await this.#accept(reserved.shift()));
    this.#acceptance = acceptance;
    this.#chain.add(eventBytes(event));
    const receipt = reserved.shift();
    if (reserved.length > 0) throw new Failure('client/comment-misplaced');
    if (receipt !== undefined)
      await this.#finish(readComment(RECEIPT_COMMENT, receipt), 'content/response-mismatch');
    else if (endsStream(event)) throw new Failure('client/receipt-missing');
  }

  async #accept(comment: Uint8Array | undefined): Promise<Envelope> {
    if (comment === undefined) throw new Failure('client/acceptance-missing');
    const acceptance = readComment(ACCEPTANCE_COMMENT, comment);
    await this.#judge.acceptance(acceptance);
    return acceptance;
  }

  /** @param otherwise what it means that the receipt covers other events than those that have come */
  async #finish(
    receipt: Envelope,
    otherwise: 'client/stream-cut' | 'content/response-mismatch',
  ): Promise<void> {
    if (this.#acceptance === null) throw new Failure('client/stream-cut');
    const { subject } = await this.#judge.receipt(receipt, this.#acceptance);
    const digest = responseDigest(subject);
    if (digest?.form !== 'stream' || digest.link !== toHex(this.#chain.link)) throw new Failure(otherwise);
    await this.#judge.complete(receipt, this.#acceptance);
    this.#complete = true;
  }
}

/** Throws `client/comment-misplaced` for another comment, `json/…` or `envelope/…`. */
function readComment(prefix: string, comment: Uint8Array): Envelope {
  const start = utf8(prefix);
  if (!equal(comment.subarray(0, start.length), start)) throw new Failure('client/comment-misplaced');
  return parseEnvelope(comment.subarray(start.length));
}

function blocksOf(split: () => readonly EventBlock[]): readonly EventBlock[] {
  try {
    return split();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // The splitter speaks as a gateway does of its upstream; here the gateway itself is on the other side.
    throw error.code === 'upstream/oversized' ? tooLarge() : new Failure('content/response-mismatch');
  }
}

function tooLarge(): Failure {
  return new Failure('client/answer-too-large', { detail: 'one event' });
}
