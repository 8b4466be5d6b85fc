/** Memory of a gateway over many exchanges with everything on, whole answers and streams, of many clients: it may not grow. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lineChart } from '../line-chart.mjs';
import { machine } from '../machine.mjs';
import { startSaying, stop, usageOfTree } from '../processes.mjs';
import { startHouse } from './house.mjs';
import { LoadProcess } from './load-process.mjs';
import { logSize } from './log-size.mjs';

/** With fewer `exchanges`, nothing is written to `results/`. `keys`: how many clients the gateway can tell apart; `stream`: every how many-th answer comes as one. */
export const DEFAULTS = { exchanges: 100_000, keys: 1000, stream: 4, clients: 32 };

/** What the design allows, in MiB. */
const LIMIT = 200;
/** The part of the exchanges after which memory should have reached its level. */
const EARLY = 0.1;

const here = path => fileURLToPath(new URL(path, import.meta.url));

export async function bench({ exchanges, keys, stream, clients }) {
  const parent = mkdtempSync(join(process.env.COUNTERSIGN_BENCH_FOLDER ?? tmpdir(), 'countersign-soak-'));
  const upstream = await startSaying(process.execPath, [here('upstream.mjs')]);
  const load = new LoadProcess();
  let house = null;
  try {
    house = await startHouse(upstream.said.address, join(parent, 'data'));
    const { child, port } = house;
    const before = await logSize(port);
    const samples = [[0, usageOfTree(child.pid).residentMiB]];
    const began = performance.now();
    const order = { kind: 'exchanges', port, count: exchanges, clients, keys, streamEvery: stream };
    const result = await load.order(order, ({ exchanges: done }) => {
      samples.push([done, usageOfTree(child.pid).residentMiB]);
      process.stderr.write(`\r${done.toLocaleString('en-US')} exchanges, ${samples.at(-1)[1]} MiB `);
    });
    process.stderr.write('\n');
    const seconds = (performance.now() - began) / 1000;
    samples.push([exchanges, usageOfTree(child.pid).residentMiB]);
    const entries = (await logSize(port)) - before;
    report(
      { samples, seconds, peakMiB: usageOfTree(child.pid).peakMiB, ...result, entries },
      { exchanges, keys, stream, clients },
    );
  } finally {
    load.end();
    if (house !== null) await stop(house.child);
    await stop(upstream.child);
    rmSync(parent, { recursive: true, force: true });
  }
}

function report({ samples, seconds, peakMiB, faults, entries }, settings) {
  const { exchanges } = settings;
  const level = median(samples.filter(([at]) => at >= exchanges * EARLY && at < 2 * exchanges * EARLY));
  const last = median(samples.filter(([at]) => at >= exchanges * (1 - EARLY)));
  const summary = { seconds: Math.round(seconds), peakMiB, early: level, last, faults, entries };
  if (exchanges >= DEFAULTS.exchanges) keep({ machine: machine(), settings, ...summary }, samples);
  const rate = Math.round(exchanges / seconds).toLocaleString('en-US');
  process.stdout.write(
    `${exchanges.toLocaleString('en-US')} exchanges, ${rate} a second: ${level} MiB after the first tenth, ${last} MiB in the last, at most ${peakMiB} MiB\n`,
  );
  const wrong = Object.entries(faults).map(([what, count]) => `${count} × ${what}`);
  if (wrong.length > 0) process.stdout.write(`\nNOT A RESULT: wrong answers: ${wrong.join(', ')}.\n`);
  if (entries !== exchanges)
    process.stdout.write(`\nNOT A RESULT: the log has ${entries} entries for ${exchanges} exchanges.\n`);
}

function keep(document, samples) {
  const text = JSON.stringify({ ...document, samples: thinned(samples) }, null, 2);
  writeFileSync(here('../results/gateway-soak.json'), `${text}\n`);
  const title = 'Memory of the gateway over its exchanges';
  const unit = 'MiB resident, everything on: receipts, streams, log, witnesses, vault';
  const limit = { value: LIMIT, label: 'what the design allows' };
  const picture = lineChart(title, unit, samples, 'exchanges', LIMIT * 1.2, limit);
  writeFileSync(here('../results/gateway-soak.svg'), picture);
}

function median(samples) {
  const sorted = samples.map(([, mebibytes]) => mebibytes).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/** As many samples as a picture shows. */
function thinned(samples) {
  const every = Math.ceil(samples.length / 200);
  return samples.filter((_, at) => at % every === 0 || at === samples.length - 1);
}
