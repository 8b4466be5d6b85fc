/** Entry of a worker thread that looks at submitted entries. It is started by the pool alone; the entries are a stranger's. */
import { parentPort, workerData } from 'node:worker_threads';
import '../node.js';
import { concatAll } from '../../bytes/octets.js';
import { parseVerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { admissionOf } from './admission.js';
import type { AdmissionOrder, AdmissionReport, AdmissionWorkerData, Finding } from './messages.js';

if (parentPort === null) throw new Error('worker.js runs only as a worker thread');
const port = parentPort;
const { origin, issuers, validators }: AdmissionWorkerData = workerData;
const admission = admissionOf(origin, issuers.map(parseVerifierKey), validators.map(parseVerifierKey));

port.on('message', async ({ bytes, lengths, indexes }: AdmissionOrder) => {
  const findings: Finding[] = [];
  const keys: Uint8Array[] = [];
  let start = 0;
  for (const [at, length] of lengths.entries()) {
    findings.push(await look(bytes.subarray(start, start + length), indexes[at] as number, keys));
    start += length;
  }
  const allKeys = concatAll(keys);
  port.postMessage({ findings, keys: allKeys } satisfies AdmissionReport, [allKeys.buffer]);
});

/** Adds the keys of an entry that is taken to `keys`. */
async function look(entry: Uint8Array, index: number, keys: Uint8Array[]): Promise<Finding> {
  try {
    const own = await admission.admit(entry, index);
    keys.push(...own);
    return own.length;
  } catch (error) {
    // A fault of ours is told as what it is, without taking the thread down for all others.
    if (!(error instanceof Failure))
      return { code: 'log/unavailable', detail: 'the entry could not be looked at' };
    const { code, field, detail } = error;
    return { code, ...(field !== undefined && { field }), ...(detail !== undefined && { detail }) };
  }
}
