/** What the benchmark of the gateway says at its end: a table, ratios, a chart, and all of it as JSON. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { barChart } from '../chart.mjs';
import { spread } from '../log/contender.mjs';
import { machine } from '../machine.mjs';
import { NAMES } from './contenders.mjs';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const undici = new URL('../../node_modules/undici/package.json', import.meta.url);

/**
 * @param results of each contender, in the order of the table: {name, version, rounds: what was measured under each workload, aborts}
 * @param receipts how many exchanges there were with receipts, and how many entries the log has of them; null where we did not run
 * @param isWhole whether all of them were to run; otherwise nothing is written to `results/`
 */
export function report(results, settings, receipts, isWhole) {
  const direct = results.find(({ name }) => name === NAMES.direct);
  const rows = results.map(result => rowOf(result, direct));
  const ratios = ratiosOf(results, direct);
  if (isWhole) {
    const versions = { undici: JSON.parse(readFileSync(undici, 'utf8')).version };
    const document = { machine: machine(), versions, settings, rows, ratios, receipts };
    writeFileSync(here('../results/gateway.json'), `${JSON.stringify(document, null, 2)}\n`);
    writeFileSync(here('../results/gateway.svg'), chart(rows));
  }
  process.stdout.write(`${table(rows)}\n\n${lines(ratios)}`);
  for (const complaint of complaints(rows, receipts)) process.stdout.write(`\nNOT A RESULT: ${complaint}\n`);
}

function rowOf({ name, version, rounds, aborts }, direct) {
  const of = (workload, read) => spreadOf(rounds.map(round => read(round[workload])));
  const timesOf = (workload, kind) =>
    Object.fromEntries(['p50', 'p90', 'p99'].map(share => [share, of(workload, cell => cell[kind][share])]));
  const added = (workload, kind) =>
    spreadOf(rounds.map((round, at) => round[workload][kind].p50 - direct.rounds[at][workload][kind].p50));
  const faults = {};
  for (const { faults: found } of rounds.flatMap(round => Object.values(round)))
    for (const [what, count] of Object.entries(found)) faults[what] = (faults[what] ?? 0) + count;
  const workload = (key, alone) => ({
    perSecond: of(key, cell => cell.perSecond),
    total: timesOf(key, 'total'),
    first: timesOf(key, 'first'),
    cpuMilliseconds: of(key, cell => cell.cpuMilliseconds),
    loadCpuMicroseconds: of(key, cell => cell.cpuMicroseconds),
    ...alone,
  });
  return {
    name,
    version,
    whole1: workload('whole1', { added: added('whole1', 'total') }),
    whole32: workload('whole32'),
    stream1: workload('stream1', { firstAdded: added('stream1', 'first') }),
    stream32: workload('stream32'),
    peakMiB: Math.max(...rounds.flatMap(round => Object.values(round).map(({ peakMiB }) => peakMiB ?? 0))),
    aborts,
    sent: rounds.flatMap(round => Object.values(round)).reduce((sum, { sent }) => sum + sent, 0),
    faults,
  };
}

/** Of figures of one round each; where one of the two did not run, there is none. */
function ratiosOf(results, direct) {
  const named = name => results.find(result => result.name === name);
  const [on, off] = [named(NAMES.on), named(NAMES.off)];
  const pairs = (one, other, read) =>
    one && other ? spreadOf(one.rounds.map((round, at) => read(round, other.rounds[at]))) : null;
  const rate = (one, other) => one.whole32.perSecond / other.whole32.perSecond;
  const streamRate = (one, other) => one.stream32.perSecond / other.stream32.perSecond;
  return {
    perSecondToPortkey: pairs(on, named('Portkey'), rate),
    p99ToPortkey: pairs(
      on,
      named('Portkey'),
      (one, other) => one.whole32.total.p99 / other.whole32.total.p99,
    ),
    perSecondToLitellm: pairs(on, named('LiteLLM'), rate),
    perSecondToLean: pairs(on, named(NAMES.lean), rate),
    perSecondToSigning: pairs(on, named(NAMES.signing), rate),
    streamsToPortkey: pairs(on, named('Portkey'), streamRate),
    streamsToLean: pairs(on, named(NAMES.lean), streamRate),
    addedMilliseconds: pairs(on, direct, (one, other) => one.whole1.total.p50 - other.whole1.total.p50),
    firstAddedMilliseconds: pairs(
      on,
      direct,
      (one, other) => one.stream1.first.p50 - other.stream1.first.p50,
    ),
    perSecondOfACore: pairs(on, on, one => 1000 / one.whole32.cpuMilliseconds),
    ownMilliseconds: pairs(on, off, (one, other) => one.whole1.total.p50 - other.whole1.total.p50),
    ownCpuMilliseconds: pairs(
      on,
      off,
      (one, other) => one.whole32.cpuMilliseconds - other.whole32.cpuMilliseconds,
    ),
    ownStreamCpuMilliseconds: pairs(
      on,
      off,
      (one, other) => one.stream32.cpuMilliseconds - other.stream32.cpuMilliseconds,
    ),
  };
}

