/**
 * A log in a process of its own, for test/slow/kill.test.ts: it appends until it is killed, and says on standard output, a line of JSON
 * at a time, what it promises: `{"ready": true}`, `{"index", "entry"}` for each entry that is included, `{"checkpoint"}` for each that is
 * published. Its argument is the JSON of {@link Settings} there. It runs the built code, as a killed process of a user would.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KEY_TYPE, parseVerifierKey, verifierKey } from '../../dist/note/key.js';
import { acquireLock } from '../../dist/shell/files/lock.js';
import { openLog } from '../../dist/shell/log/open-log.js';
import { signerFromSeed } from '../../dist/shell/node.js';
import { openRemoteWitness } from '../../dist/shell/witness/remote-witness.js';

const { folder, origin, seed, witnesses, clients } = JSON.parse(process.argv[2] ?? '');

const say = promise => process.stdout.write(`${JSON.stringify(promise)}\n`);
const digest = text => createHash('sha256').update(text).digest();
const signer = signerFromSeed(new Uint8Array(32).fill(seed));
const members = witnesses.map(({ key }) => {
  const parsed = parseVerifierKey(key);
  return { kind: 'witness', name: parsed.name, key: parsed };
});

acquireLock(folder);
const log = await openLog({
  folder: join(folder, 'log'),
  key: verifierKey(origin, KEY_TYPE.ed25519, signer.publicKey),
  signer,
  witnesses: witnesses.map(({ key, url }) =>
    openRemoteWitness({ url, keys: [parseVerifierKey(key)], timeout: 5000 }),
  ),
  quorum: { kind: 'group', name: 'most', threshold: 2, members },
  // On a busy machine the witnesses, which start at the same time, take longer to answer than in life.
  timing: { spacing: 1, patience: 1000, patienceAtStart: 60_000, longestWait: 1000 },
  accepts: entry => {
    const [text = '', sum] = Buffer.from(entry).toString('utf8').split('#');
    return digest(text).toString('hex') === sum;
  },
  keysOf: entry => [digest(entry).subarray(0, 16)],
});
say({ ready: true });

async function append(client) {
  for (let number = 0; ; number++) {
    const text = `${process.pid} ${client} ${number} ${'.'.repeat(Math.floor(Math.random() * 600))}`;
    const entry = `${text}#${digest(text).toString('hex')}`;
    const { index, included } = log.append(Buffer.from(entry));
    await included;
    say({ index, entry });
    await sleep(Math.random() * 4);
  }
}

async function publish() {
  for (let last = null; ; await sleep(5)) {
    if (log.witnessed === last) continue;
    last = log.witnessed;
    say({ checkpoint: Buffer.from(log.checkpointNote ?? []).toString('base64') });
  }
}

await Promise.all([...Array.from({ length: clients }, (_, client) => append(client)), publish()]);
