/**
 * Entry of a thread that reads entries for views. It is started by `ThreadReader` alone and trusts its orders, not the entries in them. A fault of its
 * own ends it, which fails whoever waits for it.
 */
import { parentPort } from 'node:worker_threads';
import '../node.js';
import { readBundle } from '../../tree/tile.js';
import { readChunk } from './chunk.js';
import { type ReadingOrder, reportOf } from './reading-messages.js';

if (parentPort === null) throw new Error('reading-worker.js runs only as a worker thread');
const port = parentPort;

port.on('message', ({ start, framed }: ReadingOrder) => {
  const report = reportOf(readChunk(start, readBundle(framed).entries));
  port.postMessage(report, [report.leaves.buffer]);
});
