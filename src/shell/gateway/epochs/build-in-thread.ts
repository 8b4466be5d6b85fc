/** Building a closing beside the gateway: an epoch may have millions of exchanges, and nobody's answer waits for their hashes. */
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { type BuiltClosing, buildClosing } from './build-closing.js';

/** The worker thread's entry, compiled: a worker thread cannot load TypeScript. */
const WORKER = new URL('../../../../dist/shell/gateway/epochs/closing-worker.js', import.meta.url);

/** A journal of so many bytes, some four hundred exchanges, takes less time than starting a thread does. */
const AT_ONCE = 1 << 16;

/** Rejects with what went wrong there. */
export async function buildInThread(journal: string, base: string): Promise<BuiltClosing> {
  if ((await stat(journal)).size <= AT_ONCE) return buildClosing(journal, base);
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: { journal, base } });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', code => reject(new Error(`the thread ended with ${code} and no closing`)));
  });
}
