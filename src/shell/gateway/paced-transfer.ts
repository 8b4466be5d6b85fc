/**
 * An upstream's answer, in turns: what is large of it is read, hashed and passed on when there is time for it, and the upstream is slowed down
 * until then. What is small is passed on at once, unless something before it still waits.
 */
import type {
  Transfer,
  Upstream,
  UpstreamFailure,
  UpstreamHead,
  UpstreamRequest,
  UpstreamSink,
} from '../../exchange/upstream.js';
import type { Turns } from '../http/turns.js';

/** As much at a time, in bytes: it may be a thousand events. */
const PART = 8192;

const NOBODY: UpstreamSink = {
  head: () => undefined,
  data: () => undefined,
  end: () => undefined,
  fail: () => undefined,
};

export class PacedTransfer implements Transfer, UpstreamSink {
  #sink: UpstreamSink;
  readonly #turns: Turns;
  #transfer: Transfer | null = null;
  #received = 0;
  /** What has come and has not had its turn. */
  #waiting = 0;
  /** Whether the client has asked for a pause. */
  #paused = false;

  /** Asks an upstream; see {@link Upstream.send}. */
  static send(upstream: Upstream, request: UpstreamRequest, sink: UpstreamSink, turns: Turns): Transfer {
    const paced = new PacedTransfer(sink, turns);
    paced.#transfer = upstream.send(request, paced);
    return paced;
  }

  private constructor(sink: UpstreamSink, turns: Turns) {
    this.#sink = sink;
    this.#turns = turns;
  }

  head(head: UpstreamHead): void {
    this.#sink.head(head);
  }

  data(chunk: Uint8Array): void {
    this.#received += chunk.length;
    for (let start = 0; start < chunk.length; start += PART) {
      const part = chunk.subarray(start, start + PART);
      this.#take(chunk.length, () => this.#sink.data(part));
    }
    if (this.#waiting === 0) return;
    this.#transfer?.pause();
    this.#turns.run(() => this.#goOn());
  }

  end(): void {
    // Only now is a body parsed and sealed, and the more there is of it, the longer that takes.
    this.#take(this.#received, () => this.#last().end());
  }

  fail(failure: UpstreamFailure): void {
    this.#take(this.#received, () => this.#last().fail(failure));
  }

  /** The reader, who hears nothing after this: whoever holds on to the transfer does not hold all that has been read. */
  #last(): UpstreamSink {
    const sink = this.#sink;
    this.#sink = NOBODY;
    return sink;
  }

  get sent(): boolean {
    return this.#transfer?.sent ?? false;
  }

  pause(): void {
    this.#paused = true;
    this.#transfer?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#goOn();
  }

  limitSilence(): void {
    this.#transfer?.limitSilence();
  }

  abort(): void {
    this.#transfer?.abort();
  }

  /** Does what so many bytes call for: now, or behind what waits. */
  #take(bytes: number, work: () => void): void {
    this.#waiting++;
    const turn = () => {
      this.#waiting--;
      work();
    };
    if (this.#waiting === 1) this.#turns.take(bytes, turn);
    else this.#turns.run(turn);
  }

  #goOn(): void {
    if (this.#waiting === 0 && !this.#paused) this.#transfer?.resume();
  }
}
