/** Dropping, doubling or back-dating one of very many accepted exchanges is found, and nothing else is. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { numbered } from '../../../../test/support/epochs.js';
import { judged } from '../../../../test/support/histories.js';
import { ISSUER } from '../../../../test/support/parties.js';
import { SAMPLE_RECEIPT } from '../../../../test/support/sample-receipt.js';
import { thorough } from '../../../../test/support/thoroughness.js';
import { sha256 } from '../../../bytes/cryptography.js';
import { toHex } from '../../../bytes/hex.js';
import { u64be } from '../../../bytes/octets.js';
import { makeReceiptFork } from '../../../court/misbehaviour/receipt-fork.js';
import { makeReceiptWithheld } from '../../../court/misbehaviour/receipt-withheld.js';
import type { LoggedExchange } from '../../../court/reconcile/compare-number.js';
import { keyLabel } from '../../../note/key.js';
import { closingStatement } from '../../../receipt/closing.js';
import { LEAF_BYTES, readLeaf } from '../../../receipt/closing-leaf.js';
import { type Envelope, envelopeBytes, payloadDigest, seal } from '../../../receipt/envelope.js';
import { epochStatement } from '../../../receipt/epoch.js';
import { RECEIPT, type Receipt, receiptSubject } from '../../../receipt/receipt.js';
import { writeStatement } from '../../../receipt/statement.js';
import { writeDurably } from '../../files/durable.js';
import { recordsOf } from '../../files/record-sorter.js';
import { buildClosing } from '../../gateway/epochs/build-closing.js';
import { EpochJournal } from '../../gateway/epochs/epoch-journal.js';
import { KeptClosing } from '../../gateway/epochs/kept-closing.js';
import { type Compared, Reconciliation } from './reconciliation.js';

const COUNT = thorough(1_000_000, 10_000);
const CLIENTS = 7;
const EPOCH = SAMPLE_RECEIPT.epoch;
const issuer = keyLabel(ISSUER.key);
const STARTED = 1_700_000_000_000;
const DAY = 86_400_000;

/** The exchanges with which the issuer cheats, by how. */
const AT = {
  dropped: 1234,
  notClosed: 2345,
  doubled: 3456,
  backDated: 4567,
  receiptOnly: 5678,
} as const;
const CHEATED: ReadonlySet<number> = new Set(Object.values(AT));

const numberOf = (at: number) => ({
  issuer,
  epoch: EPOCH,
  client: numbered('client', at % CLIENTS),
  counter: 1 + Math.floor(at / CLIENTS),
});
const exchangeOf = (at: number) => numbered('exchange', at);
const receivedAt = (at: number) => STARTED + at;

/** The receipt of an exchange, as the issuer signs it. */
function receipt(at: number, change: Partial<Receipt['time']> = {}): Envelope {
  const { client, counter } = numberOf(at);
  const predicate: Receipt = {
    ...SAMPLE_RECEIPT,
    client,
    counter,
    exchange: exchangeOf(at),
    time: {
      clock: 'issuer',
      received: receivedAt(at),
      firstByte: null,
      completed: receivedAt(at) + 5,
      ...change,
    },
  };
  const payload = writeStatement(RECEIPT, { subject: receiptSubject('a'.repeat(64), null), predicate });
  return seal(payload, issuer, ISSUER.signer);
}

/** Of most, only the digest matters. */
const digestOf = (at: number) => (CHEATED.has(at) ? payloadDigest(receipt(at)) : sha256(u64be(at)));
const backDated = receipt(AT.backDated, { received: receivedAt(AT.backDated) - DAY });
const second = receipt(AT.doubled, { completed: receivedAt(AT.doubled) + 9 });
/** One more than there were: a number of which its client knows nothing. */
const SURPLUS = COUNT;

