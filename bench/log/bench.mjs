/**
 * The log under load, beside Tessera's POSIX driver on the same disk: targets in the design's table of performance.
 *
 * Both answer once an entry has its index and is durable; ours also when it is under the log's signature. Each runs with the number of
 * clients and the batching that suit it best, over requests with one entry each but where the row says otherwise.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatVerifierKey } from '../../dist/note/key.js';
import { versionOf } from '../machine.mjs';
import { firstLine } from '../processes.mjs';
import { shuffled } from '../shuffled.mjs';
import { measure } from './contender.mjs';
import { logKey } from './keys.mjs';
import { report } from './report.mjs';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const OPAQUE = { module: here('opaque-bodies.mjs'), bytes: 600 };
/** The length of a receipt. */
const RECEIPT_BYTES = 3125;
const WARMUP = 2;

/** `only`: those contenders whose names contain it; then nothing is written to `results/`. */
export const DEFAULTS = { rounds: 3, seconds: 8, only: '' };

export async function bench({ rounds, seconds, only }) {
  const parent = mkdtempSync(join(process.env.COUNTERSIGN_BENCH_FOLDER ?? tmpdir(), 'countersign-log-'));
  const results = new Map();
  try {
    const others = [...floors(), ...tessera(parent, only)];
    for (let round = 1; round <= rounds; round++) {
      // A witness remembers the log that it has cosigned, and each round begins another.
      const witnesses = await startWitnesses(join(parent, `witnesses-${round}`));
      const contenders = [...ours(witnesses.policy, seconds), ...others].filter(({ name }) =>
        name.includes(only),
      );
      for (const { name, target = '' } of contenders)
        if (!results.has(name)) results.set(name, { target, measured: [] });
      try {
        for (const { name, start, load } of shuffled(contenders)) {
          process.stderr.write(`round ${round} of ${rounds}: ${name}\n`);
          results.get(name).measured.push(await measure(start, { seconds, warmup: WARMUP, ...load }, parent));
        }
      } finally {
        witnesses.stop();
      }
    }
    report(results, { rounds, seconds }, only === '');
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

function ours(policy, seconds) {
  const start =
    (kind, text, threads = 2) =>
    folder => [process.execPath, here('server.mjs'), JSON.stringify({ folder, kind, threads, policy: text })];
  const receipts = { module: here('receipt-bodies.mjs'), count: Math.ceil((seconds + WARMUP) * 12_000) };
  const alone = 'quorum none\n';
  return [
    {
      name: 'Countersign, 600 opaque bytes',
      target: '≥ 10,600/s',
      start: start('opaque', alone),
      load: { path: '/entries', clients: 128, bodies: OPAQUE },
    },
    {
      name: 'Countersign, receipts with signatures checked',
      target: '≥ 6,000/s',
      start: start('receipts', alone),
      load: { path: '/entries', clients: 128, bodies: receipts },
    },
    {
      name: 'Countersign, 32 receipts a request, signatures checked',
      target: '≥ 6,000/s',
      start: start('receipts', alone),
      load: { path: '/entries', clients: 16, bodies: { ...receipts, perRequest: 32 } },
    },
    {
      name: 'Countersign, 32 clients',
      target: 'included p99 ≤ 50 ms',
      start: start('opaque', alone),
      load: { path: '/entries', clients: 32, bodies: OPAQUE },
    },
    {
      name: 'Countersign, three witness processes',
      target: 'witnessed p99 ≤ 2 s',
      start: start('opaque', policy),
      load: { path: '/entries?wait=witnessed', clients: 128, bodies: OPAQUE },
    },
  ];
}

/** What the machine does when nothing is logged: the rows above cannot be faster. */
function floors() {
  const start = verify => () => [process.execPath, here('floor.mjs'), JSON.stringify({ verify })];
  return [
    {
      name: 'Floor: node:http alone, 600 bytes',
      start: start(false),
      load: { path: '/entries', clients: 128, bodies: OPAQUE },
    },
    {
      name: 'Floor: node:http and one Ed25519 check',
      start: start(true),
      load: { path: '/entries', clients: 128, bodies: { ...OPAQUE, bytes: RECEIPT_BYTES } },
    },
  ];
}

/** None without Go, or when only others are asked for. */
function tessera(parent, only) {
  if (only.includes('Countersign')) return [];
  if (versionOf('go', ['version']) === null) {
    process.stderr.write('Tessera is left out: it needs Go, which is not installed here.\n');
    return [];
  }
  const program = join(parent, 'tessera');
  process.stderr.write('building Tessera\n');
  execFileSync('go', ['build', '-o', program, '.'], {
    cwd: here('tessera'),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const contender = (name, clients, ...options) => ({
    name,
    start: folder => [program, '--folder', folder, ...options],
    load: { path: '/entries', clients, bodies: OPAQUE },
  });
  return [
    contender('Tessera, 600 opaque bytes, 128 clients', 128, '--batch-age', '5ms'),
    contender('Tessera, 600 opaque bytes, 2048 clients', 2048, '--batch-size', '1024', '--batch-age', '50ms'),
  ];
}

/** Three witnesses, each a process with its own key and disk, and the policy in which all of them are asked for. */
async function startWitnesses(parent) {
  const children = [];
  const lines = [`log ${formatVerifierKey(logKey)}`];
  for (const number of [1, 2, 3]) {
    const data = join(parent, `witness-${number}`);
    const child = spawn(
      process.execPath,
      [
        here('../../dist/shell/cli/main.js'),
        'witness',
        '--json',
        '--listen',
        '127.0.0.1:0',
        '--data',
        data,
      ].concat(['--name', `bench.example/witness-${number}`, '--log', formatVerifierKey(logKey)]),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    children.push(child);
    const { address, keys } = JSON.parse(await firstLine(child));
    lines.push(`witness w${number} ${keys[0]} ${address}`);
  }
  const policy = [...lines, 'group all-of-them all w1 w2 w3', 'quorum all-of-them', ''].join('\n');
  return { policy, stop: () => children.map(child => child.kill('SIGTERM')) };
}