/** Null where a figure is not there, as the processor time of nobody in between. */
function spreadOf(numbers) {
  return numbers.some(number => number === null || Number.isNaN(number)) ? null : spread(numbers);
}

const number = (value, digits) =>
  value === null || value === undefined
    ? '–'
    : value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const range = (spread, digits) =>
  spread === null
    ? '–'
    : `${number(spread.median, digits)} (${number(spread.least, digits)}–${number(spread.most, digits)})`;

function table(rows) {
  const head = [
    '',
    'added p50 ms, 1 client',
    'p99 ms',
    'requests/s, 32 clients',
    'p99 ms',
    'CPU ms',
    'first event added ms',
    'streams/s, 32 clients',
    'first event p99 ms',
    'CPU ms',
    'peak MiB',
    'leaving, ms',
    'wrong',
  ];
  const body = rows.map(row => [
    row.name,
    range(row.whole1.added, 2),
    number(row.whole1.total.p99?.median, 2),
    range(row.whole32.perSecond, 0),
    number(row.whole32.total.p99?.median, 1),
    number(row.whole32.cpuMilliseconds?.median, 3),
    range(row.stream1.firstAdded, 2),
    range(row.stream32.perSecond, 0),
    number(row.stream32.first.p99?.median, 1),
    number(row.stream32.cpuMilliseconds?.median, 3),
    row.peakMiB || '–',
    `${longest(row.aborts.whole)} / ${longest(row.aborts.stream)}`,
    Object.values(row.faults).reduce((sum, count) => sum + count, 0),
  ]);
  return [head, ['---', ...head.slice(1).map(() => '--:')], ...body]
    .map(cells => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** The longest that the upstream went on for a client that had left. */
function longest(milliseconds) {
  return milliseconds.includes(null) ? 'never' : number(Math.max(...milliseconds), 1);
}

function lines(ratios) {
  const texts = {
    perSecondToPortkey: [2, "times Portkey's requests a second (target ≥ 4)"],
    p99ToPortkey: [2, "of Portkey's p99 (target ≤ 0.5)"],
    perSecondToLitellm: [2, "times LiteLLM's requests a second"],
    perSecondToLean: [2, "of the lean proxy's requests a second (target ≥ 0.6)"],
    perSecondToSigning: [2, 'of the requests a second of the lean proxy that hashes and signs'],
    streamsToPortkey: [2, "times Portkey's streams a second"],
    streamsToLean: [2, "of the lean proxy's streams a second"],
    addedMilliseconds: [2, 'ms added, p50 with one client (target ≤ 0.5)'],
    firstAddedMilliseconds: [2, 'ms added until the first event (target ≤ 0.6)'],
    perSecondOfACore: [0, 'requests a second of one core (target ≥ 3,500)'],
    ownMilliseconds: [2, "ms are the receipt's own share of p50 (target ≤ 0.15)"],
    ownCpuMilliseconds: [3, "ms are the receipt's own share of the processor time (target ≤ 0.12)"],
    ownStreamCpuMilliseconds: [3, "ms are the receipt's own share of a stream's processor time"],
  };
  return Object.entries(texts)
    .filter(([name]) => ratios[name] !== null)
    .map(([name, [digits, text]]) => `- ${range(ratios[name], digits)} ${text}\n`)
    .join('');
}

/** What makes figures worthless: answers that were not what the upstream said, and receipts that are not in the log. */
function complaints(rows, receipts) {
  const wrong = rows
    .filter(({ faults }) => Object.keys(faults).length > 0)
    .map(({ name, sent, faults }) => {
      const kinds = Object.entries(faults).map(([what, count]) => `${count} × ${what}`);
      return `"${name}" gave wrong answers to some of ${sent} requests: ${kinds.join(', ')}.`;
    });
  const isLogged = receipts === null || receipts.entries === receipts.exchanges;
  const missing = `the log has ${receipts?.entries} entries for ${receipts?.exchanges} exchanges.`;
  return isLogged ? wrong : [...wrong, missing];
}

function chart(rows) {
  const bars = rows.map(({ name, whole32 }) => ({
    label: name,
    value: whole32.perSecond.median,
    note: `(p99 ${whole32.total.p99?.median.toFixed(0)} ms)`,
    ours: name === NAMES.on,
  }));
  return barChart(
    'Chat completions per second through a gateway',
    '32 clients over loopback HTTP; 2 cores for gateway, load and the upstream together',
    bars,
  );
}
