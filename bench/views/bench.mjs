/**
 * What making the views anew costs: `countersign views rebuild` of a log of receipts, as a process of its own, from start to end. The log is
 * written beforehand, entry bundles and a signed checkpoint, as a gateway publishes it.
 *
 * A few hundred receipts stand in it again and again: to sign a million would take longer than all the rest, and rows and roots cost the same.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatCheckpoint } from '../../dist/note/checkpoint.js';
import { formatVerifierKey, keyLabel } from '../../dist/note/key.js';
import { formatNote, signNote } from '../../dist/note/signed-note.js';
import { envelopeBytes } from '../../dist/receipt/envelope.js';
import { Frontier } from '../../dist/tree/frontier.js';
import { leafHash } from '../../dist/tree/hash.js';
import { TILE_WIDTH, tilePath, writeBundle } from '../../dist/tree/tile.js';
import { firstEntries } from '../log/first-entries.mjs';
import { issuerKey, logKey, logSigner } from '../log/keys.mjs';
import { receiptMaker } from '../log/receipt-bodies.mjs';
import { machine } from '../machine.mjs';

/** `entries`: how many the log has. `rounds`: how often its views are made. */
export const DEFAULTS = { entries: 1_000_000, rounds: 3 };

const CLI = fileURLToPath(new URL('../../dist/shell/cli/main.js', import.meta.url));
const DIFFERENT_RECEIPTS = 512;

export async function bench({ entries, rounds }) {
  const folder = mkdtempSync(join(process.env.COUNTERSIGN_BENCH_FOLDER ?? tmpdir(), 'countersign-views-'));
  try {
    process.stderr.write(`writing a log of ${entries} entries\n`);
    const bytes = writeLog(folder, entries);
    const seconds = [];
    for (let round = 0; round < rounds; round++) {
      seconds.push(await rebuild(folder, entries));
      process.stderr.write(`round ${round + 1} of ${rounds}: ${seconds.at(-1).toFixed(1)} s\n`);
    }
    const database = statSync(join(folder, 'views/log.sqlite')).size;
    const result = { machine: machine(), entries, logBytes: bytes, databaseBytes: database, seconds };
    writeFileSync(new URL('../results/views.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`);
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes what the commands read of a log, and returns the size of its entries. */
function writeLog(folder, size) {
  const put = (path, content) => {
    const to = join(folder, path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, content);
  };
  const make = receiptMaker();
  const receipts = Array.from({ length: DIFFERENT_RECEIPTS }, () => envelopeBytes(make()));
  const hashes = new Map([...firstEntries, ...receipts].map(entry => [entry, leafHash(entry)]));
  const entryAt = index => firstEntries[index] ?? receipts[index % DIFFERENT_RECEIPTS];
  const tree = new Frontier();
  let bytes = 0;
  for (let start = 0; start < size; start += TILE_WIDTH) {
    const width = Math.min(TILE_WIDTH, size - start);
    const entries = Array.from({ length: width }, (_, at) => entryAt(start + at));
    for (const entry of entries) {
      tree.push(hashes.get(entry));
      bytes += entry.length;
    }
    put(`log/${tilePath({ level: 'entries', index: start / TILE_WIDTH, width })}`, writeBundle(entries));
  }
  const text = formatCheckpoint({ origin: logKey.name, size, root: tree.root() });
  put('log/checkpoint', formatNote({ text, signatures: [signNote(text, logKey, logSigner)] }));
  const log = formatVerifierKey(logKey);
  const trust = {
    log,
    issuers: [formatVerifierKey(issuerKey)],
    policy: `log ${log}\nquorum none\n`,
    controllers: [{ name: 'Benchmark', keys: [logKey, issuerKey].map(keyLabel) }],
  };
  put('trust.json', JSON.stringify(trust));
  return bytes;
}

async function rebuild(folder, entries) {
  const started = performance.now();
  const child = spawn(process.execPath, [CLI, 'views', 'rebuild', '--json', '--data', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', text => {
    said += text;
  });
  const [code] = await once(child, 'exit');
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0 || !said.includes(`"entries":${entries}`)) throw new Error(`views rebuild: ${code} ${said}`);
  return seconds;
}
