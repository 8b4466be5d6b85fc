/** An upstream's answer that comes as server-sent events: each is read and passed on at once. */
import { concat, fromUtf8 } from '../../bytes/octets.js';
import {
  type EventBlock,
  EventSplitter,
  eventBytes,
  eventData,
  MAX_LINES,
  type ServerSentEvent,
} from '../../exchange/server-sent-events.js';
import type { AnswerFacts, AnswerReader, StreamEvent } from '../../exchange/surface.js';
import type { UpstreamHead } from '../../exchange/upstream.js';
import { Failure } from '../../reason.js';
import { isReservedComment } from '../../receipt/inline.js';
import { StreamChain } from '../../receipt/stream-chain.js';
import type { ClientStream } from './client-stream.js';
import type { GatewayLimits } from './context.js';
import type { Delivery } from './delivery.js';
import type { HostAnswer } from './host-answer.js';
import type { Appraisal, Verdict } from './policy/appraisal.js';
import type { AnswerRestorer } from './redaction/answer-restorer.js';
import type { Relay } from './relay.js';
import { forwardedHeaders } from './respond.js';

/** How long an upstream may take to end after its terminal event, in milliseconds. */
const LINGER = 1000;

export interface StreamRelayOptions {
  readonly limits: GatewayLimits;
  readonly reader: AnswerReader;
  readonly translation: HostAnswer | null;
  readonly restorer: AnswerRestorer | null;
  readonly stream: ClientStream;
  readonly delivery: Delivery;
  readonly head: UpstreamHead;
  readonly appraisal: Appraisal | null;
  /** Lets go of an upstream whose stream begins with an error, if another can be asked; returns whether that is so. */
  readonly giveUp: () => boolean;
  /** Called with each comment that only an issuer may write, which is not passed on. */
  readonly onReserved: (comment: Uint8Array) => void;
  /** The upstream's opening for this exchange, once its head has come; null where it has none. */
  readonly opening: () => Uint8Array | null;
}

export class StreamRelay implements Relay {
  readonly #options: StreamRelayOptions;
  readonly #splitter: EventSplitter;
  #given = false;
  #blocks = 0;
  /** Bytes of blocks that are not kept: of those that are no events, and of those that are translated. */
  #unkept = 0;
  /** What is held back until there is content, or the final checks have been made, and how long it is. */
  readonly #held: EventBlock[] = [];
  #heldBytes = 0;
  /** Whether the checks of the first byte have been made. */
  #isAppraised = false;
  /** Over the events as the upstream sent them, where its own receipt is to be judged. */
  #chain: StreamChain | null = null;

  constructor(options: StreamRelayOptions) {
    this.#options = options;
    this.#splitter = new EventSplitter(options.limits.responseBytes, MAX_LINES);
  }

  get begun(): boolean {
    const { reader, translation } = this.#options;
    return (translation ?? reader).begun;
  }

  data(chunk: Uint8Array): void {
    this.#relayAll(this.#splitter.push(chunk));
  }

