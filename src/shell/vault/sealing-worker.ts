/**
 * Entry of the thread that seals for a gateway: it signs receipts and keeps contents in the vault, whose only writer it is. It is started by
 * `ThreadSealer` alone and trusts its orders. A fault of its own ends the thread, which the gateway sees.
 */
import { parentPort, workerData } from 'node:worker_threads';
import '../node.js';
import { formatVerifierKey, keyLabel, parseVerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { openSigningKey } from '../files/keys.js';
import { unframe } from './content-frame.js';
import { DirectSealer } from './direct-sealer.js';
import {
  handedOver,
  readOrder,
  type SealingFailure,
  type SealingWorkerData,
  writeReport,
} from './sealing-messages.js';
import { Vault } from './vault.js';

if (parentPort === null) throw new Error('sealing-worker.js runs only as a worker thread');
const port = parentPort;
const { vault, vaultKey, issuerPath, issuerKey }: SealingWorkerData = workerData;
const { name, type } = parseVerifierKey(issuerKey);
const { key, signer } = await openSigningKey(issuerPath, name, type);
if (formatVerifierKey(key) !== issuerKey) throw new Error(`${issuerPath} holds another key than it did`);
const sealer = new DirectSealer(keyLabel(key), signer, new Vault(vault, vaultKey));

// Orders that came while the key was being read are kept by the port and delivered now.
port.on('message', (order: Uint8Array) => {
  const sealed: Uint8Array[] = [];
  let failure: Failure | null = null;
  const take = (result: Uint8Array | Failure) => {
    if (result instanceof Failure) failure = result;
    else sealed.push(result);
  };
  for (const { statement, content } of readOrder(order)) {
    if (content === null) sealer.sign(statement, take);
    else sealer.seal(content.exchange, statement, unframe(content.framed), take);
    if (failure !== null) break;
  }
  const report = writeReport(sealed);
  port.postMessage(report, handedOver(report));
  if (failure !== null) port.postMessage(described(failure));
});

function described({ code, detail }: Failure): SealingFailure {
  return { code, detail: detail ?? null };
}
