/**
 * `POST /log/entries`: anybody who holds what an issuer of this log has signed may put it into the log, so that no operator can keep a
 * receipt out by not logging it.
 *
 * Who submits is not trusted: an entry is looked at before it is taken, and one payload is taken once, however often and under however
 * many signatures it comes.
 */
import { Failure } from '../../reason.js';
import type { TransparencyLog } from '../../tree/log.js';
import { MAX_ENTRY_BYTES } from '../../tree/tile.js';
import type { Admission } from './admission.js';

/** How long another's commit of the same payload may take, in milliseconds. */
const COMMIT_TIME = 10_000;

export interface Submitted {
  readonly index: number;
  /** False when the log had it already. */
  readonly isNew: boolean;
}

export class Submissions {
  readonly #log: TransparencyLog;
  readonly #admission: Admission;
  /** Payloads that are being looked up or appended, so that two who bring one at the same time get one place. */
  readonly #running = new Map<string, Promise<Submitted>>();

  constructor(log: TransparencyLog, admission: Admission) {
    this.#log = log;
    this.#admission = admission;
  }

  /**
   * Takes an entry, and resolves when it is durable and under the log's signature. Throws what the admission throws,
   * `log/entry-too-large`, or `log/unavailable`.
   */
  async submit(entry: Uint8Array): Promise<Submitted> {
    if (entry.length > MAX_ENTRY_BYTES) throw new Failure('log/entry-too-large');
    // It will stand behind everything that is included by now, and so behind all that it can rightly refer to.
    const keys = await this.#admission.admit(entry, this.#log.size);
    const [payload] = keys;
    if (payload === undefined) return this.#include(entry, keys);
    const name = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1');
    const running = this.#running.get(name);
    if (running !== undefined) return { ...(await running), isNew: false };
    const taking = this.#take(entry, keys, payload);
    this.#running.set(name, taking);
    try {
      return await taking;
    } finally {
      this.#running.delete(name);
    }
  }

  async #take(entry: Uint8Array, keys: readonly Uint8Array[], payload: Uint8Array): Promise<Submitted> {
    const known = await this.#log.find(payload);
    if (known === null) return this.#include(entry, keys);
    // Another may have brought it a moment ago; it is told the same, when the same is true.
    if (!(await this.#log.reached(known, 'included', COMMIT_TIME))) throw new Failure('log/unavailable');
    return { index: known, isNew: false };
  }

  async #include(entry: Uint8Array, keys: readonly Uint8Array[]): Promise<Submitted> {
    return { index: await this.#log.include(entry, keys), isNew: true };
  }
}
