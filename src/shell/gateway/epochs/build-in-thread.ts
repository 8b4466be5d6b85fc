/** Building a closing beside the gateway: an epoch may have millions of exchanges, and nobody's answer waits for their hashes. */
import { Worker } from 'node:worker_threads';
import type { BuiltClosing } from './build-closing.js';

/** The worker thread's entry, compiled: a worker thread cannot load TypeScript. */
const WORKER = new URL('../../../../dist/shell/gateway/epochs/closing-worker.js', import.meta.url);

/** Rejects with what went wrong there. */
export function buildInThread(journal: string, base: string): Promise<BuiltClosing> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: { journal, base } });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', code => reject(new Error(`the thread ended with ${code} and no closing`)));
  });
}
