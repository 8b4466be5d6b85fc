/**
 * Telling subscribers what the log holds, each at least once, in the order of the log, over restarts. Each has a loop of its own: one that is away holds up
 * nobody else.
 *
 * Trusted: the log, where what is to be told stands before anybody is told, and the data folder. Not trusted: receivers.
 */
import { Failure, type ReasonCode } from '../../reason.js';
import type { Disk } from '../files/disk.js';
import { type Place, Places } from './places.js';
import type { Resolve } from './public-address.js';
import { Refused, Sender } from './send.js';
import type { Notice } from './signature.js';
import type { Subscriber } from './subscriber.js';

/** Numbered from 0 on, in an order that stays. */
export interface NoticeSource {
  /** How many there are. */
  readonly count: number;
  /** What one is about; null for one that nobody is told of. */
  topicOf(number: number): string | null;
  /** The same bytes each time; null while they cannot be had yet. Rejects where they cannot be made now. */
  notice(number: number): Promise<Notice | null>;
}

export interface WebhooksOptions {
  /** Where it is kept how far each has been told. */
  readonly folder: string;
  readonly subscribers: readonly Subscriber[];
  readonly source: NoticeSource;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly onProblem: (message: string) => void;
  readonly disk?: Disk;
  /** How long is waited after the first attempt that failed, in milliseconds. */
  readonly firstRest?: number;
  /** How names are looked up; by the system when it is left out. */
  readonly resolve?: Resolve;
}

/** How one subscriber is, for its operator. */
export interface SubscriberState {
  readonly name: string;
  /** How many notices it has yet to take. */
  readonly undelivered: number;
  readonly failures: number;
  /** Why the last attempt failed; null where none has since the last that did not. */
  readonly problem: ReasonCode | null;
}

const FIRST_REST = 5000;
/** Six hours: somebody who comes back after a week is told the same day. */
const LONGEST_REST = 21_600_000;
/** How long is waited for what cannot be had yet, in milliseconds. */
const NOT_YET = 1000;

export class Webhooks {
  readonly #loops: readonly Loop[];
  readonly #running: Promise<unknown>;

  private constructor(loops: readonly Loop[]) {
    this.#loops = loops;
    this.#running = Promise.all(loops.map(loop => loop.run()));
  }

  /** The caller holds the data folder's lock. Rejects when the folder cannot be used. */
  static async open(options: WebhooksOptions): Promise<Webhooks> {
    const places = new Places(options.folder, options.disk);
    await places.keepOnly(options.subscribers.map(({ name }) => name));
    const loops: Loop[] = [];
    for (const subscriber of options.subscribers) {
      const found = await places.read(subscriber.name);
      // Somebody new is told what comes from now on; of whom nobody knows how far he was told, he is told again.
      const next = found === null ? options.source.count : 0;
      const place = found === null || found === 'damaged' ? { failures: 0, next, notBefore: 0 } : found;
      if (place !== found) await places.write(subscriber.name, place);
      loops.push(new Loop(subscriber, place, places, options));
    }
    return new Webhooks(loops);
  }

  get states(): readonly SubscriberState[] {
    return this.#loops.map(({ state }) => state);
  }

  /** There is something new. */
  wake(): void {
    for (const loop of this.#loops) loop.wake();
  }

  /** Breaks off what is being sent; it is sent again after the next start. */
  async close(): Promise<void> {
    for (const loop of this.#loops) loop.end();
    await this.#running;
  }
}

class Loop {
  readonly #subscriber: Subscriber;
  readonly #places: Places;
  readonly #options: WebhooksOptions;
  readonly #sender: Sender;
  readonly #ending = new AbortController();
  #place: Place;
  #problem: ReasonCode | null = null;
  /** Ends the present wait. */
  #wake: () => void = () => undefined;

  constructor(subscriber: Subscriber, place: Place, places: Places, options: WebhooksOptions) {
    this.#subscriber = subscriber;
    this.#place = place;
    this.#places = places;
    this.#options = options;
    this.#sender = new Sender(subscriber, options.resolve);
  }

  get state(): SubscriberState {
    const { source } = this.#options;
    let undelivered = 0;
    for (let number = this.#place.next; number < source.count; number++)
      if (this.#wants(number)) undelivered++;
    const { failures } = this.#place;
    return { name: this.#subscriber.name, undelivered, failures, problem: this.#problem };
  }

  async run(): Promise<void> {
    while (!this.#ending.signal.aborted) await this.#step();
    await this.#sender.close();
  }

  wake(): void {
    this.#wake();
  }

  end(): void {
    this.#ending.abort();
    this.#wake();
  }

  async #step(): Promise<void> {
    const { source, now } = this.#options;
    const { next, notBefore } = this.#place;
    if (next >= source.count) return this.#wait(null);
    if (!this.#wants(next)) {
      // Found out again after a restart: not worth a write.
      this.#place = { ...this.#place, next: next + 1 };
      return;
    }
    // A clock that was set back makes nobody wait longer than the longest rest.
    const rest = Math.min(notBefore - now(), LONGEST_REST);
    if (rest > 0) return this.#wait(rest);
    try {
      const notice = await source.notice(next);
      if (notice === null) return await this.#wait(NOT_YET);
      await this.#sender.send(notice, Math.floor(now() / 1000), this.#ending.signal);
    } catch (error) {
      if (!this.#ending.signal.aborted) await this.#failed(error);
      return;
    }
    this.#problem = null;
    await this.#keep({ failures: 0, next: next + 1, notBefore: 0 });
  }

  async #failed(error: unknown): Promise<void> {
    const { now, random, onProblem, firstRest = FIRST_REST } = this.#options;
    const failures = this.#place.failures + 1;
    const asked = error instanceof Refused ? error.restsFor * 1000 : 0;
    // Who says that he is gone is asked as seldom as can be: his name may be somebody's again.
    const isGone = error instanceof Refused && error.status === 410;
    const usual = isGone ? LONGEST_REST : firstRest * 2 ** Math.min(failures - 1, 30);
    const rest = Math.min(Math.max(usual * (0.8 + 0.4 * random()), asked), LONGEST_REST);
    const problem = error instanceof Failure ? error.code : 'webhook/unreachable';
    if (problem !== this.#problem)
      onProblem(
        `the webhook ${this.#subscriber.name}: ${error instanceof Failure ? error.message : 'a fault of our own'}`,
      );
    this.#problem = problem;
    await this.#keep({ ...this.#place, failures, notBefore: Math.floor(now() + rest) });
  }

  /** What cannot be kept is told again after a restart, and not forgotten. */
  async #keep(place: Place): Promise<void> {
    this.#place = place;
    try {
      await this.#places.write(this.#subscriber.name, place);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#options.onProblem(`the webhook ${this.#subscriber.name}: its place cannot be kept: ${reason}`);
    }
  }

  #wants(number: number): boolean {
    const topic = this.#options.source.topicOf(number);
    const { topics } = this.#subscriber;
    return topic !== null && (topics === null || topics.has(topic));
  }

  /** Until it is woken, or for so many milliseconds. */
  async #wait(milliseconds: number | null): Promise<void> {
    if (this.#ending.signal.aborted) return;
    await new Promise<void>(resolve => {
      const timer = milliseconds === null ? null : setTimeout(resolve, milliseconds).unref();
      this.#wake = () => {
        if (timer !== null) clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}
