/** The entry of a keeper's thread that says what a good one says until it is given the first thing to do, which it dies of. */
import { parentPort } from 'node:worker_threads';

const state = { size: 3, witnessed: null, checkpointNote: null, writable: true };
parentPort.postMessage({ readable: { origin: 'log.example/dying', state } });
parentPort.postMessage({ opened: { issuers: [], validators: [], mustBeWitnessed: 0 } });
parentPort.on('message', () => {
  throw new Error('it dies');
});
