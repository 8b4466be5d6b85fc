/**
 * An answer that comes as server-sent events: each is chained, read and passed on at once, with the acceptance in front of the first and
 * the receipt in front of the last.
 */
import { ByteCollector } from '../../bytes/collector.js';
import { toHex } from '../../bytes/hex.js';
import { concat, fromUtf8 } from '../../bytes/octets.js';
import { type EventBlock, EventSplitter, eventBytes, eventData } from '../../exchange/server-sent-events.js';
import type { AnswerReader, Surface } from '../../exchange/surface.js';
import type { Transfer, UpstreamHead } from '../../exchange/upstream.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { ACCEPTANCE_COMMENT, commentLine, RECEIPT_COMMENT } from '../../receipt/inline.js';
import type { Receipt } from '../../receipt/receipt.js';
import { StreamChain } from '../../receipt/stream-chain.js';
import type { GatewayLimits } from './context.js';
import type { Delivery } from './delivery.js';
import type { ExchangeRecord, SealedReceipt } from './exchange-record.js';
import type { Relay } from './relay.js';
import { forwardedHeaders } from './respond.js';

/** How long an upstream may take to end after its terminal event, in milliseconds. */
const LINGER = 1000;
/** A comment that only an issuer may write; an upstream that sends one is trying to pass for us. */
const RESERVED_COMMENT = /^\s*countersign-/i;

export class StreamRelay implements Relay {
  readonly #limits: GatewayLimits;
  readonly #surface: Surface;
  readonly #record: ExchangeRecord;
  readonly #delivery: Delivery;
  readonly #transfer: Transfer | null;
  readonly #http: number;
  readonly #splitter: EventSplitter;
  readonly #chain: StreamChain;
  readonly #reader: AnswerReader;
  /** What the client has been sent, comments of ours aside: this is what the vault keeps. */
  readonly #sent = new ByteCollector();
  #accepted = false;
  /** How many events the client has been sent. */
  #events = 0;
  #waiting = false;

  constructor(
    limits: GatewayLimits,
    surface: Surface,
    record: ExchangeRecord,
    delivery: Delivery,
    head: UpstreamHead,
    transfer: Transfer | null,
  ) {
    this.#limits = limits;
    this.#surface = surface;
    this.#record = record;
    this.#delivery = delivery;
    this.#transfer = transfer;
    this.#http = head.status;
    this.#reader = surface.newReader();
    this.#splitter = new EventSplitter(limits.eventBytes);
    this.#chain = new StreamChain(record.opening);
    delivery.beginStream(head.status, forwardedHeaders(head.headers));
  }

  data(chunk: Uint8Array): void {
    this.#relayAll(this.#splitter.push(chunk));
  }

  /**
   * The upstream closed the stream without its terminal event. That is an end only if it had said that the model was finished, or that it
   * failed itself.
   */
  end(): void {
    this.#relayAll(this.#splitter.end());
    if (this.#delivery.ended) return;
    if (this.#reader.failed) {
      if (this.#seal('failed', 'upstream/error') !== null) this.#delivery.finishStream(null);
      return;
    }
    if (!this.#reader.finished) throw new Failure('upstream/broken', { detail: 'no end of the stream' });
    if (this.#seal('completed', null) !== null) this.#delivery.finishStream(null);
  }

  fail(failure: Failure): void {
    const raw = this.#surface.failureEvent(failure, this.#events);
    this.#finish(readEvent(raw), 'failed', failure.code);
  }

  abort(reason: 'client/aborted' | 'gateway/closing'): void {
    this.#seal('aborted', reason);
  }

  #relayAll(blocks: readonly EventBlock[]): void {
    for (const block of blocks) {
      if (this.#delivery.ended) return;
      this.#relay(block);
    }
  }

  #relay(block: EventBlock): void {
    const raw = block.comments.some(isReserved) ? withoutReserved(block.raw) : block.raw;
    if (block.event === null) {
      this.#write(raw);
      return;
    }
    if (this.#sent.length + raw.length > this.#limits.responseBytes) throw new Failure('upstream/oversized');
    const type = block.event.event === null ? null : fromUtf8(block.event.event);
    const isLast = this.#reader.event({ type, data: fromUtf8(eventData(block.event)) });
    if (isLast) {
      const { failed } = this.#reader;
      this.#finish({ ...block, raw }, failed ? 'failed' : 'completed', failed ? 'upstream/error' : null);
      return;
    }
    this.#keep(raw, block);
    this.#write(concat(this.#acceptance(), raw));
  }

  /** The last event: sealed first, because the receipt that goes in front of it commits to it. */
  #finish(block: EventBlock, status: Receipt['response']['status'], reason: ReasonCode | null): void {
    this.#keep(block.raw, block);
    const acceptance = this.#acceptance();
    const sealed = this.#seal(status, reason);
    if (sealed === null) return;
    const receipt = this.#delivery.carriesComments
      ? commentLine(RECEIPT_COMMENT, sealed.envelope)
      : new Uint8Array();
    this.#delivery.finishStream(concat(acceptance, receipt, block.raw));
    // An upstream that ends where it said it would keeps its connection for the next request.
    setTimeout(() => this.#transfer?.abort(), LINGER).unref();
  }

  /** The acceptance's comment line, in front of the first event only. */
  #acceptance(): Uint8Array {
    if (this.#accepted || !this.#delivery.carriesComments) return new Uint8Array();
    this.#accepted = true;
    return commentLine(ACCEPTANCE_COMMENT, this.#record.accept());
  }

  #keep(raw: Uint8Array, { event }: EventBlock): void {
    if (event !== null) {
      this.#chain.add(eventBytes(event));
      this.#events++;
    }
    this.#sent.add(raw);
  }

  /** A client that reads slowly slows the upstream down instead of filling our memory. */
  #write(bytes: Uint8Array): void {
    if (this.#delivery.write(bytes) || this.#waiting) return;
    this.#waiting = true;
    this.#transfer?.pause();
    this.#delivery.drained(() => {
      this.#waiting = false;
      this.#transfer?.resume();
    });
  }

  #seal(status: Receipt['response']['status'], reason: ReasonCode | null): SealedReceipt | null {
    const digest = { form: 'stream', link: toHex(this.#chain.link) } as const;
    const response = { digest, bytes: this.#sent.bytes };
    return this.#delivery.end({ status, reason, http: this.#http, response, answer: this.#reader.answer });
  }
}

function readEvent(raw: Uint8Array): EventBlock {
  const [block] = new EventSplitter(raw.length).push(raw);
  return block as EventBlock;
}

function isReserved(comment: Uint8Array): boolean {
  return RESERVED_COMMENT.test(Buffer.from(comment.subarray(0, 64)).toString('latin1'));
}

/** The block without its reserved comment lines; every other line stays as it came. */
function withoutReserved(raw: Uint8Array): Uint8Array {
  const lines = Buffer.from(raw)
    .toString('latin1')
    .split(/(?<=\r\n|\n|\r(?!\n))/);
  return Buffer.from(
    lines.filter(line => !line.startsWith(':') || !RESERVED_COMMENT.test(line.slice(1))).join(''),
    'latin1',
  );
}