  /**
   * The upstream closed the stream without its terminal event. That is an end only if it had said that the model was finished, or that it
   * failed itself.
   */
  end(): void {
    const { reader, stream, translation, restorer } = this.#options;
    this.#relayAll(this.#splitter.end());
    if (translation !== null && !this.#isOver) this.#passAll(translation.end());
    if (restorer !== null) this.#giveAll(restorer.end());
    if (this.#isOver) return;
    if (!this.#failed && !reader.finished)
      throw new Failure('upstream/broken', { detail: 'no end of the stream' });
    if (this.#isStopped(this.#final())) return;
    this.#begin();
    this.#release();
    if (this.#failed) stream.close('failed', 'upstream/error', this.#answer);
    else stream.close('completed', null, this.#answer);
  }

  fail(failure: Failure): void {
    const { stream, delivery } = this.#options;
    // Of what waits for the final checks, the client has seen nothing, and gets nothing.
    if (this.#awaitsChecks && !stream.begun) {
      delivery.failWith(failure);
      return;
    }
    if (!this.#awaitsChecks && this.#held.length > 0) {
      this.#begin();
      this.#release();
    }
    stream.fail(failure, this.#answer);
  }

  appraiseCut(): void {
    this.#options.appraisal?.final(this.#answer, null);
  }

  abort(reason: 'client/aborted' | 'gateway/closing'): void {
    this.#options.stream.abort(reason, this.#answer);
  }

  #begin(): void {
    const { stream, head } = this.#options;
    if (!stream.begun) stream.begin(head.status, forwardedHeaders(head.headers));
  }

  #relayAll(blocks: readonly EventBlock[]): void {
    for (const block of blocks) {
      if (this.#isOver) return;
      if (++this.#blocks > this.#options.limits.events)
        throw new Failure('upstream/oversized', { detail: 'too many events' });
      this.#relay(block);
    }
  }

  get #answer(): AnswerFacts {
    const { reader, translation } = this.#options;
    return translation?.facts(reader.answer) ?? reader.answer;
  }

  /** Whether the upstream has said that it failed, in its own dialect or as the client hears it. */
  get #failed(): boolean {
    const { reader, translation } = this.#options;
    return reader.failed || translation?.failed === true;
  }

  get #isOver(): boolean {
    return this.#given || this.#options.delivery.ended;
  }

  #relay(block: EventBlock): void {
    const { stream, translation, onReserved } = this.#options;
    const reserved = block.comments.filter(isReservedComment);
    for (const comment of reserved) onReserved(comment);
    const raw = reserved.length > 0 ? withoutReserved(block.raw) : block.raw;
    if (block.event === null) {
      this.#countUnkept(raw);
      if (this.#awaitsChecks) this.#hold({ ...block, raw });
      else {
        // A sign of life does not wait for the content that it is to bridge the time to.
        this.#begin();
        stream.comment(raw);
      }
      return;
    }
    this.#link(block.event);
    if (translation === null) {
      this.#pass({ ...block, raw });
      return;
    }
    this.#countUnkept(raw);
    this.#passAll(translation.event(readEvent(block.event)));
  }

  /** They fill no memory, but could come for ever. */
  #countUnkept(raw: Uint8Array): void {
    this.#unkept += raw.length;
    if (this.#unkept > this.#options.limits.responseBytes)
      throw new Failure('upstream/oversized', { detail: 'what is not passed on' });
  }

  /** Events as a translation writes them, each in a block of its own. */
  #passAll(blocks: readonly Uint8Array[]): void {
    for (const raw of blocks) {
      if (this.#isOver) return;
      const [block] = new EventSplitter(raw.length).push(raw);
      this.#pass(block as EventBlock);
    }
  }

  /** An event on its way to the client, which may have to wait for those that follow. */
  #pass(block: EventBlock): void {
    const { restorer } = this.#options;
    if (restorer === null) this.#give(block);
    else this.#giveAll(restorer.event(block));
  }

  #giveAll(blocks: readonly EventBlock[]): void {
    for (const block of blocks) if (!this.#isOver) this.#give(block);
  }

  /** An event as the client gets it. */
  #give(block: EventBlock): void {
    const { appraisal, limits, stream, reader, giveUp } = this.#options;
    const { raw } = block;
    if (stream.length + this.#heldBytes + raw.length > limits.responseBytes)
      throw new Failure('upstream/oversized');
    const isLast = reader.event(readEvent(block.event as ServerSentEvent));
    const failed = this.#failed;
    if (failed && !stream.committed && giveUp()) {
      this.#given = true;
      return;
    }
    if (appraisal !== null && !this.#isAppraised) {
      this.#isAppraised = true;
      if (this.#isStopped(appraisal.first(!failed, this.#answer), block)) return;
    }
    if (isLast && this.#isStopped(this.#final(), block)) return;
    if (this.#isHolding && !isLast) {
      this.#hold(block);
      return;
    }
    this.#begin();
    this.#release();
    if (isLast) {
      stream.finish(block, failed ? 'failed' : 'completed', failed ? 'upstream/error' : null, this.#answer);
      // An upstream that ends where it said it would keeps its connection for the next request.
      const { source } = stream;
      setTimeout(() => source?.abort(), LINGER).unref();
      return;
    }
    stream.event(block);
  }

  /** Whether nothing is passed on before the final checks. */
  get #awaitsChecks(): boolean {
    return this.#options.appraisal?.buffer === true;
  }

  /**
   * Whether an event has to wait. What only says that an answer will come names this upstream's answer: a client that has it can be given no other in its
   * place, and so gets it with the first content, or with the error that stands in the place of any.
   */
  get #isHolding(): boolean {
    return this.#awaitsChecks || !(this.begun || this.#failed);
  }

  #hold(block: EventBlock): void {
    this.#held.push(block);
    this.#heldBytes += block.raw.length;
  }

  /** Passes on what was held back. */
  #release(): void {
    const { stream } = this.#options;
    for (const block of this.#held.splice(0)) {
      if (block.event === null) stream.comment(block.raw);
      else stream.event(block);
    }
    this.#heldBytes = 0;
  }

  /** An event as the upstream sent it. */
  #link(event: ServerSentEvent): void {
    const { appraisal, opening } = this.#options;
    if (appraisal?.judgesReceipts !== true) return;
    const upstreams = opening();
    if (this.#chain === null && upstreams !== null) this.#chain = new StreamChain(upstreams);
    this.#chain?.add(eventBytes(event));
  }

  #final(): Verdict {
    const { appraisal } = this.#options;
    const link = this.#chain?.link ?? null;
    return appraisal?.final(this.#answer, this.#failed ? null : { form: 'stream', link }) ?? null;
  }

  /** Whether the policy does not let the answer pass; then the client is told so here, or another attempt is made. `last`: what came last of it. */
  #isStopped(verdict: Verdict, last: EventBlock | null = null): boolean {
    const { stream, delivery } = this.#options;
    if (verdict === null) return false;
    this.#given = true;
    if (verdict === 'elsewhere') return true;
    const received = concat(...[...this.#held, ...(last === null ? [] : [last])].map(({ raw }) => raw));
    const teller = stream.begun ? stream : delivery;
    teller.withhold(verdict, received, this.#answer);
    // Only now, so that what it says of being stopped comes too late to be its failure.
    stream.source?.abort();
    return true;
  }
}

function readEvent(event: ServerSentEvent): StreamEvent {
  return { type: event.event === null ? null : fromUtf8(event.event), data: fromUtf8(eventData(event)) };
}

/** The block without its reserved comment lines; every other line stays as it came. */
function withoutReserved(raw: Uint8Array): Uint8Array {
  const lines = Buffer.from(raw)
    .toString('latin1')
    .split(/(?<=\r\n|\n|\r(?!\n))/);
  const isKept = (line: string) =>
    !line.startsWith(':') || !isReservedComment(Buffer.from(line.slice(1), 'latin1'));
  return Buffer.from(lines.filter(isKept).join(''), 'latin1');
}
