/**
 * One attempt: takes an upstream's answer as it comes and gives it to the client, whole or event by event, or lets go of it as long as the
 * client has got nothing and another attempt can be made.
 *
 * The upstream is not trusted: whatever it does, the exchange ends in one receipt that says what happened.
 */
import type { Surface } from '../../exchange/surface.js';
import type {
  Transfer,
  Upstream,
  UpstreamFailure,
  UpstreamHead,
  UpstreamRequest,
  UpstreamSink,
} from '../../exchange/upstream.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { BodyRelay } from './body-relay.js';
import type { ClientStream } from './client-stream.js';
import { asFailure, type GatewayContext } from './context.js';
import type { Delivery } from './delivery.js';
import type { ExchangeRecord } from './exchange-record.js';
import type { HostAnswer } from './host-answer.js';
import { PacedTransfer } from './paced-transfer.js';
import { Appraisal } from './policy/appraisal.js';
import type { AnswerRestorer } from './redaction/answer-restorer.js';
import type { Relay } from './relay.js';
import type { Setback } from './routing/route-plan.js';
import { failureSetback, statusSetback } from './routing/setback.js';
import type { UpstreamHealth } from './routing/upstream-health.js';
import { StreamRelay } from './stream-relay.js';

export interface AttemptOptions {
  readonly context: GatewayContext;
  readonly surface: Surface;
  readonly record: ExchangeRecord;
  readonly delivery: Delivery;
  readonly stream: ClientStream;
  readonly upstream: Upstream;
  /** The model that it is asked for; null where that is left to it. */
  readonly asked: string | null;
  readonly health: UpstreamHealth;
  /** For an upstream that speaks another API than the client; null where both speak the same. */
  readonly translation: HostAnswer | null;
  /** For a request of which something stayed here that the answer is to have; null where there is nothing. */
  readonly restorer: AnswerRestorer | null;
  /** Whether another attempt follows this one, which has failed so; it is then over. */
  readonly follows: (setback: Setback, reason: ReasonCode) => boolean;
}

/**
 * What counts against an upstream's health: that it is down, whoever asks. An error that one client's request can bring about must not close
 * the upstream for all the others.
 */
const DOWN: ReadonlySet<ReasonCode> = new Set([
  'upstream/unreachable',
  'upstream/timeout',
  'upstream/broken',
]);
const UNABLE: ReadonlySet<number> = new Set([502, 503, 504, 529]);

/** How an attempt has failed whose answer the policy does not let pass. */
const ELSEWHERE: Setback = { transient: false, elsewhere: true, retryAfter: null };

/** When an upstream that has too much to do does not say for how long, in milliseconds. */
const SHORT_REST = 1000;

