/**
 * Entry of the worker thread: loads the network, then generates what it is ordered to. It is started by the
 * engine alone and trusts its messages; prompts reach it as token numbers only.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { readNetwork } from './model.js';
import { Network } from './network.js';
import { Scheduler } from './scheduler.js';
import type { Order, WorkerData } from './worker-messages.js';

if (parentPort === null) throw new Error('worker.js runs only as a worker thread');
const port = parentPort;
const { network, shape }: WorkerData = workerData;
const scheduler = new Scheduler(await Network.open(await readNetwork(network), shape), report =>
  port.postMessage(report),
);

// Orders that came while the network was loading are kept by the port and delivered now.
port.on('message', (order: Order) => {
  if (order.kind === 'generate') scheduler.add(order.id, order.commission);
  else scheduler.abort(order.id);
});
