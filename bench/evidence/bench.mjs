/**
 * What verifying hardware evidence costs in Node: bytes of evidence, certificates and collateral in, the report with every check out. TDX quotes
 * are verified by another library as well, in the same run and in random order.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { verifyDcap } from '../../dist/evidence/dcap/verify.js';
import { verifyNitro } from '../../dist/evidence/nitro/verify.js';
import { verifyNvidia } from '../../dist/evidence/nvidia/verify.js';
import { verifySnp } from '../../dist/evidence/snp/verify.js';
import '../../dist/shell/node.js';
import { barChart } from '../chart.mjs';
import { machine } from '../machine.mjs';
import { install, versionOf } from '../modules.mjs';
import { shuffled } from '../shuffled.mjs';
import { genuineDocuments, simulatedDocuments } from './documents.mjs';
import { hostileTable, measureHostile } from './hostile.mjs';

export const DEFAULTS = { rounds: 20, each: 25 };
/** Before the first round, so that the engine has compiled what it runs often. */
const WARM_UP = 100;
const PEER = '@phala/dcap-qvl';

export async function bench({ rounds, each }) {
  const documents = genuineDocuments() ?? simulatedDocuments();
  const contenders = contendersOf(documents);
  for (const { name, verify } of contenders) {
    process.stderr.write(`warming up: ${name}\n`);
    for (let left = WARM_UP; left > 0; left--) await verify();
  }
  const measured = new Map(contenders.map(({ name }) => [name, { costs: [], cpu: 0 }]));
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`round ${round} of ${rounds}\n`);
    for (const { name, verify } of shuffled(contenders)) await measure(verify, each, measured.get(name));
  }
  const rows = contenders.map(({ name, target, ours }) => rowOf(name, target, ours, measured.get(name)));
  process.stdout.write(`${table(rows)}\n`);
  const hostile = await measureHostile(documents);
  process.stdout.write(`${hostileTable(hostile)}\n`);
  if (rounds !== DEFAULTS.rounds || each !== DEFAULTS.each) return;
  const here = path => fileURLToPath(new URL(path, import.meta.url));
  const peer = contenders.some(({ ours }) => !ours) ? versionOf(PEER) : null;
  const document = { machine: { ...machine(), [PEER]: peer }, settings: { rounds, each }, rows, hostile };
  writeFileSync(here('../results/evidence.json'), `${JSON.stringify(document, null, 2)}\n`);
  writeFileSync(here('../results/evidence.svg'), chart(rows));
}

function contendersOf({ origin, nitro, snp, tdx, nvidia }) {
  const named = (kind, target, verify, checks) => ({
    name: `Countersign, ${kind} (${origin})`,
    target,
    ours: true,
    async verify() {
      const report = await verify();
      const good = report.checks.filter(({ status }) => status === 'pass').map(({ name }) => name);
      const missing = checks.filter(name => !good.includes(name));
      if (missing.length > 0) throw new Error(`${kind}: ${missing} did not pass`);
    },
  });
  const peer = peerOf(tdx, origin);
  return [
    named('Nitro', '≤ 5 ms', () => verifyNitro(nitro), ['chain', 'signature', 'current']),
    named('SEV-SNP', '≤ 5 ms', () => verifySnp(snp), ['chain', 'signature', 'product', 'tcb', 'chip']),
    named('TDX with collateral', '≤ 5 ms', () => verifyDcap(tdx), [
      'quote-signature',
      'pck-revocation',
      'tcb-level',
    ]),
    ...(peer === null ? [] : [peer]),
    named('NVIDIA', '≤ 8 ms', () => verifyNvidia(nvidia), ['chain', 'device', 'signature', 'nonce']),
  ];
}

/** The other library, or null where it cannot be had. */
function peerOf({ quote, collateral, asOf, root }, origin) {
  const missing = install(PEER);
  if (missing !== null) {
    process.stderr.write(`left out: ${PEER}: ${missing}\n`);
    return null;
  }
  const { QuoteVerifier } = createRequire(import.meta.url)(PEER);
  const verifier =
    root === undefined ? QuoteVerifier.newProd() : QuoteVerifier.newWithRootCa(Buffer.from(root));
  const bytes = Buffer.from(quote);
  const members = JSON.parse(Buffer.from(collateral).toString());
  return {
    name: `${PEER}, TDX with collateral (${origin})`,
    target: '',
    ours: false,
    async verify() {
      const { status } = verifier.verify(bytes, members, asOf);
      if (status !== 'UpToDate') throw new Error(`${PEER}: ${status}`);
    },
  };
}

async function measure(verify, count, into) {
  for (let left = count; left > 0; left--) {
    const idle = process.cpuUsage();
    const begin = performance.now();
    await verify();
    into.costs.push(performance.now() - begin);
    const { user, system } = process.cpuUsage(idle);
    into.cpu += (user + system) / 1000;
  }
}

function rowOf(name, target, ours, { costs, cpu }) {
  const sorted = costs.toSorted((a, b) => a - b);
  const quantile = part => sorted[Math.floor(sorted.length * part)];
  return {
    name,
    target,
    ours,
    verifications: costs.length,
    p50: quantile(0.5),
    p90: quantile(0.9),
    p99: quantile(0.99),
    cpuMilliseconds: cpu / costs.length,
  };
}

function table(rows) {
  const lines = rows.map(({ name, target, p50, p90, p99, cpuMilliseconds }) => {
    const cells = [p50, p90, p99, cpuMilliseconds].map(value => value.toFixed(2));
    return `| ${[name, ...cells, target].join(' | ')} |`;
  });
  return ['| | p50 ms | p90 ms | p99 ms | CPU ms | target |', '|---|--:|--:|--:|--:|---|', ...lines].join(
    '\n',
  );
}

function chart(rows) {
  return barChart(
    'Verifying one piece of hardware evidence',
    'milliseconds at the median, warm, one core; shorter is better',
    rows.map(({ name, p50, p99, ours }) => ({
      label: name.replace('Countersign, ', 'ours: '),
      value: p50,
      note: `ms (p99 ${p99.toFixed(1)})`,
      ours,
    })),
  );
}
