/**
 * The gateway beside other gateways, in front of the same upstream: targets in the design's table of performance.
 *
 * All contenders run at the same time, and one of them is under load at a time. Each round measures every contender under every workload, in
 * an order of its own, so that what the machine does meanwhile falls on all of them. Differences and ratios are of figures of one round.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startSaying, stop, usageOfTree } from '../processes.mjs';
import { shuffled } from '../shuffled.mjs';
import { CONTENDERS, NAMES } from './contenders.mjs';
import { LoadProcess } from './load-process.mjs';
import { logSize } from './log-size.mjs';
import { report } from './report.mjs';
import { startAll, stopAll } from './running.mjs';

/** `only`: those contenders whose names contain it, and the direct way; then nothing is written to `results/`. `seconds`: of each workload. */
export const DEFAULTS = { rounds: 5, seconds: 2, only: '' };

export const WORKLOADS = {
  whole1: { stream: false, clients: 1 },
  whole32: { stream: false, clients: 32 },
  stream1: { stream: true, clients: 1 },
  stream32: { stream: true, clients: 32 },
};

/** Before each measurement, in seconds, and before the first of a contender: engines take a while to make code fast. */
const WARMUP = 0.4;
const FIRST_WARMUP = 16;
/** How long what a contender does after its answers may take, to be counted as theirs, in milliseconds. */
const SETTLING = 250;
/** Clients that leave in the middle of an answer, of each kind. */
const ABORTS = 10;

const here = path => fileURLToPath(new URL(path, import.meta.url));

export async function bench({ rounds, seconds, only }) {
  const parent = mkdtempSync(join(process.env.COUNTERSIGN_BENCH_FOLDER ?? tmpdir(), 'countersign-gateway-'));
  const upstream = await startSaying(process.execPath, [here('upstream.mjs')]);
  const { address } = upstream.said;
  const load = new LoadProcess();
  let running = [];
  try {
    const wanted = CONTENDERS.filter(({ name }) => name === NAMES.direct || name.includes(only));
    running = await startAll(wanted, address, parent);
    const results = new Map(
      running.map(({ name, version }) => [name, { name, version, rounds: [], sent: 0 }]),
    );
    const ours = running.find(({ name }) => name === NAMES.on);
    const before = ours && (await logSize(ours.port));
    for (const contender of running)
      for (const workload of [WORKLOADS.whole32, WORKLOADS.stream32])
        await measure(load, contender, workload, FIRST_WARMUP / 2, 0, results);
    for (let round = 1; round <= rounds; round++) {
      process.stderr.write(`round ${round} of ${rounds}\n`);
      for (const result of results.values()) result.rounds.push({});
      const cells = running.flatMap(contender => Object.keys(WORKLOADS).map(name => ({ contender, name })));
      for (const { contender, name } of shuffled(cells)) {
        const measured = await measure(load, contender, WORKLOADS[name], WARMUP, seconds, results);
        results.get(contender.name).rounds.at(-1)[name] = measured;
      }
    }
    for (const contender of running) await leaveIt(load, contender, address, results);
    const logged = ours && {
      exchanges: results.get(NAMES.on).sent,
      entries: (await logSize(ours.port)) - before,
    };
    report([...results.values()], { rounds, seconds }, logged ?? null, only === '');
  } finally {
    load.end();
    await stopAll(running);
    await stop(upstream.child);
    rmSync(parent, { recursive: true, force: true });
  }
}

/** One contender under one workload. What it costs is that of its processes alone, the warm-up included. */
async function measure(load, { name, child, port, headers }, { stream, clients }, warmup, seconds, results) {
  const before = child && usageOfTree(child.pid);
  const measured = await load.order({ kind: 'load', port, headers, stream, clients, warmup, seconds });
  await sleep(SETTLING);
  const after = child && usageOfTree(child.pid);
  results.get(name).sent += measured.sent;
  return {
    ...measured,
    perSecond: measured.requests / seconds,
    cpuMilliseconds: child && ((after.cpu - before.cpu) * 1000) / Math.max(1, measured.sent),
    peakMiB: child && after.peakMiB,
  };
}

/** How long the upstream works on for clients that have left. */
async function leaveIt(load, { name, port, headers }, upstream, results) {
  process.stderr.write(`leaving ${name}\n`);
  const result = results.get(name);
  result.aborts = {};
  for (const [kind, stream] of Object.entries({ whole: false, stream: true })) {
    const order = { kind: 'aborts', port, upstream, headers, stream, count: ABORTS };
    result.aborts[kind] = (await load.order(order)).milliseconds;
    result.sent += ABORTS;
  }
}
