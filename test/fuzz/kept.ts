/** The readers of files: trust files with their controllers, and what log, witness, mirror and monitor keep of themselves. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { concentrationOf } from '../../src/appraise/concentration/concentration.js';
import { parseTrust } from '../../src/appraise/trust.js';
import { canonicalize, type Json, parseCanonical } from '../../src/bytes/json.js';
import { fromUtf8, utf8 } from '../../src/bytes/octets.js';
import { cosign } from '../../src/note/cosignature.js';
import { formatVerifierKey, KEY_TYPE, sameKey } from '../../src/note/key.js';
import { formatNote, signNote } from '../../src/note/signed-note.js';
import { openSigningKey } from '../../src/shell/files/keys.js';
import { readCheckpoint } from '../../src/shell/log/kept-checkpoint.js';
import { readNote } from '../../src/shell/mirror/kept-notes.js';
import { Tickets } from '../../src/shell/mirror/tickets.js';
import { readState as readMonitorState } from '../../src/shell/monitor/state.js';
import { checkedFile } from '../../src/shell/witness/checked-file.js';
import { originHash, readState as readWitnessState } from '../../src/shell/witness/kept-state.js';
import { Frontier } from '../../src/tree/frontier.js';
import { decompose } from '../../src/tree/range.js';
import { hastyDisk } from '../support/faulty-disk.js';
import { ADD_RECOVERY, beginning, changeEntry } from '../support/key-changes.js';
import { testCosigner, testMlDsaCosigner } from '../support/keys.js';
import { LOG as MONITORED_LOG, openWitnesses, quorumOf } from '../support/log.js';
import { lookOnce, openMonitor, openReceiptLog, serve, TestIssuer } from '../support/monitored.js';
import { jsonMutants, mutants } from '../support/mutation.js';
import { FULL_TRUST_FILE, TRUST_FILE } from '../support/parties.js';
import { checkpointText, TREE, WATCHED_LOG } from '../support/witness-request.js';
import type { Reader } from './reader.js';

const ORIGIN = WATCHED_LOG.key.name;
const OWN = testCosigner('witness.example/own', 60);
const LOG_COSIGNER = testMlDsaCosigner(ORIGIN, 61);
const TIME = 1_800_000_000;

/** A checkpoint of the watched log under its signature and those of others. */
function kept(size: number, ...by: readonly (typeof OWN)[]): Uint8Array {
  const text = checkpointText(size);
  const own = signNote(text, WATCHED_LOG.key, WATCHED_LOG.signer);
  return formatNote({
    text,
    signatures: [own, ...by.map(({ key, signer }) => cosign(text, TIME, key, signer))],
  });
}

/** Damage to a text within a trust file: its policy above all. */
const TRUST_FILES = [TRUST_FILE, FULL_TRUST_FILE] as unknown as Json[];
const damagedPolicies: fc.Arbitrary<Uint8Array> = mutants([utf8(TRUST_FILE.policy)]).map(policy =>
  utf8(JSON.stringify({ ...TRUST_FILE, policy: fromUtf8(policy) ?? '' })),
);