export class Attempt implements UpstreamSink {
  readonly #options: AttemptOptions;
  readonly #started: number;
  /** Null where no rule of a policy is for the exchange. */
  readonly #appraisal: Appraisal | null;
  #transfer: Transfer | null = null;
  #relay: Relay | null = null;
  #patience: NodeJS.Timeout | null = null;
  /** Whether the upstream has shown how it does. */
  #judged = false;
  #hasBegun = false;
  #over = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#started = options.context.now();
    const { record, upstream, asked } = options;
    const elsewhere = (code: ReasonCode) => this.#giveUp(ELSEWHERE, code);
    this.#appraisal =
      record.run === null ? null : new Appraisal({ run: record.run, record, upstream, asked, elsewhere });
  }

  start(request: UpstreamRequest): void {
    const { context, upstream, health, stream } = this.#options;
    health.begin(this.#started);
    this.#patience = setTimeout(() => this.#late(), context.timeouts.firstToken);
    this.#transfer = PacedTransfer.send(upstream, request, this, context.turns);
    stream.source = this.#transfer;
  }

  head(head: UpstreamHead): void {
    if (this.#isOver) return;
    const { context, surface, record, delivery, stream, upstream, health } = this.#options;
    const { translation, restorer } = this.#options;
    record.answering(head);
    this.#guard(() => {
      if (head.status > 599) throw new Failure('upstream/garbage', { field: 'status' });
      const setback = statusSetback(head, context.now(), upstream);
      if (head.status === 429) health.rest(context.now(), setback?.retryAfter ?? SHORT_REST);
      const isDown = upstream.isTransient(head.status) && UNABLE.has(head.status);
      if (setback !== null) this.#judge(isDown ? 'down' : 'up');
      if (setback !== null && this.#giveUp(setback, 'upstream/error')) return;
      const encoding = head.headers['content-encoding'] ?? 'identity';
      // Nothing but identity was asked for, and an encoded answer could be neither read nor committed to as it is.
      if (encoding !== 'identity') throw new Failure('upstream/garbage', { field: 'content-encoding' });
      const isStream = head.status === 200 && isEventStream(head);
      if (isStream && !surface.streams) throw new Failure('upstream/garbage', { field: 'content-type' });
      if (isStream) stream.keepAlive(context.timeouts.keepAlive);
      const { limits } = context;
      const reader = surface.newReader();
      this.#relay = isStream
        ? new StreamRelay({
            limits,
            reader,
            translation,
            restorer,
            stream,
            delivery,
            head,
            appraisal: this.#appraisal,
            giveUp: () => this.#giveUpStream(),
            onReserved: comment => record.upstreamComment(comment),
            opening: () => record.upstreamReceipt?.opening ?? null,
          })
        : new BodyRelay({
            limits,
            surface,
            reader,
            translation,
            restorer,
            delivery,
            stream,
            head,
            appraisal: this.#appraisal,
            giveUp: status => this.#giveUpError({ status, headers: head.headers }),
            onRestated: received => record.restated(received, translation === null),
          });
    });
  }

  data(chunk: Uint8Array): void {
    if (this.#isOver) return;
    const { record, delivery, translation, restorer } = this.#options;
    record.firstByte();
    this.#guard(() => {
      // What the client may get otherwise is kept in both forms.
      const isKeptTwice = translation !== null || restorer !== null;
      delivery.hold(isKeptTwice ? 2 * chunk.length : chunk.length);
      if (isKeptTwice) record.received(chunk);
      this.#relay?.data(chunk);
    });
    if (!this.#hasBegun && this.#relay?.begun === true) this.#begun();
  }

  end(): void {
    if (this.#isOver) return;
    this.#guard(() => this.#relay?.end());
    if (!this.#over) this.#judge('well');
    this.release();
  }

  fail(failure: UpstreamFailure): void {
    if (this.#isOver) return;
    if (isUnsent(failure)) this.#options.record.unsent();
    this.#fail(describe(failure), failureSetback(failure));
  }

  /** The connection to the client is lost. */
  abort(reason: 'client/aborted' | 'gateway/closing'): void {
    // Ended first, so that what the upstream says of being stopped comes too late to be its failure.
    try {
      if (this.#relay !== null) this.#relay.abort(reason);
      else if (this.#options.stream.begun) this.#options.stream.abort(reason, null);
      else this.#options.delivery.abandonBody(reason);
    } finally {
      this.stop();
    }
  }

  /** Has the upstream stop, and waits for it no longer. */
  stop(): void {
    this.release();
    this.#transfer?.abort();
  }

  /** Holds nothing back any more; the upstream may still end by itself. */
  release(): void {
    if (this.#patience === null) return;
    clearTimeout(this.#patience);
    this.#patience = null;
    this.#options.health.end(this.#judged);
  }

  get #isOver(): boolean {
    const { delivery } = this.#options;
    return this.#over || delivery.ended || delivery.gone;
  }

  /** The first content has come. */
  #begun(): void {
    this.#hasBegun = true;
    this.#judge('well');
    if (this.#patience !== null) clearTimeout(this.#patience);
    // A short answer may have ended with the bytes that it began with.
    if (!this.#isOver) this.#transfer?.limitSilence();
  }

  #late(): void {
    if (this.#isOver) return;
    if (this.#transfer?.sent === false) this.#options.record.unsent();
    const failure = { kind: 'timeout', phase: 'first-token' } as const;
    this.#fail(describe(failure), failureSetback(failure));
    this.#transfer?.abort();
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      const failure = asFailure(this.#options.context, error);
      // What one upstream cannot say properly another may; what breaks off may not do so again.
      const transient = failure.code === 'upstream/broken';
      const elsewhere = transient || failure.code === 'upstream/garbage';
      this.#fail(failure, { transient, elsewhere, retryAfter: null });
      this.#transfer?.abort();
    }
  }

  #fail(failure: Failure, setback: Setback): void {
    const { delivery, stream } = this.#options;
    this.#judge(DOWN.has(failure.code) ? 'down' : 'up');
    if (!stream.committed && this.#giveUp(setback, failure.code)) return;
    // Of what has passed before it broke off, it can still be said what was wrong with it.
    if (stream.committed) this.#relay?.appraiseCut();
    try {
      if (this.#relay !== null) this.#relay.fail(failure);
      else if (stream.begun) stream.fail(failure, null);
      else delivery.failWith(failure);
    } catch (error) {
      // Whatever goes wrong while an exchange ends, it ends, and nothing but it.
      delivery.collapse(error);
    }
    this.release();
  }

  /** Makes room for another attempt, if one follows. */
  #giveUp(setback: Setback, reason: ReasonCode): boolean {
    if (!this.#options.follows(setback, reason)) return false;
    this.#over = true;
    this.stop();
    this.#options.delivery.letGo();
    return true;
  }

  #giveUpStream(): boolean {
    this.#judge('up');
    return this.#giveUp({ transient: true, elsewhere: true, retryAfter: null }, 'upstream/error');
  }

  /** An error that came under the status of an answer: as if `head` had its own. */
  #giveUpError(head: Pick<UpstreamHead, 'status' | 'headers'>): boolean {
    const { context, upstream, health } = this.#options;
    const setback = statusSetback(head, context.now(), upstream);
    if (head.status === 429) health.rest(context.now(), setback?.retryAfter ?? SHORT_REST);
    return setback !== null && this.#giveUp(setback, 'upstream/error');
  }

  /** `well`: it answers. `up`: it is there, and does not answer this request. `down`: it is there for nobody. */
  #judge(finding: 'well' | 'up' | 'down'): void {
    if (this.#judged) return;
    this.#judged = true;
    const { context, health } = this.#options;
    if (finding === 'well') health.answered(context.now() - this.#started);
    else if (finding === 'up') health.responded();
    else health.failed(context.now());
  }
}

function isEventStream({ headers }: UpstreamHead): boolean {
  return /^text\/event-stream\b/i.test(headers['content-type'] ?? '');
}

/** Whether the upstream got nothing of the request. */
function isUnsent(failure: UpstreamFailure): boolean {
  return (
    failure.kind === 'connect' ||
    failure.kind === 'unattested' ||
    (failure.kind === 'timeout' && failure.phase === 'connect')
  );
}

function describe(failure: UpstreamFailure): Failure {
  switch (failure.kind) {
    case 'connect':
      return new Failure('upstream/unreachable', { detail: failure.detail });
    case 'timeout':
      return new Failure('upstream/timeout', {
        detail: `no ${failure.phase === 'idle' ? 'further byte' : failure.phase}`,
      });
    case 'broken':
      return new Failure('upstream/broken', { detail: failure.detail });
    case 'unattested':
      return new Failure('upstream/unattested', { detail: failure.failure.code });
    case 'aborted':
      return new Failure('upstream/broken', { detail: 'aborted' });
  }
}
