/**
 * Looking at submitted entries in worker threads, because a signature takes longer to check than anything else that the log does.
 *
 * Entries wait in one bounded queue. A worker has one order at a time, and takes all that waits, up to a limit, as its next: the more
 * there is to do, the less each entry costs.
 */
import { Worker } from 'node:worker_threads';
import { concatAll } from '../../bytes/octets.js';
import { formatVerifierKey, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { ENTRY_KEY_BYTES } from '../../receipt/entry.js';
import type { Admission } from './admission.js';
import type { AdmissionOrder, AdmissionReport, AdmissionWorkerData, Finding } from './messages.js';

/** The worker thread's entry, compiled: a worker thread cannot load TypeScript. */
const WORKER = new URL('../../../dist/shell/submission/worker.js', import.meta.url);

/** Entries in one order: some 5 ms of work. */
const ORDER_ENTRIES = 24;
/** Entries in one order when very many wait: handing over more at once costs less for each, and they would wait as long anyway. */
const MOST_ENTRIES = 64;
/** Entries that may wait, where nothing else is said. */
const MAX_WAITING = 4096;

interface Waiting {
  readonly bytes: Uint8Array;
  readonly index: number;
  readonly resolve: (keys: readonly Uint8Array[]) => void;
  readonly reject: (failure: Failure) => void;
}

interface Hand {
  readonly worker: Worker;
  /** What it was ordered to look at; empty when it is idle. */
  order: readonly Waiting[];
}

export class AdmissionPool implements Admission {
  readonly #workerData: AdmissionWorkerData;
  readonly #threads: number;
  readonly #room: number;
  /** None before the first entry: most gateways are never given one. One that ends is replaced when there is something to do again. */
  readonly #hands: Hand[] = [];
  readonly #waiting: Waiting[] = [];
  #closed = false;

  /**
   * @param origin the log's
   * @param issuers those whose entries it takes
   * @param threads how many worker threads look at entries, at most
   * @param validators those whose verdicts and policies it takes
   * @param room how many entries may wait; beyond it whoever submits is told to come back
   */
  constructor(
    origin: string,
    issuers: readonly VerifierKey[],
    threads: number,
    {
      validators = [],
      room = MAX_WAITING,
    }: { readonly validators?: readonly VerifierKey[]; readonly room?: number } = {},
  ) {
    this.#workerData = {
      origin,
      issuers: issuers.map(formatVerifierKey),
      validators: validators.map(formatVerifierKey),
    };
    this.#threads = threads;
    this.#room = room;
  }

  admit(bytes: Uint8Array, index: number): Promise<readonly Uint8Array[]> {
    if (this.#closed) return Promise.reject(new Failure('log/unavailable', { detail: 'the log is closing' }));
    if (this.#waiting.length >= this.#room) return Promise.reject(new Failure('log/busy'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, index, resolve, reject });
      this.#give();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const left = [...this.#waiting.splice(0), ...this.#hands.flatMap(({ order }) => order)];
    for (const { reject } of left) reject(new Failure('log/unavailable', { detail: 'the log is closing' }));
    await Promise.all(this.#hands.splice(0).map(({ worker }) => worker.terminate()));
  }

  #start(): Hand {
    const hand: Hand = { worker: new Worker(WORKER, { workerData: this.#workerData }), order: [] };
    hand.worker.on('message', (report: AdmissionReport) => this.#take(hand, report));
    // Its entries are refused for now; the others go on, and another worker takes its place.
    hand.worker.once('exit', () => {
      for (const { reject } of hand.order)
        reject(new Failure('log/unavailable', { detail: 'a worker ended' }));
      const place = this.#hands.indexOf(hand);
      if (place >= 0) this.#hands.splice(place, 1);
      this.#give();
    });
    hand.worker.on('error', () => undefined);
    return hand;
  }

  /** Orders for all who are idle; a thread takes memory, so that there is another only when a whole order is left over. */
  #give(): void {
    this.#order();
    const isShort = this.#waiting.length >= (this.#hands.length === 0 ? 1 : ORDER_ENTRIES);
    if (this.#closed || !isShort || this.#hands.length >= this.#threads) return;
    this.#hands.push(this.#start());
    this.#order();
  }

  /** Half of what there is for each thread, so that none is idle while another has a long order. */
  #orderSize(): number {
    const share = Math.ceil(this.#waiting.length / (2 * this.#threads));
    return Math.min(MOST_ENTRIES, Math.max(ORDER_ENTRIES, share));
  }

  #order(): void {
    for (const hand of this.#hands) {
      if (hand.order.length > 0 || this.#waiting.length === 0) continue;
      hand.order = this.#waiting.splice(0, this.#orderSize());
      const entries = hand.order.map(waiting => waiting.bytes);
      const bytes = concatAll(entries);
      const lengths = entries.map(({ length }) => length);
      const indexes = hand.order.map(({ index }) => index);
      hand.worker.postMessage({ bytes, lengths, indexes } satisfies AdmissionOrder, [bytes.buffer]);
    }
  }

  #take(hand: Hand, { findings, keys }: AdmissionReport): void {
    const order = hand.order;
    hand.order = [];
    // The worker has its next order before this one's entries have theirs.
    this.#give();
    let taken = 0;
    for (const [at, { resolve, reject }] of order.entries()) {
      const finding = findings[at] as Finding;
      if (typeof finding === 'object') {
        reject(new Failure(finding.code, finding));
        continue;
      }
      const own = Array.from({ length: finding }, (_, key) => keyAt(keys, taken + key));
      taken += finding;
      resolve(own);
    }
  }
}

function keyAt(keys: Uint8Array, at: number): Uint8Array {
  return keys.subarray(at * ENTRY_KEY_BYTES, (at + 1) * ENTRY_KEY_BYTES);
}
