/**
 * What appending, proving and verifying cost as a log grows: entries of 200 bytes, in this process, with nothing between.
 *
 * `--rounds` and `--seconds` mean nothing here. COUNTERSIGN_BENCH_ENTRIES says how far to go (default 10,000,000).
 */
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../dist/bytes/cryptography.js';
import { u64be } from '../../dist/bytes/octets.js';
import { openLog } from '../../dist/shell/log/open-log.js';
import { leafHash } from '../../dist/tree/hash.js';
import { verifyInclusion } from '../../dist/tree/merkle.js';
import { parseTlogProof } from '../../dist/tree/tlog-proof.js';
import { machine } from '../machine.mjs';
import { spread } from './contender.mjs';
import { logKey, logSigner } from './keys.mjs';

/** Entries that are appended at once, as 256 clients would. */
const BATCH = 256;
/** Entries over which each cost is measured. */
const WINDOW = 20_480;
const PROOFS = 2000;

export async function bench() {
  const most = Number(process.env.COUNTERSIGN_BENCH_ENTRIES ?? 10_000_000);
  const folder = mkdtempSync(join(process.env.COUNTERSIGN_BENCH_FOLDER ?? tmpdir(), 'countersign-growth-'));
  const rows = [];
  const log = await openLog({
    folder,
    key: logKey,
    signer: logSigner,
    witnesses: [],
    quorum: { kind: 'none' },
    accepts: () => true,
    keysOf: entry => [sha256(entry).slice(0, 16)],
    onProblem: message => process.stderr.write(`${message}\n`),
  });
  try {
    for (let size = 10_000; size <= most; size *= 10) {
      await grow(log, size - WINDOW / 2);
      rows.push(await measureAt(log, size));
      process.stdout.write(`${line(rows.at(-1))}\n`);
    }
  } finally {
    await log.close();
    rmSync(folder, { recursive: true, force: true });
  }
  const results = fileURLToPath(new URL('../results/growth.json', import.meta.url));
  writeFileSync(results, `${JSON.stringify({ machine: machine(), rows }, null, 2)}\n`);
}

/** Around a size: appending half before and half beyond it, then proofs of entries from everywhere. */
async function measureAt(log, size) {
  const appending = await grow(log, log.signed.size + WINDOW);
  const finding = [];
  const proving = [];
  const verifying = [];
  for (let count = 0; count < PROOFS; count++) {
    const index = randomInt(log.signed.size);
    const entry = entryAt(index);
    finding.push(await microseconds(() => log.find(sha256(entry).slice(0, 16))));
    let proof = '';
    proving.push(
      await microseconds(async () => {
        proof = await log.prove(index);
      }),
    );
    const { hashes, checkpoint } = parseTlogProof(proof);
    const [, at, root] = checkpoint.split('\n');
    verifying.push(
      await microseconds(async () =>
        verifyInclusion(
          index,
          Number(at),
          leafHash(entry),
          hashes,
          new Uint8Array(Buffer.from(root, 'base64')),
        ),
      ),
    );
  }
  const median = costs => spread(costs).median;
  return {
    size,
    appendMicroseconds: (appending.seconds * 1e6) / appending.entries,
    findMicroseconds: median(finding),
    proveMicroseconds: median(proving),
    verifyMicroseconds: median(verifying),
    residentMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
}

async function grow(log, size) {
  const first = log.signed.size;
  const begin = performance.now();
  while (log.signed.size < size) {
    let included = Promise.resolve();
    for (let at = 0; at < BATCH; at++) ({ included } = log.append(entryAt(log.signed.size + at)));
    await included;
    if (process.stderr.isTTY) process.stderr.write(`\r${log.signed.size} of ${size} entries`);
  }
  return { entries: log.signed.size - first, seconds: (performance.now() - begin) / 1000 };
}

function entryAt(index) {
  const entry = new Uint8Array(200);
  entry.set(u64be(index));
  return entry;
}

async function microseconds(act) {
  const begin = performance.now();
  await act();
  return (performance.now() - begin) * 1000;
}

function line({
  size,
  appendMicroseconds,
  findMicroseconds,
  proveMicroseconds,
  verifyMicroseconds,
  residentMiB,
}) {
  const number = value => value.toFixed(1).padStart(8);
  return `${String(size).padStart(9)} entries: append ${number(appendMicroseconds)} µs, find ${number(findMicroseconds)} µs, prove ${number(proveMicroseconds)} µs, verify ${number(verifyMicroseconds)} µs, resident ${residentMiB} MiB`;
}
