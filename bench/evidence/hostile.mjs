/** How long the slowest documents take that somebody makes who wants to keep a verifier busy. */
import { Failure } from '../../dist/reason.js';
import { hostileKinds } from './hostile-ways.mjs';

/** Of each document; the first time nothing of it is known, and of several times the least says what the document costs and not the machine. */
const TIMES = 5;

/**
 * Has every hostile document verified. Throws when something else than a refusal was thrown, and never because one was slow:
 * that stands in the rows, with the slowest document of each kind by name. `documents`: good ones of each kind.
 */
export async function measureHostile(documents) {
  const rows = [];
  for (const { kind, ways } of hostileKinds(documents)) {
    process.stderr.write(`hostile: ${kind}, ${ways.length} documents\n`);
    const measured = [];
    for (const { name, verify } of ways) {
      const costs = [];
      for (let time = 0; time < TIMES; time++) costs.push(await costOf(kind, name, verify));
      measured.push({ name, first: costs[0], least: Math.min(...costs) });
    }
    const slowest = most(measured, 'least');
    rows.push({
      kind,
      documents: ways.length,
      median: measured.map(({ least }) => least).sort((a, b) => a - b)[Math.floor(ways.length / 2)],
      slowest: slowest.least,
      slowestFirst: most(measured, 'first').first,
      slowestDocument: slowest.name,
    });
  }
  return rows;
}

function most(measured, cost) {
  return measured.reduce((slowest, each) => (each[cost] > slowest[cost] ? each : slowest));
}

async function costOf(kind, name, verify) {
  const begin = performance.now();
  try {
    await verify();
  } catch (error) {
    if (!(error instanceof Failure)) throw new Error(`${kind}, ${name}: not a refusal`, { cause: error });
  }
  return performance.now() - begin;
}

export function hostileTable(rows) {
  const lines = rows.map(({ kind, documents, median, slowest, slowestFirst, slowestDocument }) => {
    const costs = [median, slowest, slowestFirst].map(value => value.toFixed(1));
    return `| ${[`Hostile: ${kind}`, documents, ...costs, '≤ 50 ms', slowestDocument].join(' | ')} |`;
  });
  return [
    '| | documents | median ms | slowest ms | slowest at first sight ms | target | the slowest |',
    '|---|--:|--:|--:|--:|---|---|',
    ...lines,
  ].join('\n');
}
