/**
 * The log under load, beside Tessera's POSIX driver on the same disk: targets in the design's table of performance.
 *
 * Both answer once an entry has its index and is durable; ours also when it is under the log's signature. Each runs with the number of
 * clients and the batching that suit it best, over single requests with one entry each.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatVerifierKey } from '../../dist/note/key.js';
import { barChart } from '../chart.mjs';
import { machine, versionOf } from '../machine.mjs';
import { firstLine, measure, spread } from './contender.mjs';
import { logKey } from './keys.mjs';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const OPAQUE = { module: here('opaque-bodies.mjs'), bytes: 600 };
const WARMUP = 2;

export async function bench({ rounds, seconds }) {
  const parent = mkdtempSync(join(process.env.COUNTERSIGN_BENCH_FOLDER ?? tmpdir(), 'countersign-log-'));
  const witnesses = await startWitnesses(parent);
  try {
    const contenders = [...ours(witnesses.policy, seconds), ...tessera(parent)];
    const results = new Map(contenders.map(({ name }) => [name, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const { name, start, load } of shuffled(contenders)) {
        process.stderr.write(`round ${round} of ${rounds}: ${name}\n`);
        results.get(name).push(await measure(start, { seconds, warmup: WARMUP, ...load }, parent));
      }
    }
    report(contenders, results, { rounds, seconds });
  } finally {
    witnesses.stop();
    rmSync(parent, { recursive: true, force: true });
  }
}

function ours(policy, seconds) {
  const start =
    (kind, text, threads = 1) =>
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

/** None without Go. */
function tessera(parent) {
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

function report(contenders, results, settings) {
  const rows = contenders.map(({ name, target = '' }) => {
    const all = results.get(name);
    const of = member => spread(all.map(result => result[member]));
    return {
      name,
      target,
      perSecond: of('perSecond'),
      p50: of('p50').median,
      p99: of('p99').median,
      cpuMicroseconds: of('cpuMicroseconds').median,
      peakMiB: of('peakMiB').median,
      errors: of('errors').most,
    };
  });
  const best = rows
    .filter(({ name }) => name.startsWith('Tessera'))
    .sort((a, b) => b.perSecond.median - a.perSecond.median)[0];
  const own = rows[0];
  const ratio = best === undefined ? null : own.perSecond.median / best.perSecond.median;
  const document = { machine: machine(), settings, rows, ratioToTessera: ratio };
  writeFileSync(here('../results/log.json'), `${JSON.stringify(document, null, 2)}\n`);
  writeFileSync(here('../results/log.svg'), chart(rows));
  process.stdout.write(`${table(rows)}\n`);
  if (ratio !== null)
    process.stdout.write(`\nOurs is ${ratio.toFixed(2)} times Tessera's best in this run.\n`);
}

function table(rows) {
  const number = (value, digits = 0) =>
    (value ?? Number.NaN).toLocaleString('en-US', { maximumFractionDigits: digits });
  const lines = rows.map(
    ({ name, target, perSecond, p50, p99, cpuMicroseconds, peakMiB, errors }) =>
      `| ${name} | ${number(perSecond.median)} (${number(perSecond.least)}–${number(perSecond.most)}) | ${number(p50, 1)} | ${number(p99, 1)} | ${number(cpuMicroseconds)} | ${peakMiB} | ${errors} | ${target} |`,
  );
  return [
    '| | entries/s (least–most) | p50 ms | p99 ms | CPU µs/entry | peak MiB | errors | target |',
    '|---|--:|--:|--:|--:|--:|--:|---|',
    ...lines,
  ].join('\n');
}

function chart(rows) {
  const bars = rows.map(({ name, perSecond, p99 }) => ({
    label: name.replace('Countersign, ', 'ours: '),
    value: perSecond.median,
    note: p99 === null ? '' : `(p99 ${p99.toFixed(0)} ms)`,
    ours: name.startsWith('Countersign'),
  }));
  return barChart(
    'Durable entries per second over loopback HTTP',
    'one entry a request, each answered when it is durable; 2 cores for log, load and witnesses together',
    bars,
  );
}

function shuffled(list) {
  return list
    .map(value => ({ value, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value);
}
