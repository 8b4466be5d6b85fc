/** What the benchmark of the log says at its end: a table, a chart, and all of it as JSON. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { barChart } from '../chart.mjs';
import { machine } from '../machine.mjs';
import { spread } from './contender.mjs';

const here = path => fileURLToPath(new URL(path, import.meta.url));

/**
 * @param results for each name, in the order of the table, its target and what was measured in each round
 * @param isWhole whether all of them ran; otherwise nothing is written to `results/`
 */
export function report(results, settings, isWhole) {
  const rows = [...results].map(([name, { target, measured }]) => rowOf(name, target, measured));
  const opaque = fastest(rows, '600 opaque bytes', 'Countersign');
  const ratios = {
    tessera: ratio(opaque, fastest(rows, 'Tessera')),
    nodeHttp: ratio(opaque, fastest(rows, 'Floor', 'alone')),
    oneSignature: ratio(fastest(rows, 'receipts with'), fastest(rows, 'Floor', 'Ed25519')),
  };
  if (isWhole) {
    const document = { machine: machine(), settings, rows, ratios };
    writeFileSync(here('../results/log.json'), `${JSON.stringify(document, null, 2)}\n`);
    writeFileSync(here('../results/log.svg'), chart(rows));
  }
  process.stdout.write(`${table(rows)}\n`);
  const say = (value, text) => value !== null && process.stdout.write(`\n${text(value.toFixed(2))}\n`);
  say(ratios.tessera, times => `Opaque entries: ${times} times as many a second as Tessera at its best.`);
  say(ratios.nodeHttp, times => `Opaque entries: ${times} of what node:http alone answers.`);
  say(ratios.oneSignature, times => `Receipts: ${times} of what node:http answers with one signature each.`);
  for (const { name, sent, refusals } of rows) {
    const kinds = Object.entries(refusals).sort(([, a], [, b]) => b - a);
    if (kinds.length === 0) continue;
    const all = kinds.map(([what, count]) => `${count} × ${what}`).join(', ');
    process.stdout.write(`\nNOT A RESULT: "${name}" refused some of ${sent} requests: ${all}.\n`);
  }
}

function rowOf(name, target, rounds) {
  const of = member => spread(rounds.map(result => result[member]));
  const refusals = {};
  for (const round of rounds)
    for (const [what, count] of Object.entries(round.refusals))
      refusals[what] = (refusals[what] ?? 0) + count;
  return {
    name,
    target,
    perSecond: of('perSecond'),
    p50: of('p50').median,
    p90: of('p90').median,
    p99: of('p99').median,
    cpuMicroseconds: of('cpuMicroseconds').median,
    loadCpuMicroseconds: of('loadCpuMicroseconds').median,
    peakMiB: of('peakMiB').most,
    sent: rounds.reduce((sum, { sent }) => sum + sent, 0),
    refusals,
  };
}

function ratio(row, other) {
  return row === null || other === null ? null : row.perSecond.median / other.perSecond.median;
}

function fastest(rows, ...words) {
  const named = rows.filter(({ name }) => words.every(word => name.includes(word)));
  return named.sort((a, b) => b.perSecond.median - a.perSecond.median)[0] ?? null;
}

function table(rows) {
  const number = (value, digits = 0) =>
    value === null ? '–' : value.toLocaleString('en-US', { maximumFractionDigits: digits });
  const lines = rows.map(row => {
    const { least, median, most } = row.perSecond;
    const cells = [
      row.name,
      `${number(median)} (${number(least)}–${number(most)})`,
      number(row.p50, 1),
      number(row.p99, 1),
      number(row.cpuMicroseconds),
      number(row.loadCpuMicroseconds),
      row.peakMiB,
      Object.values(row.refusals).reduce((sum, count) => sum + count, 0),
      row.target,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| | entries/s (least–most) | p50 ms | p99 ms | CPU µs/entry | of the load | peak MiB | refused | target |',
    '|---|--:|--:|--:|--:|--:|--:|--:|---|',
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