let folder: string;
let kept: KeptClosing;
let found: Compared[];
let matched = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-one-of-many-'));
  const base = join(folder, EPOCH);
  await close(base);
  kept = (await KeptClosing.open(folder, EPOCH)) as KeptClosing;
  const reconciliation = new Reconciliation({
    folder,
    hasStore: true,
    isLogKnown: true,
    asOf: STARTED + 9 * DAY,
  });
  for (let at = 0; at < COUNT; at++) hold(reconciliation, at);
  for (let at = 0; at <= COUNT; at++) log(reconciliation, at);
  for (const record of recordsOf(`${base}.leaves`, LEAF_BYTES)) {
    const { status, receipt, ...number } = readLeaf(record);
    reconciliation.add({ issuer, epoch: EPOCH, ...number }, { kind: 'listed', is: { status, receipt } });
  }
  reconciliation.closed(kept.closing);
  found = [];
  for (const compared of reconciliation.compare()) {
    if (compared.verdict === 'matched') matched++;
    else found.push(compared);
  }
}, 600_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The issuer closes its epoch: as it really was, but for the exchanges with which it cheats. */
async function close(base: string): Promise<void> {
  const entry = envelopeBytes(seal(epochStatement(ISSUER.key, EPOCH, STARTED), issuer, ISSUER.signer));
  const journal = EpochJournal.begin(`${base}.journal`, entry);
  for (let at = 0; at <= COUNT; at++) {
    const { client, counter } = numberOf(at);
    if (at === AT.dropped || at === AT.notClosed) continue;
    journal.note(client, counter, null);
    if (at === AT.receiptOnly) journal.note(client, counter, { status: 'unkept', receipt: null });
    else {
      const digest = at === AT.backDated ? payloadDigest(backDated) : digestOf(at);
      journal.note(client, counter, { status: 'completed', receipt: { digest, index: at } });
    }
  }
  const through = STARTED + COUNT + 100;
  await journal.end({ ending: 'complete', through, made: through });
  const { closing, made } = buildClosing(`${base}.journal`, base);
  const envelope = seal(closingStatement(closing, issuer, made), issuer, ISSUER.signer);
  await writeDurably(`${base}.json`, envelopeBytes(envelope));
}

function hold(reconciliation: Reconciliation, at: number): void {
  const received = receivedAt(at);
  reconciliation.add(numberOf(at), {
    kind: 'held',
    is: {
      exchange: exchangeOf(at),
      received,
      completed: received + 5,
      receipt: toHex(digestOf(at)),
      sentAt: received - 1,
      deadline: received + 3_600_000,
    },
  });
}

function log(reconciliation: Reconciliation, at: number): void {
  if (at === AT.dropped || at === AT.receiptOnly) return;
  const received = receivedAt(at);
  const is = (digest: Uint8Array, index: number): LoggedExchange => ({
    exchange: exchangeOf(at),
    received,
    completed: received + 5,
    receipt: toHex(digest),
    index,
  });
  const digest = at === AT.backDated ? payloadDigest(backDated) : digestOf(at);
  reconciliation.add(numberOf(at), { kind: 'logged', is: is(digest, at) });
  if (at === AT.doubled)
    reconciliation.add(numberOf(at), { kind: 'logged', is: is(payloadDigest(second), 2 * COUNT) });
}

const ofExchange = (at: number) => found.find(({ exchange }) => exchange === exchangeOf(at));

async function withheldIs(at: number): Promise<void> {
  const { client, counter } = numberOf(at);
  const leaf = await kept.prove(client, counter);
  const evidence = makeReceiptWithheld({ closing: kept.envelope, held: receipt(at), leaf });
  expect(await judged(evidence)).toMatchObject({ outcome: 'proven', code: 'misbehaviour/receipt-withheld' });
}

it(`of ${COUNT} exchanges, those with which nobody cheated match, and no other`, () => {
  expect(matched).toBe(COUNT - CHEATED.size);
  expect(found).toHaveLength(CHEATED.size + 1);
});

it('one that was left out everywhere is found, and proven', async () => {
  expect(ofExchange(AT.dropped)).toMatchObject({ verdict: 'missing', code: 'misbehaviour/receipt-withheld' });
  await withheldIs(AT.dropped);
});

it('one that was left out of the closing alone is found, and proven', async () => {
  expect(ofExchange(AT.notClosed)).toMatchObject({
    verdict: 'missing',
    code: 'misbehaviour/receipt-withheld',
  });
  await withheldIs(AT.notClosed);
});

it('one whose receipt is said never to have been given is found, and proven', async () => {
  expect(ofExchange(AT.receiptOnly)).toMatchObject({
    verdict: 'missing',
    code: 'misbehaviour/receipt-withheld',
  });
  await withheldIs(AT.receiptOnly);
});

it('one that was doubled is found, and proven', async () => {
  expect(ofExchange(AT.doubled)).toMatchObject({ verdict: 'extra', code: 'misbehaviour/receipt-forked' });
  expect(await judged(makeReceiptFork([receipt(AT.doubled), second]))).toMatchObject({ outcome: 'proven' });
});

it('one that was doubled under a number of its own is found', () => {
  expect(ofExchange(SURPLUS)).toMatchObject({ verdict: 'extra', code: 'reconcile/not-held' });
});

it('one that was dated back by a day is found, and proven in two ways', async () => {
  expect(ofExchange(AT.backDated)).toMatchObject({ verdict: 'missing', code: 'misbehaviour/receipt-forked' });
  expect(await judged(makeReceiptFork([receipt(AT.backDated), backDated]))).toMatchObject({
    outcome: 'proven',
  });
  await withheldIs(AT.backDated);
});
