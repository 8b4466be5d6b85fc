/** Our witness cosigns a log that Tessera keeps, which publishes nothing without us, and its note verifiers accept what we sign. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { toBase64 } from '../../src/bytes/base64.js';
import { utf8 } from '../../src/bytes/octets.js';
import { parseCheckpoint } from '../../src/note/checkpoint.js';
import { keyLabel, parseVerifierKey } from '../../src/note/key.js';
import { parseNote, verifyNote } from '../../src/note/signed-note.js';
import { originHash } from '../../src/shell/witness/kept-state.js';
import { type Served, serveWitness, type WitnessSummary } from '../end-to-end/process.js';
import { ReferenceTree } from '../support/reference-tree.js';
import './build-programs.js';
import { ForeignProcess } from './foreign-process.js';
import { peerKey } from './keys.js';
import { ask as askGo, missing as missingJudge } from './peer.js';
import { Relay } from './relay.js';

const { transparencyDev } = inject('goPrograms');
const missing = transparencyDev.missing ?? missingJudge;
const LOG = peerKey('tessera.example/log', 41);

let folder: string;
let witness: Served<WitnessSummary>;
let relay: Relay;

/** A witness with both kinds of keys, behind a relay. */
async function openWitness(name: string): Promise<{ witness: Served<WitnessSummary>; relay: Relay }> {
  const started = await serveWitness([
    ...['--data', join(folder, name)],
    ...['--name', `${name}.example/w1`],
    ...['--ml-dsa-key', join(folder, `${name}-ml-dsa.key`)],
    ...['--log', LOG.verifierKey],
  ]);
  return { witness: started, relay: await Relay.start(started.summary.address) };
}

/** The log, in its folder, under a policy that asks for a cosignature by this key of whoever is at the address. */
async function openTessera(key: string, address: string): Promise<ForeignProcess> {
  if (transparencyDev.missing !== null) throw new Error(transparencyDev.missing);
  const policy = join(folder, 'policy');
  await writeFile(policy, `witness w1 ${key} ${address}\nquorum w1\n`);
  return new ForeignProcess(transparencyDev.path, ['log', join(folder, 'tessera'), LOG.secretKey, policy]);
}

/** Adds entries, and resolves to the checkpoint that was published for them. */
async function add(log: ForeignProcess, count: number): Promise<Uint8Array> {
  const { checkpoint } = await log.ask<{ checkpoint: string }>(`add ${count}`);
  return new Uint8Array(Buffer.from(checkpoint, 'base64'));
}

/** Of the note's signatures by these keys: which ones Go finds to be good, and which we do. */
async function judge(note: Uint8Array, keys: readonly string[]): Promise<{ go: string[]; ours: string[] }> {
  const opened = askGo('note/open', { note: toBase64(note), known: [...keys] });
  const { verified } = await verifyNote(parseNote(note), keys.map(parseVerifierKey));
  return {
    go: opened.verified.map(({ key }) => key).sort(),
    ours: verified.map(({ key }) => keyLabel(key)).sort(),
  };
}

const labels = (keys: readonly string[]) => keys.map(key => keyLabel(parseVerifierKey(key))).sort();
const sizeOf = (note: Uint8Array) => parseCheckpoint(parseNote(note).text).size;

describe.skipIf(missing !== null)(
  `github.com/transparency-dev/tessera, a log of its own ${missing ?? ''}`,
  () => {
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'countersign-interop-'));
      ({ witness, relay } = await openWitness('first'));
    });
    afterAll(async () => {
      await relay?.close();
      await witness?.stop();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    });

    const keyOf = ({ summary }: Served<WitnessSummary>, type: number): string => {
      const key = summary.keys.find(text => parseVerifierKey(text).type === type);
      if (key === undefined) throw new Error(`the witness has no key of type ${type}`);
      return key;
    };

    it('publishes what our witness has cosigned with Ed25519, and what has grown from it; Go verifies it', async () => {
      const key = keyOf(witness, 4);
      const log = await openTessera(key, relay.address);
      const first = await add(log, 3);
      const second = await add(log, 300);
      await log.stop();
      expect([sizeOf(first), sizeOf(second)]).toEqual([3, 303]);
      const known = [LOG.verifierKey, key];
      for (const note of [first, second])
        expect(await judge(note, known)).toEqual({ go: labels(known), ours: labels(known) });
      const entries = Array.from({ length: 303 }, (_, i) => utf8(`entry ${i}`));
      const tree = new ReferenceTree(entries);
      expect(parseCheckpoint(parseNote(second).text).root).toEqual(tree.hash(0, 303));
      expect(new Set(relay.answered.map(({ status }) => status))).toEqual(new Set([200]));

      // Our witness shows what it has cosigned, for whoever monitors the log.
      const shown = await fetch(`${witness.summary.address}/${originHash(LOG.key.name)}/checkpoint`);
      const monitored = new Uint8Array(await shown.arrayBuffer());
      expect(parseNote(monitored).text).toBe(parseNote(second).text);
      const all = [LOG.verifierKey, ...witness.summary.keys];
      expect(await judge(monitored, all)).toEqual({ go: labels(all), ours: labels(all) });
    });

    it('is told by a witness of ours that does not know it yet (409), begins at nothing, and gets an ML-DSA-44 cosignature', async () => {
      const second = await openWitness('second');
      const key = keyOf(second.witness, 6);
      const log = await openTessera(key, second.relay.address);
      const note = await add(log, 2);
      await log.stop();
      expect(sizeOf(note)).toBe(305);
      const known = [LOG.verifierKey, key];
      expect(await judge(note, known)).toEqual({ go: labels(known), ours: labels(known) });
      expect(second.relay.answered.slice(0, 2)).toEqual([
        { path: '/add-checkpoint', status: 409 },
        { path: '/add-checkpoint', status: 200 },
      ]);
      await second.relay.close();
      await second.witness.stop();
    });
  },
);
