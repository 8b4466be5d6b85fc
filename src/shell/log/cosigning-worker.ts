/**
 * Entry of the thread that cosigns for a log. It is started by `ThreadCosigner` alone and trusts its orders. Whatever goes wrong ends the
 * thread, which the log sees.
 */
import { parentPort, workerData } from 'node:worker_threads';
import '../node.js';
import { cosign, cosignatureTime } from '../../note/cosignature.js';
import { formatVerifierKey, parseVerifierKey } from '../../note/key.js';
import { openSigningKey } from '../files/keys.js';
import type { CosigningOrder, CosigningReport, CosigningWorkerData } from './cosigning-messages.js';

if (parentPort === null) throw new Error('cosigning-worker.js runs only as a worker thread');
const port = parentPort;
const { path, key: expected }: CosigningWorkerData = workerData;
const { name, type } = parseVerifierKey(expected);
const { key, signer } = await openSigningKey(path, name, type);
if (formatVerifierKey(key) !== expected) throw new Error(`${path} holds another key than it did`);

// Orders that came while the key was being read are kept by the port and delivered now.
port.on('message', async ({ id, checkpoint, time }: CosigningOrder) => {
  const { signature } = cosign(checkpoint, time, key, signer);
  // A fault of the machine must not leave as a signature: it would condemn every note that carries it.
  if ((await cosignatureTime(checkpoint, key, signature)) !== time)
    throw new Error('a cosignature that does not verify');
  port.postMessage({ id, signature } satisfies CosigningReport);
});
