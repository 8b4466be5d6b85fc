/** One epoch of this process: what is noted of its exchanges while it lasts, and until the last of them has ended. */
import type { ClosingStatus } from '../../../receipt/closing-leaf.js';
import type { EpochJournal } from './epoch-journal.js';
import type { Held, Horizon } from './horizon.js';

/** A receipt that is on its way into the log. */
export interface LoggedReceipt {
  /** SHA-256 of its payload. */
  readonly digest: Uint8Array;
  readonly status: ClosingStatus;
  /** Its place in the log. */
  readonly index: number;
  /** Resolves once it is durable there, or to false when it never will be. */
  readonly included: Promise<boolean>;
}

export class EpochRun {
  readonly epoch: string;
  readonly issuer: string;
  readonly journal: EpochJournal;
  readonly #horizon: Horizon;
  #running = 0;
  #isStopped = false;
  #whenIdle: (() => void) | null = null;
  #isDirty = true;
  /** The indexes of receipts that are in the log and not noted yet, in ascending order. */
  readonly #underway = new Set<number>();

  constructor(issuer: string, epoch: string, journal: EpochJournal, horizon: Horizon) {
    this.issuer = issuer;
    this.epoch = epoch;
    this.journal = journal;
    this.#horizon = horizon;
  }

  /** Resolves once every exchange that was accepted has ended. */
  idle(): Promise<void> {
    return new Promise(resolve => {
      if (this.#running === 0) resolve();
      else this.#whenIdle = resolve;
    });
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Whether something was noted since {@link marked} was called. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  marked(): void {
    this.#isDirty = false;
  }

  /** Below this size of the log every receipt is noted. `included`: how many entries are. */
  notedBelow(included: number): number {
    const [first] = this.#underway;
    return Math.min(first ?? included, included);
  }

  /** A number has been given. Throws `epoch/journal-unavailable`, and then it must not be used. */
  accepted(client: string, counter: number): void {
    this.journal.note(client, counter, null);
    this.#isDirty = true;
    this.#running++;
  }

  /** A receipt is about to be made, which will state no earlier end than `now`. Released once what became of it is noted. */
  ending(now: number): Held {
    return this.#horizon.hold(now);
  }

  /** The receipt has been given to the log. It counts once it is durable there; where it never is, nothing that is said of the time after it counts. */
  logged(
    client: string,
    counter: number,
    { digest, status, index, included }: LoggedReceipt,
    ending: Held,
  ): void {
    this.#underway.add(index);
    void included.then(isDurable => {
      // Otherwise the log says so itself, and takes nothing any more: this epoch is closed at the next start.
      if (!isDurable) return;
      this.#underway.delete(index);
      this.#note(client, counter, status, { digest, index });
      ending.release();
      this.#ended();
    });
  }

  /** The exchange has ended, and no receipt of it leaves this process. */
  unkept(client: string, counter: number, ending: Held | null): void {
    this.#note(client, counter, 'unkept', null);
    ending?.release();
    this.#ended();
  }

  /** Nothing more is noted: the journal is about to get its end. */
  stop(): void {
    this.#isStopped = true;
  }

  #note(
    client: string,
    counter: number,
    status: ClosingStatus,
    receipt: { digest: Uint8Array; index: number } | null,
  ) {
    if (this.#isStopped || this.journal.failed) return;
    this.#isDirty = true;
    this.journal.note(client, counter, { status, receipt });
  }

  #ended(): void {
    if (--this.#running === 0) this.#whenIdle?.();
  }
}
