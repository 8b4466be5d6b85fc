/**
 * Takes an upstream's answer as it comes and gives it to the client, whole or event by event.
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
import { Failure } from '../../reason.js';
import { BodyRelay } from './body-relay.js';
import { asFailure, type GatewayContext } from './context.js';
import type { Delivery } from './delivery.js';
import type { ExchangeRecord } from './exchange-record.js';
import type { Relay } from './relay.js';
import { StreamRelay } from './stream-relay.js';

export class AnswerRelay implements UpstreamSink {
  readonly #context: GatewayContext;
  readonly #surface: Surface;
  readonly #record: ExchangeRecord;
  readonly #delivery: Delivery;
  #transfer: Transfer | null = null;
  #relay: Relay | null = null;

  constructor(context: GatewayContext, surface: Surface, record: ExchangeRecord, delivery: Delivery) {
    this.#context = context;
    this.#surface = surface;
    this.#record = record;
    this.#delivery = delivery;
  }

  start(upstream: Upstream, request: UpstreamRequest): void {
    this.#delivery.onGone = reason => this.#abort(reason);
    this.#transfer = upstream.send(request, this);
    if (this.#delivery.gone) this.#abort('client/aborted');
  }

  head(head: UpstreamHead): void {
    if (this.#delivery.ended) return;
    this.#record.answering(head);
    const isStream = head.status === 200 && /^text\/event-stream\b/i.test(head.headers['content-type'] ?? '');
    const encoding = head.headers['content-encoding'] ?? 'identity';
    this.#guard(() => {
      if (head.status > 599) throw new Failure('upstream/garbage', { field: 'status' });
      // Nothing but identity was asked for, and an encoded answer could be neither read nor committed to as it is.
      if (encoding !== 'identity') throw new Failure('upstream/garbage', { field: 'content-encoding' });
      if (isStream && !this.#surface.streams)
        throw new Failure('upstream/garbage', { field: 'content-type' });
      this.#relay = isStream
        ? new StreamRelay(
            this.#context.limits,
            this.#surface,
            this.#record,
            this.#delivery,
            head,
            this.#transfer,
          )
        : new BodyRelay(this.#context.limits, this.#surface.newReader(), this.#delivery, head);
    });
  }

  data(chunk: Uint8Array): void {
    if (this.#delivery.ended) return;
    this.#record.firstByte();
    this.#guard(() => this.#relay?.data(chunk));
  }

  end(): void {
    if (this.#delivery.ended) return;
    this.#guard(() => this.#relay?.end());
  }

  fail(failure: UpstreamFailure): void {
    if (this.#delivery.ended) return;
    if (isUnsent(failure)) this.#record.unsent();
    this.#fail(describe(failure));
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail(asFailure(this.#context, error));
      this.#transfer?.abort();
    }
  }

  #fail(failure: Failure): void {
    this.#ending(() => {
      if (this.#relay === null) this.#delivery.failWith(failure);
      else this.#relay.fail(failure);
    });
  }

  /** Whatever goes wrong while an exchange ends, it ends, and nothing but it. */
  #ending(end: () => void): void {
    try {
      end();
    } catch (error) {
      this.#delivery.collapse(error);
    }
  }

  #abort(reason: 'client/aborted' | 'gateway/closing'): void {
    // Ended first, so that what the upstream says of being stopped comes too late to be its failure.
    this.#ending(() => {
      if (this.#relay === null) this.#delivery.abandonBody(reason);
      else this.#relay.abort(reason);
    });
    this.#transfer?.abort();
  }
}

/** Whether the upstream got nothing of the request. */
function isUnsent(failure: UpstreamFailure): boolean {
  return failure.kind === 'connect' || (failure.kind === 'timeout' && failure.phase === 'connect');
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
    case 'aborted':
      return new Failure('upstream/broken', { detail: 'aborted' });
  }
}
