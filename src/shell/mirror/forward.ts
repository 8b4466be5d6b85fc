/**
 * Hands on to the log what was submitted to its mirror, again and again until the log has taken it.
 *
 * The log is not trusted: that it says it has taken an entry ends the asking, and proves nothing. Who submitted holds the stamp, and the
 * mirror's copy of the log shows whether the entry came.
 */
import { ask } from '../http/client.js';
import type { Stamps } from './stamps.js';

export interface Waits {
  /** Between two rounds, in milliseconds, at first; it doubles while the log takes nothing. */
  readonly shortest: number;
  readonly longest: number;
}

const WAITS: Waits = { shortest: 1000, longest: 600_000 };
/** For one entry, in milliseconds. */
const PATIENCE = 10_000;
const MAX_ANSWER_BYTES = 1 << 16;

export class Forwarder {
  readonly #stamps: Stamps;
  readonly #url: string;
  readonly #onProblem: (message: string) => void;
  readonly #waits: Waits;
  readonly #end = new AbortController();
  #running: Promise<void> | null = null;
  #isNewWaiting = false;
  #wake: () => void = () => undefined;

  /** @param url where the log takes submissions: `<the log's prefix>/entries` */
  constructor(stamps: Stamps, url: string, onProblem: (message: string) => void, waits: Waits = WAITS) {
    this.#stamps = stamps;
    this.#url = url;
    this.#onProblem = onProblem;
    this.#waits = waits;
  }

  /** Begins with what waits since the last run. */
  start(): void {
    this.#stamps.onWaiting(() => {
      this.#isNewWaiting = true;
      this.#wake();
    });
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#end.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    let wait = this.#waits.shortest;
    while (!this.#end.signal.aborted) {
      this.#isNewWaiting = false;
      const refusal = await this.#round();
      // Told once, and again when the log has taken something in between.
      if (refusal !== null && wait === this.#waits.shortest) this.#onProblem(refusal);
      wait = refusal === null ? this.#waits.shortest : Math.min(2 * wait, this.#waits.longest);
      await this.#sleep(refusal === null ? this.#waits.longest : wait);
    }
  }

  /** Offers everything that waits once, and resolves to what the log said against it last, or to null. */
  async #round(): Promise<string | null> {
    let refusal: string | null = null;
    for (const digest of this.#stamps.waiting) {
      if (this.#end.signal.aborted) return null;
      const said = await this.#offer(digest);
      if (said === null) continue;
      refusal = said;
      // A log that does not answer need not be asked about the others.
      if (said.startsWith('peer/')) return refusal;
    }
    return refusal;
  }

  async #offer(digest: string): Promise<string | null> {
    const body = await this.#stamps.entry(digest);
    if (body === null) return null;
    try {
      const { status, headers } = await ask(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        limit: MAX_ANSWER_BYTES,
        timeout: PATIENCE,
        signal: this.#end.signal,
      });
      if (status !== 200 && status !== 201)
        return `${this.#url} does not take submission ${digest}: HTTP ${status} ${headers['countersign-reason'] ?? ''}`.trimEnd();
      await this.#stamps.delivered(digest);
      return null;
    } catch (error) {
      // Whatever it was, a disk that is full among it: the submission still waits.
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Until the time is over, or something new waits and the log is not known to refuse. */
  async #sleep(time: number): Promise<void> {
    if (this.#end.signal.aborted || this.#isNewWaiting) return;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, time);
      timer.unref();
      const wake = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#wake = wake;
    });
  }
}
