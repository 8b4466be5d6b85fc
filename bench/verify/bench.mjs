/**
 * What verifying one receipt costs an outsider in Node: the bundle's bytes in, the verification out, with a proof from a tree of 2^20
 * entries and five cosignatures. Every verification is of another receipt under another checkpoint, so that nothing can be remembered.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { verify } from '../../dist/appraise/verify.js';
import { spread } from '../log/contender.mjs';
import { machine } from '../machine.mjs';
import { ed25519Witnesses, mlDsaWitnesses, trustIn, witnessedBundles } from './bundles.mjs';

/** `receipts`: how many are verified for each row; a twentieth of that under ML-DSA-44, which takes long to sign. */
export const DEFAULTS = { receipts: 2000 };

export async function bench({ receipts }) {
  const rows = [
    await measure('5 Ed25519 cosignatures', '≤ 1.5 ms', ed25519Witnesses(5), receipts),
    await measure('5 ML-DSA-44 cosignatures', '', mlDsaWitnesses(5), Math.ceil(receipts / 20)),
  ];
  process.stdout.write(`${table(rows)}\n`);
  if (receipts !== DEFAULTS.receipts) return;
  const results = fileURLToPath(new URL('../results/verify.json', import.meta.url));
  writeFileSync(results, `${JSON.stringify({ machine: machine(), rows }, null, 2)}\n`);
}

async function measure(name, target, witnesses, count) {
  process.stderr.write(`making ${count} receipts with ${name}\n`);
  const { bundles, asOf } = witnessedBundles(count, witnesses);
  const trust = trustIn(witnesses);
  const content = { opening: null, request: null, response: null };
  const check = async bundle => {
    const begin = performance.now();
    const { outcome, checks } = await verify({ bundle, trust, content, asOf });
    const milliseconds = performance.now() - begin;
    if (outcome !== 'pass') throw new Error(`a genuine receipt: ${outcome}, ${JSON.stringify(checks)}`);
    return milliseconds;
  };
  // The engine has compiled what it runs often by then.
  for (const bundle of bundles.slice(0, Math.ceil(count / 4))) await check(bundle);
  const idle = process.cpuUsage();
  const costs = [];
  for (const bundle of bundles) costs.push(await check(bundle));
  const { user, system } = process.cpuUsage(idle);
  costs.sort((a, b) => a - b);
  return {
    name,
    target,
    receipts: count,
    p50: spread(costs).median,
    p99: costs[Math.floor(count * 0.99)],
    cpuMilliseconds: (user + system) / 1000 / count,
    bundleBytes: bundles[0].length,
  };
}

function table(rows) {
  const lines = rows.map(row => {
    const [p50, p99, cpu] = [row.p50, row.p99, row.cpuMilliseconds].map(value => value.toFixed(2));
    return `| ${row.name} | ${p50} | ${p99} | ${cpu} | ${row.bundleBytes} | ${row.target} |`;
  });
  return [
    '| one receipt with its proof and | p50 ms | p99 ms | CPU ms | bundle bytes | target |',
    '|---|--:|--:|--:|--:|---|',
    ...lines,
  ].join('\n');
}
