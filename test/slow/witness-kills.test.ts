/** A witness that is killed again and again while a log that keeps two histories asks it for both. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatAddCheckpoint, parseCosignatures } from '../../src/note/add-checkpoint.js';
import { parseCheckpoint } from '../../src/note/checkpoint.js';
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '../../src/note/key.js';
import { parseNote, verifyNote } from '../../src/note/signed-note.js';
import { type Served, serveWitness, type WitnessSummary } from '../end-to-end/process.js';
import { entryAt, ReferenceTree } from '../support/reference-tree.js';
import { WATCHED_LOG, witnessRequest } from '../support/witness-request.js';
import { randomFrom } from './random.js';

const KILLS = 40;
/** Given in the environment to repeat a run. */
const SEED = Number(process.env.COUNTERSIGN_SEED ?? Math.floor(Math.random() * 2 ** 32));
const SIZE = 2000;
/** The two histories have nothing in common, so that a single cosignature for each is a fork. */
const TREES = [0, 1].map(
  history => new ReferenceTree(Array.from({ length: SIZE }, (_, index) => entryAt(index + history))),
) as [ReferenceTree, ReferenceTree];

let folder: string;
const random = randomFrom(SEED);
/** Every cosigned checkpoint that left the witness, in order. */
const cosigned: { readonly text: string; readonly time: number }[] = [];
/** How often it did not answer. */
let silent = 0;
/** The size that it had cosigned when it came back after each kill, and the largest that had left it before. */
const revivals: { readonly left: number; readonly kept: number }[] = [];

beforeAll(async () => {
  console.log(`witness kills: COUNTERSIGN_SEED=${SEED}`);
  folder = mkdtempSync(join(tmpdir(), 'countersign-witness-kills-'));
  for (let kill = 0; kill < KILLS; kill++) await runUntilKilled();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function runUntilKilled(): Promise<void> {
  const witness = await serveWitness(['--data', folder, '--log', formatVerifierKey(WATCHED_LOG.key)]);
  const left = Math.max(0, ...cosigned.map(({ text }) => parseCheckpoint(text).size));
  const kept = await sizeOf(witness);
  revivals.push({ left, kept });
  let alive = true;
  const asking = (async () => {
    let size = kept;
    while (alive && size < SIZE) {
      const next = Math.min(SIZE, size + 1 + Math.floor(random.between(0, 3)));
      // Both histories at once: the first that comes decides at the first request, and the other never gets anything.
      await Promise.all(TREES.map(tree => ask(witness, size, next, tree)));
      size = await sizeOf(witness).catch(() => size);
    }
  })();
  await sleep(random.between(0, 120));
  await witness.stop('SIGKILL');
  alive = false;
  await asking;
}

async function ask(
  { summary }: Served<WitnessSummary>,
  oldSize: number,
  size: number,
  tree: ReferenceTree,
): Promise<void> {
  const request = witnessRequest(oldSize, size, tree);
  try {
    const body = new Uint8Array(formatAddCheckpoint(request));
    const answer = await fetch(`${summary.address}/add-checkpoint`, { method: 'POST', body });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (answer.status !== 200) return;
    const { text } = parseNote(request.checkpoint);
    const keys = summary.keys.map(parseVerifierKey) as [VerifierKey];
    const { verified } = await verifyNote({ text, signatures: parseCosignatures(bytes) }, keys);
    cosigned.push({ text, time: verified[0]?.time ?? 0 });
  } catch {
    silent++;
  }
}

async function sizeOf({ summary }: Served<WitnessSummary>): Promise<number> {
  // A request about no tree at all: the answer to it is the size, unless that is zero.
  const body = new Uint8Array(formatAddCheckpoint({ ...witnessRequest(1, 1, TREES[0]), proof: [] }));
  const answer = await fetch(`${summary.address}/add-checkpoint`, { method: 'POST', body });
  const text = await answer.text();
  return answer.status === 409 ? Number(text) : 1;
}

it('cosigned one history alone, and lost nothing that had left it', () => {
  const roots = new Map<number, string>();
  for (const { text } of cosigned) {
    const { size } = parseCheckpoint(text);
    expect(roots.get(size) ?? text).toBe(text);
    roots.set(size, text);
  }
  const histories = TREES.map(tree =>
    cosigned.every(({ text }) => {
      const { size, root } = parseCheckpoint(text);
      return Buffer.from(root).equals(tree.hash(0, size));
    }),
  );
  expect(histories.filter(Boolean)).toHaveLength(1);
  for (const { left, kept } of revivals) expect(kept).toBeGreaterThanOrEqual(left);
  console.log(`      ${cosigned.length} cosignatures, ${silent} requests without an answer, ${KILLS} kills`);
  expect(cosigned.length).toBeGreaterThan(KILLS);
});

it('never stated an earlier time than before', () => {
  for (const [at, { time }] of cosigned.entries())
    expect(time).toBeGreaterThanOrEqual(cosigned[at - 1]?.time ?? 1);
});
