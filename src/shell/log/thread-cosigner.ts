/**
 * A cosigner that signs in a thread of its own: an ML-DSA-44 signature takes milliseconds, in which the log's thread could have kept a
 * hundred entries.
 *
 * The thread is trusted with the key and may die; what it was about to sign then fails, and the next order starts another.
 */
import { Worker } from 'node:worker_threads';
import type { Cosigner } from '../../note/cosignature.js';
import { formatVerifierKey, type VerifierKey } from '../../note/key.js';
import type { NoteSignature } from '../../note/signature-line.js';
import { Failure } from '../../reason.js';
import type { CosigningOrder, CosigningReport, CosigningWorkerData } from './cosigning-messages.js';

/** The thread's entry, compiled: a worker thread cannot load TypeScript. */
const WORKER = new URL('../../../dist/shell/log/cosigning-worker.js', import.meta.url);

interface Waiting {
  readonly resolve: (signature: NoteSignature) => void;
  readonly reject: (failure: Failure) => void;
}

export class ThreadCosigner implements Cosigner {
  readonly key: VerifierKey;
  readonly #path: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null;
  #orders = 0;
  #closed = false;

  /** @param path the file of the private key whose verifier key is `key`, of a cosigner's type */
  constructor(path: string, key: VerifierKey) {
    this.key = key;
    this.#path = path;
    this.#worker = this.#start();
  }

  /** Rejects with `log/cosigner-failed` when the thread ends before it has signed. */
  cosign(checkpoint: string, time: number): Promise<NoteSignature> {
    if (this.#closed) return Promise.reject(failed('it is closed'));
    const id = this.#orders++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker ??= this.#start();
      this.#worker.postMessage({ id, checkpoint, time } satisfies CosigningOrder);
    });
  }

  /** Ends the thread; what it has not signed by now fails. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const workerData: CosigningWorkerData = { path: this.#path, key: formatVerifierKey(this.key) };
    const worker = new Worker(WORKER, {
      workerData,
      // It signs a few times a second.
      resourceLimits: { maxYoungGenerationSizeMb: 6 },
    });
    let reason = 'its thread ended';
    worker.on('message', ({ id, signature }: CosigningReport) => {
      this.#waiting.get(id)?.resolve({ name: this.key.name, keyId: this.key.id, signature });
      this.#waiting.delete(id);
    });
    worker.on('error', error => {
      reason = error.message;
    });
    worker.once('exit', () => {
      this.#worker = null;
      for (const { reject } of this.#waiting.values()) reject(failed(reason));
      this.#waiting.clear();
    });
    return worker;
  }
}

function failed(detail: string): Failure {
  return new Failure('log/cosigner-failed', { detail });
}
