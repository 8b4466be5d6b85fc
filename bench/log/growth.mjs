/**
 * What appending, finding, proving and verifying cost as a log grows: entries of 200 bytes, in this process, with nothing between.
 *
 * Appending is measured in windows around each size, of which the median counts, and over all entries since the size before, which
 * holds the work in the background too. The others are medians over entries that stand near the end, and of which the log has
 * everything in memory, and over entries that nothing is remembered of because the log has just been opened ("cold").
 */
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../dist/bytes/cryptography.js';
import { u64be } from '../../dist/bytes/octets.js';
import { cosignerOf } from '../../dist/note/cosignature.js';
import { KEY_TYPE, verifierKey } from '../../dist/note/key.js';
import { tuneCollector } from '../../dist/shell/cli/collector.js';
import { openLog } from '../../dist/shell/log/open-log.js';
import { signerFromSeed } from '../../dist/shell/node.js';
import { openLocalWitness } from '../../dist/shell/witness/local-witness.js';
import { leafHash } from '../../dist/tree/hash.js';
import { verifyInclusion } from '../../dist/tree/merkle.js';
import { TILE_WIDTH } from '../../dist/tree/tile.js';
import { parseTlogProof } from '../../dist/tree/tlog-proof.js';
import { machine } from '../machine.mjs';
import { spread } from './contender.mjs';
import { reportGrowth } from './growth-report.mjs';
import { logKey, logSigner } from './keys.mjs';

tuneCollector();
const witnessSigner = signerFromSeed(new Uint8Array(32).fill(4));
const witnessKey = verifierKey('bench.example/witness', KEY_TYPE.cosignature, witnessSigner.publicKey);

/** `entries`: how far to go. */
export const DEFAULTS = { entries: 10_000_000 };

const FIRST_SIZE = 10_000;
/** Entries that are appended at once, as 256 clients would. */
const BATCH = 256;
/** Entries over which appending is timed once, and how often around each size. */
const WINDOW = 8 * BATCH;
const WINDOWS = 9;
/** How many entries near the end are looked at, of how many, and how far from it: so far that their keys have been written to disk. */
const NEAR = 2000;
const NEAR_RANGE = 5000;
const WRITTEN = 9000;
/** How often the log is opened to look at what it does not remember. */
const OPENINGS = 5;
/** The most that is looked at after one opening, each in another tile. */
const COLD = 100;

export async function bench({ entries }) {
  const folder = mkdtempSync(join(process.env.COUNTERSIGN_BENCH_FOLDER ?? tmpdir(), 'countersign-growth-'));
  const rows = [];
  let log = await open(join(folder, 'warm-up'));
  try {
    process.stderr.write('warming up\n');
    await grow(log, 4 * FIRST_SIZE);
    await lookAt(log, nearEnd(log));
    await log.close();
    log = await open(join(folder, 'log'));
    const progress = progressTo(entries);
    let before = meter();
    for (let size = FIRST_SIZE; size <= entries; size *= 10) {
      const first = log.size;
      await grow(log, size - (WINDOWS * WINDOW) / 2, progress);
      const windows = await measureWindows(log);
      const since = meter(before);
      const near = await lookAt(log, nearEnd(log));
      const { cold, openSeconds, reopened } = await measureCold(log, join(folder, 'log'));
      log = reopened;
      rows.push({
        size,
        appendMicroseconds: windows,
        appendMeanMicroseconds: (since.seconds * 1e6) / (log.size - first),
        appendCpuMicroseconds: (since.cpuSeconds * 1e6) / (log.size - first),
        ...near,
        cold,
        openSeconds,
        residentMiB: since.residentMiB,
      });
      before = meter();
    }
  } finally {
    await log.close();
    rmSync(folder, { recursive: true, force: true });
  }
  reportGrowth(rows);
  if (entries !== DEFAULTS.entries) return;
  const results = fileURLToPath(new URL('../results/growth.json', import.meta.url));
  writeFileSync(results, `${JSON.stringify({ machine: machine(), rows }, null, 2)}\n`);
}

/** With one witness in this process, as a gateway has it: what is witnessed is not read again when the log is opened. */
async function open(folder) {
  const witness = await openLocalWitness({
    folder: join(folder, 'witness'),
    cosigners: [cosignerOf(witnessKey, witnessSigner)],
    logs: [logKey],
    now: Date.now,
  });
  return openLog({
    folder,
    key: logKey,
    signer: logSigner,
    witnesses: [witness],
    quorum: { kind: 'none' },
    accepts: () => true,
    keysOf: entry => [keyOf(entry)],
    onProblem: message => process.stderr.write(`${message}\n`),
  });
}