/** All of them. @param folder an empty one, for the files that are read; its owner removes it */
export async function keptReaders(folder: string): Promise<Reader[]> {
  const make = (name: string) => {
    const path = join(folder, name);
    mkdirSync(path);
    return path;
  };
  const put = (path: string, bytes: Uint8Array) => writeFileSync(path, bytes);
  const witness = make('witness');
  const mirror = make('mirror');
  const log = make('log');
  const checked = join(make('checked'), 'checked');
  const checkedCopy = join(make('copy'), 'checked');
  const keyFile = join(make('keys'), 'key');
  const made = await openSigningKey(keyFile, ORIGIN, KEY_TYPE.ed25519);
  const privateKey = new Uint8Array(readFileSync(keyFile));
  const tickets = new Tickets(new Uint8Array(32).fill(7));
  const issued = [5, 9].map(size =>
    tickets.issue({
      text: checkpointText(size),
      signatures: [signNote(checkpointText(size), WATCHED_LOG.key, WATCHED_LOG.signer)],
    }),
  );
  return [
    {
      name: 'trust file',
      genuine: [utf8(JSON.stringify(TRUST_FILE)), utf8(JSON.stringify(FULL_TRUST_FILE, null, 2))],
      codes: [
        'trust/malformed',
        'policy/malformed',
        'policy/name-duplicate',
        'policy/key-duplicate',
        'policy/name-unknown',
        'policy/member-reused',
      ],
      damage: fc.oneof(jsonMutants(TRUST_FILES), damagedPolicies),
      cost: 20,
      writeBack: bytes => {
        // Whoever may be trusted can be counted, whatever the file says of its controllers.
        concentrationOf(parseTrust(bytes));
        return bytes;
      },
    },
    {
      name: 'private key',
      genuine: [privateKey],
      codes: ['data/key-malformed'],
      cost: 20,
      writeBack: async bytes => {
        writeFileSync(keyFile, bytes);
        const { key } = await openSigningKey(keyFile, ORIGIN, KEY_TYPE.ed25519);
        if (!sameKey(key, made.key)) throw new Error('another key');
        return privateKey;
      },
    },
    {
      name: 'checkpoint that a log keeps',
      genuine: [kept(9), kept(9, LOG_COSIGNER), kept(12, LOG_COSIGNER, OWN)],
      codes: ['log/corrupt'],
      cost: 20,
      writeBack: async bytes => {
        put(join(log, 'checkpoint'), bytes);
        const keys = { log: WATCHED_LOG.key, logCosigner: LOG_COSIGNER.key, witnesses: [OWN.key] };
        return (await readCheckpoint(log, keys)).note;
      },
    },
    {
      name: 'state that a witness keeps',
      genuine: [kept(9, OWN), kept(12, OWN)],
      codes: ['witness/state-corrupt'],
      cost: 8,
      writeBack: async bytes => {
        put(join(witness, originHash(ORIGIN)), bytes);
        return (await readWitnessState(witness, ORIGIN, [OWN.key], [WATCHED_LOG.key]))?.note ?? null;
      },
    },
    {
      name: 'entries that a witness has checked',
      genuine: await checkedFiles(checked),
      codes: [],
      cost: 8,
      writeBack: async bytes => {
        put(checked, bytes);
        const found = await checkedFile(checked, ORIGIN).read();
        if (found === null) return null;
        await checkedFile(checkedCopy, ORIGIN, hastyDisk).write(found);
        return readFileSync(checkedCopy);
      },
    },
    {
      name: 'checkpoint that a mirror keeps',
      genuine: [kept(9, OWN), kept(12, OWN)],
      codes: ['log/corrupt'],
      cost: 8,
      writeBack: async bytes => {
        put(join(mirror, 'checkpoint'), bytes);
        const found = await readNote(mirror, 'checkpoint', [WATCHED_LOG.key], [OWN.key]);
        return found === null ? null : formatNote(found.note);
      },
    },
    {
      name: 'ticket of a mirror',
      genuine: issued,
      codes: [],
      writeBack: bytes => {
        const note = tickets.read(bytes);
        return note === null ? null : tickets.issue(note);
      },
    },
    ...(await monitorReaders(make('monitored'))),
  ];
}

/** What a witness writes of how far it has read: an empty tree, and trees with and without key changes. */
async function checkedFiles(path: string): Promise<Uint8Array[]> {
  const files: Uint8Array[] = [];
  const changes = [{ index: 3, entry: changeEntry(beginning(), ADD_RECOVERY) }];
  for (const [size, read] of [
    [0, []],
    [9, []],
    [13, changes],
  ] as const) {
    const hashes = await Promise.all(decompose(0, size).map(TREE.read));
    await checkedFile(path, ORIGIN, hastyDisk).write({ tree: new Frontier(size, hashes), changes: read });
    files.push(readFileSync(path));
  }
  return files;
}

/** The state of a monitor that has looked at a log: as a file, and as what the next run goes on from. */
async function monitorReaders(folder: string): Promise<Reader[]> {
  const witnesses = await openWitnesses(folder);
  const receipts = await openReceiptLog(folder, { witnesses, quorum: quorumOf(3) });
  const issuer = new TestIssuer(receipts);
  await issuer.begin();
  await issuer.work(300);
  await receipts.reached(receipts.signed.size - 1, 'witnessed', 10_000);
  const served = await serve(receipts);
  const { isComplete } = await lookOnce(folder, served.url);
  await served.close();
  await receipts.close();
  if (!isComplete) throw new Error('the monitor could not see everything');
  const path = join(folder, 'monitor', 'state.json');
  const genuine = [new Uint8Array(readFileSync(path))];
  const damage = jsonMutants(genuine.map(state => parseCanonical(state)));
  const key = formatVerifierKey(MONITORED_LOG.key);
  const alone = join(folder, 'alone');
  mkdirSync(alone);
  return [
    {
      name: 'state that a monitor keeps',
      genuine,
      codes: ['monitor/state-corrupt'],
      damage,
      cost: 10,
      writeBack: async bytes => {
        writeFileSync(join(alone, 'state.json'), bytes);
        const state = await readMonitorState(alone, key);
        return state === null ? null : canonicalize(state);
      },
    },
    {
      name: 'folder that a monitor goes on from',
      genuine,
      codes: ['monitor/state-corrupt'],
      damage,
      cost: 100,
      writeBack: async bytes => {
        writeFileSync(path, bytes);
        const { monitor } = await openMonitor(folder, 'http://127.0.0.1:9/log');
        await monitor.close();
        return readFileSync(path);
      },
    },
  ];
}
