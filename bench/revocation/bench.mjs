/**
 * What listing the receipts costs that lose a grade by a revocation: of so many receipts in the index of facts, those of one chip, of one TCB level, and all
 * of them, from opening the index to the last of the list. The index is made beforehand; it is what a gateway keeps up to its log.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '../../dist/shell/node.js';
import { toBase32 } from '../../dist/bytes/base32.js';
import { sha256 } from '../../dist/bytes/cryptography.js';
import { utf8 } from '../../dist/bytes/octets.js';
import { FactIndex } from '../../dist/shell/archive/fact-index.js';
import { findLosses } from '../../dist/shell/cli/revocation/losses.js';
import { machine } from '../machine.mjs';

/** `receipts`: how many the index has. `rounds`: how often each list is made. */
export const DEFAULTS = { receipts: 1_000_000, rounds: 5 };

/** Of which so many receipts are of one value: what is common in fleets of a thousand machines. */
const CHIPS = 1000;
const LEVELS = 7;

export async function bench({ receipts, rounds }) {
  const folder = mkdtempSync(
    join(process.env.COUNTERSIGN_BENCH_FOLDER ?? tmpdir(), 'countersign-revocation-'),
  );
  try {
    process.stderr.write(`making an index of ${receipts} receipts\n`);
    await makeIndex(folder, receipts);
    const revoked = {
      'one chip': { field: 'chip', value: 'chip 7', since: null },
      'one TCB level': { field: 'tcb', value: 'level 3', since: null },
      'all of them': { field: 'measurement', value: 'software', since: null },
    };
    const rows = Object.fromEntries(
      Object.keys(revoked).map(name => [name, { receipts: 0, milliseconds: [] }]),
    );
    for (let round = 0; round < rounds; round++)
      for (const [name, revocation] of Object.entries(revoked)) {
        const began = performance.now();
        const index = await FactIndex.look(folder);
        const { count } = await findLosses(index, revocation, { most: 10_000 });
        rows[name].milliseconds.push(performance.now() - began);
        rows[name].receipts = count;
      }
    const result = { machine: machine(), receipts, rows };
    if (receipts === DEFAULTS.receipts && rounds === DEFAULTS.rounds)
      writeFileSync(
        new URL('../results/revocation.json', import.meta.url),
        `${JSON.stringify(result, null, 2)}\n`,
      );
    for (const [name, { receipts: count, milliseconds }] of Object.entries(rows)) {
      const sorted = milliseconds.toSorted((a, b) => a - b);
      const [least, middle, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map(each =>
        each.toFixed(0),
      );
      process.stdout.write(
        `${name.padEnd(14)} ${`${count}`.padStart(9)} receipts  ${middle} ms (${least} to ${most})\n`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeIndex(folder, receipts) {
  const index = await FactIndex.open(folder);
  while (index.size < receipts) {
    const { size } = index;
    const facts = [
      { field: 'evidence', value: `${size >> 4}` },
      { field: 'chip', value: `chip ${size % CHIPS}` },
      { field: 'tcb', value: `level ${size % LEVELS}` },
      { field: 'measurement', value: 'software' },
      { field: 'signer', value: 'issuer' },
      { field: 'model', value: `${size % 20}` },
    ];
    const exchange = toBase32(sha256(utf8(`${size}`)).subarray(0, 16));
    index.add(facts, { exchange, completed: size, model: 'asserted', place: 'handoff' });
  }
  index.flush();
}
