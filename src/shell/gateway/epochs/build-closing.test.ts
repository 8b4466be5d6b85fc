import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numbered } from '../../../../test/support/epochs.js';
import { reasonOf } from '../../../../test/support/failure.js';
import { ISSUER } from '../../../../test/support/parties.js';
import { sha256 } from '../../../bytes/cryptography.js';
import { fromHex, toHex } from '../../../bytes/hex.js';
import { utf8 } from '../../../bytes/octets.js';
import { keyLabel } from '../../../note/key.js';
import { checkClosing } from '../../../receipt/closing.js';
import {
  CLIENT_LEAF_BYTES,
  CLOSING_STATUSES,
  type ClosingLeaf,
  type ClosingStatus,
  compareKeys,
  LEAF_BYTES,
  leafBytes,
  readClientLeaf,
  readLeaf,
} from '../../../receipt/closing-leaf.js';
import { envelopeBytes, seal } from '../../../receipt/envelope.js';
import { epochStatement } from '../../../receipt/epoch.js';
import { merkleRoot } from '../../../tree/root.js';
import { buildClosing } from './build-closing.js';
import { EpochJournal } from './epoch-journal.js';

const label = keyLabel(ISSUER.key);
const EPOCH = numbered('epoch', 1);
const ENTRY = envelopeBytes(seal(epochStatement(ISSUER.key, EPOCH, 1000), label, ISSUER.signer));

let folder: string;
let made = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-closing-'));
});

afterAll(() => rm(folder, { recursive: true }));

interface Noted {
  readonly client: number;
  readonly counter: number;
  /** Null for one of which nothing more is known. */
  readonly status: ClosingStatus | null;
  readonly index: number;
}

const hasReceipt = (status: ClosingStatus | null) => status !== null && CLOSING_STATUSES.indexOf(status) < 4;
const digestOf = ({ client, counter }: Noted) => sha256(utf8(`${client} ${counter}`));

async function journalOf(noted: readonly Noted[], ending: 'complete' | 'cut-off'): Promise<string> {
  const base = join(folder, String(made++));
  const journal = EpochJournal.begin(`${base}.journal`, ENTRY);
  for (const { client, counter } of noted) journal.note(numbered('client', client), counter, null);
  for (const one of noted) {
    if (one.status === null) continue;
    const receipt = hasReceipt(one.status) ? { digest: digestOf(one), index: one.index } : null;
    journal.note(numbered('client', one.client), one.counter, { status: one.status, receipt });
  }
  await journal.mark({ through: 2000, size: 3 });
  await journal.end({ ending, through: 5000, made: 6000 });
  return base;
}

const notes = fc
  .uniqueArray(
    fc.record({
      client: fc.integer({ min: 1, max: 4 }),
      counter: fc.integer({ min: 1, max: 300 }),
      status: fc.constantFrom(null, ...CLOSING_STATUSES.slice(0, 5)),
      index: fc.nat(10_000),
    }),
    { selector: ({ client, counter }) => `${client} ${counter}`, maxLength: 300 },
  )
  .map(all => all.map((one, at) => ({ ...one, index: one.index * 1000 + at })));

describe('what the journal of an epoch comes to', () => {
  it('is what its notes come to, in whatever order and however little fits into memory', async () => {
    await fc.assert(
      fc.asyncProperty(
        notes,
        fc.constantFrom('complete' as const, 'cut-off' as const),
        fc.integer({ min: 1, max: 20_000 }),
        async (noted, ending, partBytes) => {
          const base = await journalOf(noted, ending);
          const built = buildClosing(`${base}.journal`, base, partBytes);
          const unended = ending === 'complete' ? 'open' : 'lost';
          const expected = noted
            .map(
              (one): ClosingLeaf => ({
                client: numbered('client', one.client),
                counter: one.counter,
                status: one.status ?? unended,
                receipt: hasReceipt(one.status) ? toHex(digestOf(one)) : null,
              }),
            )
            .map(leafBytes)
            .sort((a, b) => compareKeys(a, b));
          const leaves = recordsIn(await readFile(`${base}.leaves`), LEAF_BYTES);
          expect(leaves.map(readLeaf)).toEqual(expected.map(readLeaf));
          const { closing } = built;
          expect(closing.leaves).toEqual({ count: expected.length, root: toHex(merkleRoot(expected)) });
          checkClosing(closing);
          const clients = recordsIn(await readFile(`${base}.clients`), CLIENT_LEAF_BYTES);
          expect(closing.clients).toEqual({ count: clients.length, root: toHex(merkleRoot(clients)) });
          for (const { client, count, head } of clients.map(readClientLeaf)) {
            const own = noted.filter(one => numbered('client', one.client) === client);
            const last = own.filter(one => hasReceipt(one.status)).sort((a, b) => b.index - a.index)[0];
            expect([count, head]).toEqual([own.length, last === undefined ? null : toHex(digestOf(last))]);
          }
          expect(built).toEqual({
            closing: { ...closing, ending, epoch: EPOCH, issuer: label, through: 5000 },
            made: 6000,
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is the same however often it is made', async () => {
    const noted: Noted[] = Array.from({ length: 700 }, (_, at) => ({
      client: at % 3,
      counter: 1 + Math.floor(at / 3),
      status: at % 5 === 0 ? null : 'completed',
      index: at,
    }));
    const base = await journalOf(noted, 'complete');
    expect(buildClosing(`${base}.journal`, base, 999)).toEqual(buildClosing(`${base}.journal`, base));
  });

  it('of a number noted twice is what has a receipt', async () => {
    const base = join(folder, 'twice');
    const journal = EpochJournal.begin(`${base}.journal`, ENTRY);
    const client = numbered('client', 1);
    const receipt = { digest: fromHex('ab'.repeat(32)) as Uint8Array, index: 9 };
    journal.note(client, 1, { status: 'failed', receipt });
    journal.note(client, 1, { status: 'unkept', receipt: null });
    await journal.end({ ending: 'cut-off', through: 1, made: 2 });
    const { closing } = buildClosing(`${base}.journal`, base);
    expect(closing.statuses).toMatchObject({ failed: 1, unkept: 0 });
    expect(closing.leaves.count).toBe(1);
  });

  it('of an epoch in which nothing happened are two empty trees', async () => {
    const base = await journalOf([], 'complete');
    const { closing } = buildClosing(`${base}.journal`, base);
    expect([closing.leaves.count, closing.clients.count]).toEqual([0, 0]);
    checkClosing(closing);
  });

  it('is nothing without an end', async () => {
    const path = join(folder, 'endless.journal');
    const journal = EpochJournal.begin(path, ENTRY);
    journal.note(numbered('client', 1), 1, null);
    await journal.mark({ through: 1, size: 1 });
    journal.close();
    expect(reasonOf(() => buildClosing(path, join(folder, 'endless')))).toBe('epoch/journal-damaged');
  });
});

function recordsIn(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from(
    { length: bytes.length / length },
    (_, at) => new Uint8Array(bytes.subarray(at * length, (at + 1) * length)),
  );
}
