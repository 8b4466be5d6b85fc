/** Entry of the thread that builds one closing. It is started by `buildInThread` alone and ends with its answer. */
import { parentPort, workerData } from 'node:worker_threads';
import '../../node.js';
import { buildClosing } from './build-closing.js';

if (parentPort === null) throw new Error('closing-worker.js runs only as a worker thread');
const { journal, base }: { journal: string; base: string } = workerData;
parentPort.postMessage(buildClosing(journal, base));
