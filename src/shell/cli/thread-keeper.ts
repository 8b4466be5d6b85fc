/**
 * A keeper that works in a thread of its own. The thread is trusted with all keys of the house. Where it ends by itself, nothing is sealed or
 * logged any more: what it was doing fails, and so does all that comes later, because only a new start can find out what is on disk.
 */
import { Worker } from 'node:worker_threads';
import { parseVerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { DistantLog } from '../log/distant-log.js';
import { heard } from '../log/log-calls.js';
import { Retention } from '../log/retention.js';
import { OrderSealer } from '../vault/order-sealer.js';
import { handedOver } from '../vault/sealing-messages.js';
import { openKeys } from './house-keys.js';
import type { Keeper, KeeperOptions } from './keeper.js';
import type { FromKeeper, KeeperWorkerData, Opened, Readable, ToKeeper } from './keeper-messages.js';

/** The thread's entry, compiled: a worker thread cannot load TypeScript. */
const WORKER = new URL('../../../dist/shell/cli/keeper-worker.js', import.meta.url);

/** What it makes is bytes, which are not in there: with more room, memory would be kept that is not needed. */
const YOUNG_MEBIBYTES = 12;

/** Throws as `openHouseLog` does. `entry`: the thread's, for tests of threads that do not do as they should. */
export async function openThreadKeeper(options: KeeperOptions, entry: URL = WORKER): Promise<Keeper> {
  const { folder, operator } = options;
  const retention = await Retention.open(folder.log);
  const worker = new Worker(entry, {
    workerData: { data: folder.path, operator } satisfies KeeperWorkerData,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEBIBYTES },
  });
  const thread = new KeeperThread(worker, options, retention);
  const { issuers, validators, mustBeWitnessed } = await thread.opened;
  return {
    // The thread has finished what changes of keys there were: these are the ones that it has opened.
    keys: await openKeys(folder.keys),
    log: thread.log,
    retention,
    sealer: thread.sealer,
    issuers: issuers.map(parseVerifierKey),
    validators: validators.map(parseVerifierKey),
    mustBeWitnessed,
    waiting: () => thread.sealer.waiting,
    close: () => thread.close(),
  };
}

class KeeperThread {
  readonly opened: Promise<Opened>;
  readonly sealer: OrderSealer;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  /** Null before the log may be read. */
  #log: DistantLog | null = null;
  #closing = false;

  constructor(worker: Worker, { onProblem, onReadable }: KeeperOptions, retention: Retention) {
    this.#worker = worker;
    this.sealer = new OrderSealer(order => this.#say(order));
    let refuse: (error: Error) => void = () => undefined;
    let reason = 'its thread ended';
    this.opened = new Promise((resolve, reject) => {
      refuse = reject;
      this.#worker.on('message', (message: FromKeeper) => {
        if (message instanceof Uint8Array) this.sealer.take(message);
        else if ('changes' in message) this.#log?.update(message.changes);
        else if ('answers' in message) this.#log?.take(message.answers);
        else if ('unsealed' in message) this.sealer.fail(asFailure(heard(message.unsealed)));
        else if ('problem' in message) onProblem(message.problem);
        else if ('opened' in message) resolve(message.opened);
        else if ('refused' in message) reject(heard(message.refused));
        else {
          this.#log?.end('it is closed');
          this.#log = message.readable && this.#seen(message.readable);
          onReadable(this.#log && { log: this.#log, retention });
        }
      });
    });
    this.#worker.on('error', error => {
      reason = error.message;
    });
    this.#ended = new Promise(resolve => {
      this.#worker.once('exit', () => {
        const failure = new Failure('log/unavailable', { detail: reason });
        if (!this.#closing && this.#log !== null) onProblem(failure.message);
        // The log first: whoever notes what was not kept has to see that it cannot be known what this log holds.
        this.#log?.end(reason);
        this.sealer.end(failure);
        refuse(failure);
        resolve();
      });
    });
  }

  get log(): DistantLog {
    if (this.#log === null) throw new Error('a house that is open has a log');
    return this.#log;
  }

  /** Has what was appended committed, and ends the thread; what it has not been given by now fails. */
  async close(): Promise<void> {
    this.#closing = true;
    this.sealer.end(new Failure('log/unavailable', { detail: 'it is closed' }));
    this.#say('close');
    await this.#ended;
  }

  #seen({ origin, state }: Readable): DistantLog {
    return new DistantLog(origin, state, calls => this.#say({ calls }));
  }

  #say(message: ToKeeper): void {
    this.#worker.postMessage(message, message instanceof Uint8Array ? handedOver(message) : []);
  }
}

/** A fault of the thread's own keeps nothing either. */
function asFailure(error: Error): Failure {
  return error instanceof Failure ? error : new Failure('log/unavailable', { detail: error.message });
}
