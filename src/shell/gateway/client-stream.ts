/**
 * A stream as the client gets it: each event chained and passed on, with the acceptance in front of the first and the receipt in front of
 * the last. It may begin before any upstream has answered, because a connection on which nothing moves is soon taken for dead.
 */
import { ByteCollector } from '../../bytes/collector.js';
import { toHex } from '../../bytes/hex.js';
import { concat, utf8 } from '../../bytes/octets.js';
import { type EventBlock, EventSplitter, eventBytes } from '../../exchange/server-sent-events.js';
import type { AnswerFacts, Surface } from '../../exchange/surface.js';
import type { Transfer } from '../../exchange/upstream.js';
import type { Failure, ReasonCode } from '../../reason.js';
import { ACCEPTANCE_COMMENT, commentLine, RECEIPT_COMMENT } from '../../receipt/inline.js';
import type { Receipt } from '../../receipt/receipt.js';
import { StreamChain } from '../../receipt/stream-chain.js';
import { type Delivery, withoutContent } from './delivery.js';
import type { ExchangeRecord, SealedReceipt } from './exchange-record.js';

/** A comment line of the block that comes next: a block of its own some clients would take for an event, and others need. */
const NOTHING = new Uint8Array();
const LINE_END = utf8('\n');
const KEEP_ALIVE = utf8(': keep-alive\n');

export class ClientStream {
  /** Where the events come from, to be slowed down when the client reads slowly. */
  source: Transfer | null = null;
  readonly #surface: Surface;
  readonly #record: ExchangeRecord;
  readonly #delivery: Delivery;
  /** Null before the first event: most answers are no streams. */
  #chain: StreamChain | null = null;
  /** What the client has been sent, comments of ours aside: this is what the vault keeps. */
  readonly #sent = new ByteCollector();
  #http: number | null = null;
  #accepted = false;
  #events = 0;
  #waiting = false;
  #signs: NodeJS.Timeout | null = null;

  constructor(surface: Surface, record: ExchangeRecord, delivery: Delivery) {
    this.#surface = surface;
    this.#record = record;
    this.#delivery = delivery;
  }

  /** Whether the client has been told that its answer is a stream. */
  get begun(): boolean {
    return this.#http !== null;
  }

  /** Whether the client has got a part of the answer, so that no other answer can take its place. */
  get committed(): boolean {
    return this.#events > 0;
  }

  get #links(): StreamChain {
    this.#chain ??= new StreamChain(this.#record.opening);
    return this.#chain;
  }

  /** How many bytes of an answer the client has been sent. */
  get length(): number {
    return this.#sent.length;
  }

  /** Tells the client that its answer is a stream, unless it has been told. */
  begin(http: number, headers: Readonly<Record<string, string>>): void {
    if (this.#http !== null) return;
    this.#http = http;
    this.#delivery.beginStream(http, headers);
  }

  /** From now on gives a sign of life whenever nothing else has been written for so many milliseconds, until {@link fallSilent}; to a client that takes none, none. */
  keepAlive(interval: number): void {
    if (this.#signs !== null || !this.#delivery.takesComments) return;
    this.#signs = setTimeout(() => {
      this.begin(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      this.#write(this.#surface.commentsApart ? concat(KEEP_ALIVE, LINE_END) : KEEP_ALIVE);
      this.#signs?.refresh();
    }, interval);
  }

  fallSilent(): void {
    if (this.#signs !== null) clearTimeout(this.#signs);
    this.#signs = null;
  }

  /** Passes on a block that is no event. */
  comment(raw: Uint8Array): void {
    this.#write(raw);
  }

  /** Passes on an event that is not the last. */
  event(block: EventBlock): void {
    this.#keep(block);
    this.#write(this.#accepted ? block.raw : concat(this.#acceptance(), block.raw));
  }

  /** The last event: sealed first, because the receipt that goes in front of it commits to it. */
  finish(
    block: EventBlock,
    status: Receipt['response']['status'],
    reason: ReasonCode | null,
    answer: AnswerFacts | null,
  ): void {
    this.#keep(block);
    const acceptance = this.#acceptance();
    this.#seal(status, reason, answer, ({ entry }) => {
      const receipt = this.#delivery.carriesComments ? this.#comment(RECEIPT_COMMENT, entry) : NOTHING;
      this.#delivery.finishStream(concat(acceptance, receipt, block.raw));
    });
  }

  /**
   * Ends where the upstream did, without an event that says so. Where comments stand apart, the receipt needs no event and comes at the end; elsewhere
   * there is none to carry it.
   */
  close(status: Receipt['response']['status'], reason: ReasonCode | null, answer: AnswerFacts | null): void {
    const isCarried = this.#surface.commentsApart && this.#delivery.carriesComments;
    this.#seal(status, reason, answer, ({ entry }) =>
      this.#delivery.finishStream(isCarried ? this.#comment(RECEIPT_COMMENT, entry) : null),
    );
  }

  /** Ends with an error of the gateway's own. `refused`: where the answer is there and is not passed on. */
  fail(failure: Failure, answer: AnswerFacts | null, status: 'failed' | 'refused' = 'failed'): void {
    this.begin(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    const raw = this.#surface.failureEvent(failure, this.#events);
    const [block] = new EventSplitter(raw.length).push(raw);
    this.finish(block as EventBlock, status, failure.code, answer);
  }

  /** Ends with an error in the place of an answer that the policy does not let pass. `received`: its bytes, as they came. */
  withhold(failure: Failure, received: Uint8Array, answer: AnswerFacts | null): void {
    this.#record.withheld(received);
    this.fail(failure, withoutContent(answer), 'refused');
  }

  /** Ends because the connection to the client is lost. */
  abort(reason: 'client/aborted' | 'gateway/closing', answer: AnswerFacts | null): void {
    this.#seal('aborted', reason, answer);
  }

  /** The acceptance's comment line, in front of the first event only. */
  #acceptance(): Uint8Array {
    if (this.#accepted) return NOTHING;
    this.#accepted = true;
    if (!this.#delivery.carriesComments) return NOTHING;
    return this.#comment(ACCEPTANCE_COMMENT, this.#record.acceptance);
  }

  #comment(prefix: string, entry: Uint8Array): Uint8Array {
    const line = commentLine(prefix, entry);
    return this.#surface.commentsApart ? concat(line, LINE_END) : line;
  }

  #keep({ raw, event }: EventBlock): void {
    if (event !== null) {
      this.#links.add(eventBytes(event));
      this.#events++;
    }
    this.#sent.add(raw);
  }

  /** A client that reads slowly slows the upstream down instead of filling our memory. */
  #write(bytes: Uint8Array): void {
    this.#signs?.refresh();
    if (this.#delivery.write(bytes) || this.#waiting) return;
    this.#waiting = true;
    this.source?.pause();
    this.#delivery.drained(() => {
      this.#waiting = false;
      this.source?.resume();
    });
  }

  #seal(
    status: Receipt['response']['status'],
    reason: ReasonCode | null,
    answer: AnswerFacts | null,
    sealed?: (receipt: SealedReceipt) => void,
  ): void {
    const digest = { form: 'stream', link: toHex(this.#links.link) } as const;
    const response = { digest, bytes: this.#sent.bytes };
    this.#delivery.end({ status, reason, http: this.#http ?? 200, response, answer }, sealed);
  }
}
