/**
 * What appraising a log costs: `countersign validator --once` over a log of receipts, as a process of its own, from start to end. Everything is in it: reading
 * and hashing the log, every issuer's signature, proofs, clauses, the tree of verdicts, and the packages on disk.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatVerifierKey } from '../../dist/note/key.js';
import { nodeCryptography } from '../../dist/shell/node.js';
import { spread } from '../log/contender.mjs';
import { issuerKey, issuerSigner, logKey } from '../log/keys.mjs';
import { machine, usage } from '../machine.mjs';
import { ed25519Witnesses } from '../verify/bundles.mjs';
import { receiptLog, serveFiles } from './receipt-log.mjs';

/** `receipts`: how many the log has; `rounds`: how often it is judged. */
export const DEFAULTS = { receipts: 50_000, rounds: 3 };

const VERIFICATIONS = 5000;
const CLI = fileURLToPath(new URL('../../dist/shell/cli/main.js', import.meta.url));
const POLICY = {
  name: 'bench',
  requires: { record: 'witnessed', model: 'asserted' },
  maximumAgeDays: 30,
  claims: { notSubstituted: true },
  quorum: { split: 1 },
};

export async function bench({ receipts, rounds }) {
  const folder = mkdtempSync(join(process.env.COUNTERSIGN_BENCH_FOLDER ?? tmpdir(), 'countersign-appraise-'));
  const witnesses = ed25519Witnesses(3);
  process.stderr.write(`making a log of ${receipts} receipts\n`);
  const served = await serveFiles(receiptLog(receipts, witnesses).files);
  try {
    writeFileSync(join(folder, 'trust.json'), JSON.stringify(trustFile(witnesses)));
    writeFileSync(join(folder, 'policy.json'), JSON.stringify(POLICY));
    const runs = [];
    const floor = [];
    for (let round = 0; round < rounds; round++) {
      floor.push(verificationsPerCoreSecond());
      runs.push(await judge(folder, served.url, receipts, round));
      const { seconds, cpuSeconds } = runs.at(-1);
      process.stderr.write(
        `round ${round + 1} of ${rounds}: ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of CPU\n`,
      );
    }
    const row = {
      receipts,
      target: '≥ 2,000 a core and second',
      receiptsPerCoreSecond: spread(runs.map(({ cpuSeconds }) => receipts / cpuSeconds)),
      receiptsPerSecond: spread(runs.map(({ seconds }) => receipts / seconds)),
      signaturesPerCoreSecond: spread(floor),
      peakMiB: Math.max(...runs.map(({ peakMiB }) => peakMiB)),
      packageBytesPerReceipt: Math.round(runs[0].packageBytes / receipts),
    };
    process.stdout.write(`${table(row)}\n`);
    if (receipts !== DEFAULTS.receipts || rounds !== DEFAULTS.rounds) return;
    const results = fileURLToPath(new URL('../results/appraise.json', import.meta.url));
    writeFileSync(results, `${JSON.stringify({ machine: machine(), ...row }, null, 2)}\n`);
  } finally {
    served.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The floor: one Ed25519 signature verified for each receipt, and nothing else. */
function verificationsPerCoreSecond() {
  const message = Buffer.alloc(2048, 7);
  const signature = issuerSigner.sign(message);
  const begin = process.cpuUsage();
  for (let at = 0; at < VERIFICATIONS; at++)
    nodeCryptography.verifyEd25519(issuerKey.publicKey, message, signature);
  const { user, system } = process.cpuUsage(begin);
  return (VERIFICATIONS / (user + system)) * 1e6;
}

function trustFile(witnesses) {
  const names = witnesses.map((_, at) => `w${at}`);
  const lines = witnesses.map(({ key }, at) => `witness ${names[at]} ${formatVerifierKey(key)}`);
  const policy = [...lines, `group all-of-them all ${names.join(' ')}`, 'quorum all-of-them', ''].join('\n');
  return { log: formatVerifierKey(logKey), issuers: [formatVerifierKey(issuerKey)], policy };
}

async function judge(folder, url, receipts, round) {
  const data = join(folder, `round-${round}`);
  const given = ['--trust', join(folder, 'trust.json'), '--policy', join(folder, 'policy.json')];
  const own = ['--key', join(folder, 'validator.key'), '--data', data];
  const begin = performance.now();
  const child = spawn(
    process.execPath,
    [CLI, 'validator', '--log', url, ...given, ...own, '--once', '--json'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let last = { cpu: 0, peakMiB: 0 };
  const look = setInterval(() => {
    try {
      const now = usage(child.pid);
      last = { cpu: Math.max(last.cpu, now.cpu), peakMiB: Math.max(last.peakMiB, now.peakMiB) };
    } catch {
      // It has ended.
    }
  }, 50);
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', text => {
    printed += text;
  });
  const code = await new Promise(resolve => child.once('close', resolve));
  clearInterval(look);
  const seconds = (performance.now() - begin) / 1000;
  const judged = printed
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
    .reduce((sum, { kind, counts }) => sum + (kind === 'batch' ? counts.pass : 0), 0);
  if (code !== 0 || judged !== receipts) throw new Error(`validator: ${code}, ${judged} passed`);
  const packages = readdirSync(join(data, 'batches')).map(name => statSync(join(data, 'batches', name)).size);
  return {
    seconds,
    cpuSeconds: last.cpu,
    peakMiB: last.peakMiB,
    packageBytes: packages.reduce((sum, size) => sum + size, 0),
  };
}

function table(row) {
  const [core, wall, floor] = [
    row.receiptsPerCoreSecond,
    row.receiptsPerSecond,
    row.signaturesPerCoreSecond,
  ].map(({ median }) => Math.round(median).toLocaleString('en'));
  return [
    '| receipts a second of one core | receipts/s | Ed25519 checks alone, a second of one core | peak MiB | package bytes a receipt | target |',
    '|--:|--:|--:|--:|--:|---|',
    `| ${core} | ${wall} | ${floor} | ${row.peakMiB} | ${row.packageBytesPerReceipt} | ${row.target} |`,
  ].join('\n');
}