async function grow(log, size, progress = () => undefined) {
  while (log.size < size) {
    let included = Promise.resolve();
    const first = log.size;
    for (let at = 0; at < BATCH; at++) ({ included } = log.append(entryAt(first + at)));
    await included;
    progress(log.size);
  }
}

async function measureWindows(log) {
  const costs = [];
  for (let window = 0; window < WINDOWS; window++) {
    const first = log.size;
    const begin = performance.now();
    await grow(log, first + WINDOW);
    costs.push(((performance.now() - begin) * 1000) / (log.size - first));
  }
  return spread(costs);
}

/** Says now and then how far it is, and for how long it will go on: in one line for a person, in lines for a file. */
function progressTo(most) {
  const begin = Date.now();
  const { isTTY } = process.stderr;
  let due = 0;
  return size => {
    if (Date.now() < due) return;
    due = Date.now() + (isTTY ? 500 : 10_000);
    const minutes = ((Date.now() - begin) * (most / size - 1)) / 60_000;
    const text = `${size.toLocaleString('en-US')} of ${most.toLocaleString('en-US')} entries, ${minutes.toFixed(1)} minutes to go`;
    process.stderr.write(isTTY ? `\r${text}   ` : `${text}\n`);
  };
}

/** After each opening, entries of which no two are in one tile. */
async function measureCold(log, folder) {
  const openings = [];
  const costs = [];
  let reopened = log;
  for (let opening = 0; opening < OPENINGS; opening++) {
    // What is witnessed is not read again at the start; a log that is stopped at leisure has all of it witnessed.
    await reopened.reached(reopened.size - 1, 'witnessed', 10_000);
    await reopened.close();
    const begin = performance.now();
    reopened = await open(folder);
    openings.push((performance.now() - begin) / 1000);
    const tiles = Math.floor(reopened.size / TILE_WIDTH);
    const chosen = new Set();
    while (chosen.size < Math.min(COLD, tiles)) chosen.add(randomInt(tiles));
    const indices = [...chosen].map(tile => tile * TILE_WIDTH + randomInt(TILE_WIDTH));
    costs.push(...(await measureEach(reopened, indices)));
  }
  const { proveMicroseconds, findMicroseconds } = medians(costs);
  return { cold: { proveMicroseconds, findMicroseconds }, openSeconds: spread(openings).median, reopened };
}

function nearEnd(log) {
  return Array.from({ length: NEAR }, () => log.size - WRITTEN - randomInt(NEAR_RANGE));
}

/** Entries twice, so that the log remembers all of it the second time. */
async function lookAt(log, indices) {
  await measureEach(log, indices);
  return medians(await measureEach(log, indices));
}

/** Proving comes before finding, which reads the same tile: what a cold proof costs is seen in it, and of finding the rest. */
async function measureEach(log, indices) {
  const costs = [];
  for (const index of indices) {
    const entry = entryAt(index);
    const key = keyOf(entry);
    const unknown = new Uint8Array(randomBytes(16));
    const [prove, proof] = await timed(() => log.prove(index));
    const [find, found] = await timed(() => log.find(key));
    const [findUnknown, none] = await timed(() => log.find(unknown));
    if (found !== index || none !== null) throw new Error(`entry ${index} was not found, or another was`);
    const { hashes, checkpoint } = parseTlogProof(proof);
    const [, size, root] = checkpoint.split('\n');
    const rootBytes = new Uint8Array(Buffer.from(root, 'base64'));
    const leaf = leafHash(entry);
    const [verify] = await timed(() => verifyInclusion(index, Number(size), leaf, hashes, rootBytes));
    costs.push({
      findMicroseconds: find,
      findUnknownMicroseconds: findUnknown,
      proveMicroseconds: prove,
      verifyMicroseconds: verify,
    });
  }
  return costs;
}

function medians(costs) {
  const names = Object.keys(costs[0]);
  return Object.fromEntries(names.map(name => [name, spread(costs.map(cost => cost[name])).median]));
}

function entryAt(index) {
  const entry = new Uint8Array(200);
  entry.set(u64be(index));
  return entry;
}

function keyOf(entry) {
  return sha256(entry).slice(0, 16);
}

async function timed(act) {
  const begin = performance.now();
  const value = await act();
  return [(performance.now() - begin) * 1000, value];
}

/** Time, processor time and memory, from a point on. */
function meter(from = { at: 0, cpu: { user: 0, system: 0 } }) {
  const at = performance.now();
  const cpu = process.cpuUsage();
  const used = cpu.user + cpu.system - from.cpu.user - from.cpu.system;
  return {
    at,
    cpu,
    seconds: (at - from.at) / 1000,
    cpuSeconds: used / 1e6,
    residentMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
}
