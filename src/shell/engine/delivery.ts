/** Hands an answer to its sink: in order, later than the call that asked for it, and not while paused. */

import type { Transfer, UpstreamFailure, UpstreamHead, UpstreamSink } from '../../exchange/upstream.js';

export class Delivery implements Transfer {
  readonly sent = true;
  readonly #sink: UpstreamSink;
  /** What the sink has still to hear; the answer's length bounds it. */
  #pending: (() => void)[] = [];
  #paused = false;
  #complete = false;
  #scheduled = false;

  /** Called once when the transfer is aborted, to stop the work behind it. */
  onAbort: () => void = () => {};

  constructor(sink: UpstreamSink) {
    this.#sink = sink;
  }

  head(head: UpstreamHead): void {
    this.#push(() => this.#sink.head(head));
  }

  data(chunk: Uint8Array): void {
    this.#push(() => this.#sink.data(chunk));
  }

  end(): void {
    this.#push(() => this.#last(() => this.#sink.end()));
  }

  /** Overtakes a pause and everything still pending: there is no complete answer any more. */
  fail(failure: UpstreamFailure): void {
    this.#pending = [];
    this.#paused = false;
    this.#push(() => this.#last(() => this.#sink.fail(failure)));
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  /** The engine is never silent without being at work. */
  limitSilence(): void {}

  abort(): void {
    if (this.#complete) return;
    this.onAbort();
    this.onAbort = () => {};
    this.fail({ kind: 'aborted' });
  }

  #push(call: () => void): void {
    this.#pending.push(call);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (!this.#paused && !this.#complete) {
      const call = this.#pending.shift();
      if (call === undefined) return;
      call();
    }
  }

  #last(call: () => void): void {
    this.#complete = true;
    call();
  }
}
