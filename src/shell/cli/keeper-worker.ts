/**
 * Entry of the thread that keeps a house's log and vault. It is started by `openThreadKeeper` alone, which holds the lock of the data folder,
 * and trusts what it is told. A fault of its own ends the thread; then nothing is sealed or logged any more, and the house says so.
 */
import { parentPort, workerData } from 'node:worker_threads';
import '../node.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import type { Sealer } from '../../receipt/sealer.js';
import type { FileLog } from '../log/file-log.js';
import { type LogState, spoken } from '../log/log-calls.js';
import { changesOf, LogDesk, stateOf } from '../log/log-desk.js';
import { DirectSealer } from '../vault/direct-sealer.js';
import { fulfil } from '../vault/order-sealer.js';
import { handedOver } from '../vault/sealing-messages.js';
import { Vault } from '../vault/vault.js';
import { dataFolder } from './data-folder.js';
import { type HouseLog, openHouseLog } from './house-log.js';
import type { FromKeeper, KeeperWorkerData, ToKeeper } from './keeper-messages.js';

if (parentPort === null) throw new Error('keeper-worker.js runs only as a worker thread');
const port = parentPort;
const { data, operator }: KeeperWorkerData = workerData;
const folder = dataFolder(data);

const say = (message: FromKeeper) =>
  port.postMessage(message, message instanceof Uint8Array ? handedOver(message) : []);

/** The log that may be read, and what has been said of it last. */
let shown: { readonly log: FileLog; readonly desk: LogDesk; state: LogState } | null = null;

function show(log: FileLog | null): void {
  shown = log && { log, desk: new LogDesk(log, answers => say({ answers })), state: stateOf(log) };
  say({ readable: shown && { origin: shown.log.origin, state: shown.state } });
}

function sayChanges(): void {
  if (shown === null) return;
  const state = stateOf(shown.log);
  const changes = changesOf(shown.state, state);
  shown.state = state;
  if (changes !== null) say({ changes });
}

/** Once the house is open: who seals, and how all of it is closed. */
let open: { readonly vault: Vault; readonly sealer: Sealer; readonly close: () => Promise<void> } | null =
  null;

function keep({ keys, log, close }: HouseLog): void {
  const { key, signer } = keys.issuer;
  const vault = new Vault(folder.vault, keys.vaultKey);
  open = { vault, sealer: new DirectSealer({ label: keyLabel(key), signer, vault, log }), close };
}

function seal(order: Uint8Array): void {
  if (open === null) throw new Error('nothing is sealed before the house is open');
  const { report, failure } = fulfil(order, open.sealer);
  say(report);
  if (failure === null) return;
  // What is on disk is found out anew with the next order.
  open.vault.close();
  say({ unsealed: spoken(failure) });
}

async function close(): Promise<void> {
  await open?.close();
  open?.vault.close();
  port.close();
}

// While the house is being opened its log is read already: by witnesses that check entries, through the gateway.
port.on('message', (message: ToKeeper) => {
  if (message === 'close') void close();
  else if (message instanceof Uint8Array) seal(message);
  else shown?.desk.take(message.calls);
});

try {
  const house = await openHouseLog({
    folder,
    operator,
    onProblem: problem => say({ problem }),
    onReadable: readable => show(readable?.log ?? null),
    onChange: sayChanges,
  });
  const issuers = house.history.inForce('issuer').map(formatVerifierKey);
  const validators = house.history.inForce('validator').map(formatVerifierKey);
  keep(house);
  say({ opened: { issuers, validators, mustBeWitnessed: house.mustBeWitnessed } });
} catch (error) {
  say({ refused: spoken(error) });
  port.close();
}
