import { beforeAll, describe, expect, it } from 'vitest';
import { copyOf, judged, signed } from '../../../test/support/histories.js';
import { testKey } from '../../../test/support/keys.js';
import { ISSUER, LOG, LOG_COSIGNER, ORIGIN, STRANGER } from '../../../test/support/parties.js';
import { entryAt, ReferenceTree } from '../../../test/support/reference-tree.js';
import { DEADLINE, SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { toHex } from '../../bytes/hex.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { type Envelope, envelopeBytes, payloadDigest, seal } from '../../receipt/envelope.js';
import { RECEIPT, type Receipt, receiptSubject } from '../../receipt/receipt.js';
import { stampStatement } from '../../receipt/stamp.js';
import { writeStatement } from '../../receipt/statement.js';
import { decompose } from '../../tree/range.js';
import { type BrokenPromiseParts, CHALLENGE_WINDOW, makeBrokenPromise } from './broken-promise.js';

const STAMPER = testKey('mirror.example/stamps', 120);
const SEEN = 5;
const SIZE = 11;
const tree = new ReferenceTree(Array.from({ length: SIZE }, (_, index) => entryAt(index)));
const frontier = async (of = tree) => Promise.all(decompose(0, SEEN).map(of.read));

function receiptOf(change: Partial<Receipt> = {}, by = ISSUER): Envelope {
  const predicate: Receipt = {
    ...SAMPLE_RECEIPT,
    issuer: keyLabel(by.key),
    seen: { size: SEEN, root: toHex(tree.hash(0, SEEN)) },
    ...change,
  };
  const subject = receiptSubject('a'.repeat(64), { form: 'body', commitment: 'b'.repeat(64) });
  return seal(writeStatement(RECEIPT, { subject, predicate }), keyLabel(by.key), by.signer);
}

const stampOf = (receipt: Envelope, received: number, by = STAMPER, origin = ORIGIN) =>
  seal(stampStatement(payloadDigest(receipt), origin, received, by.key), keyLabel(by.key), by.signer);

/** When the submission was stamped, and the first second at which the log can be held to its word. */
const STAMPED = DEADLINE - 1000;
const LATE = Math.ceil((STAMPED + CHALLENGE_WINDOW) / 1000);

const receipt = receiptOf();
let parts: BrokenPromiseParts;
beforeAll(async () => {
  parts = {
    receipt,
    stamp: stampOf(receipt, STAMPED),
    note: signed(tree, SIZE, { by: [LOG, LOG_COSIGNER], time: LATE }),
    logCosigner: LOG_COSIGNER.key,
    frontier: await frontier(),
  };
});

const judging = { stampers: [STAMPER.key], copy: copyOf(tree.entries) };

/** The tree in which an entry stands at `index`. */
const withEntry = (index: number, entry: Uint8Array) =>
  new ReferenceTree(tree.entries.map((other, at) => (at === index ? entry : other)));
const late = (of: ReferenceTree) => signed(of, SIZE, { by: [LOG_COSIGNER], time: LATE });

describe('P3: a promise that the log has broken', () => {
  it('is proven by its own later signature and the entries under it', async () => {
    expect(await judged(makeBrokenPromise(parts), judging)).toMatchObject({
      outcome: 'proven',
      code: 'misbehaviour/promise-broken',
      accused: keyLabel(LOG_COSIGNER.key),
    });
  });

  it('needs only the entries behind the tree that the receipt has seen', async () => {
    const asked: [number, number][] = [];
    const copy = {
      entries: (start: number, end: number) => {
        asked.push([start, end]);
        return copyOf(tree.entries).entries(start, end);
      },
    };
    expect(await judged(makeBrokenPromise(parts), { ...judging, copy })).toMatchObject({ outcome: 'proven' });
    expect(asked).toEqual([[SEEN, SIZE]]);
  });

  it('is not made of a note without the log’s time', () => {
    expect(makeBrokenPromise({ ...parts, note: signed(tree, SIZE, { by: [LOG] }) })).toBeNull();
  });

  it.each([SEEN, SEEN + 1, SIZE - 1])('is not: the log holds the receipt, at %i', async index => {
    const kept = withEntry(index, envelopeBytes(receipt));
    const evidence = makeBrokenPromise({ ...parts, note: late(kept) });
    expect(await judged(evidence, { ...judging, copy: copyOf(kept.entries) })).toMatchObject({
      outcome: 'not-proven',
      code: 'misbehaviour/receipt-logged',
      detail: `entry ${index}`,
    });
  });

  it('is not: the log holds the same payload in another envelope', async () => {
    const other = { ...receipt, keyId: keyLabel(STRANGER.key), signature: new Uint8Array(64) };
    const kept = withEntry(7, envelopeBytes(other));
    const evidence = makeBrokenPromise({ ...parts, note: late(kept) });
    expect(await judged(evidence, { ...judging, copy: copyOf(kept.entries) })).toMatchObject({
      code: 'misbehaviour/receipt-logged',
    });
  });

  it('a copy from which the receipt was left out does not make the root', async () => {
    const kept = withEntry(7, envelopeBytes(receipt));
    const evidence = makeBrokenPromise({ ...parts, note: late(kept) });
    for (const entries of [tree.entries, [...kept.entries.slice(0, 7), ...kept.entries.slice(8)]]) {
      expect(await judged(evidence, { ...judging, copy: copyOf(entries) })).toMatchObject({
        outcome: 'inconclusive',
        code: 'misbehaviour/log-data-mismatch',
      });
    }
  });

  it.each([
    ['none', null],
    [
      'one that fails',
      {
        // biome-ignore lint/correctness/useYield: it fails before it has given anything
        entries: async function* (): AsyncGenerator<Uint8Array> {
          throw new Failure('peer/unreachable');
        },
      },
    ],
  ])('without the entries nobody can say (%s)', async (_, copy) => {
    expect(await judged(makeBrokenPromise(parts), { ...judging, copy })).toMatchObject({
      outcome: 'inconclusive',
      code: 'misbehaviour/log-data-missing',
    });
  });

  type Change = () => Partial<BrokenPromiseParts>;
  const byReceipt = (envelope: Envelope): Partial<BrokenPromiseParts> => ({
    receipt: envelope,
    stamp: stampOf(envelope, STAMPED),
  });
  const nearMisses: [string, ReasonCode, Change][] = [
    [
      'the log signed at the deadline',
      'misbehaviour/deadline-not-passed',
      () => ({ note: signed(tree, SIZE, { by: [LOG_COSIGNER], time: Math.floor(DEADLINE / 1000) }) }),
    ],
    [
      'the log signed after the deadline, a second before the window was over',
      'misbehaviour/window-open',
      () => ({ note: signed(tree, SIZE, { by: [LOG_COSIGNER], time: LATE - 1 }) }),
    ],
    [
      'the submission came late',
      'misbehaviour/window-open',
      () => ({ stamp: stampOf(receipt, LATE * 1000) }),
    ],
    [
      'the log stated no time',
      'misbehaviour/time-not-stated',
      () => ({ note: signed(tree, SIZE, { by: [LOG_COSIGNER], time: 0 }) }),
    ],
    [
      'the key of the log that states no time',
      'misbehaviour/time-not-stated',
      () => ({ note: signed(tree, SIZE, { by: [LOG] }), logCosigner: LOG.key }),
    ],
    [
      'a tree that the log has not signed',
      'note/signature-invalid',
      () => ({ note: { ...parts.note, text: late(withEntry(3, entryAt(99))).text } }),
    ],
    [
      'another log’s promise',
      'receipt/log-mismatch',
      () => byReceipt(receiptOf({ log: { deadline: DEADLINE, origin: 'log.example/other' } })),
    ],
    [
      'a checkpoint of another log under the same key',
      'misbehaviour/origin-foreign',
      () => ({
        note: signed(tree, SIZE, { by: [LOG_COSIGNER], time: LATE, origin: 'log.example/other' }),
      }),
    ],
    [
      'the stamp of another receipt',
      'misbehaviour/stamp-mismatch',
      () => ({ receipt: receiptOf({ counter: 8 }) }),
    ],
    [
      'a submission to another log',
      'misbehaviour/stamp-mismatch',
      () => ({ stamp: stampOf(receipt, STAMPED, STAMPER, 'log.example/other') }),
    ],
    [
      'a stamp that nobody has signed',
      'stamp/signature-invalid',
      () => ({ stamp: { ...stampOf(receipt, STAMPED), signature: new Uint8Array(64) } }),
    ],
    [
      'a stamper whom nobody knows',
      'stamp/stamper-unknown',
      () => ({ stamp: stampOf(receipt, STAMPED, STRANGER) }),
    ],
    [
      'a receipt that the issuer has not signed',
      'envelope/signature-invalid',
      () => byReceipt({ ...receipt, signature: new Uint8Array(64) }),
    ],
    [
      'an issuer whom the log does not know',
      'misbehaviour/key-unknown',
      () => byReceipt(receiptOf({}, testKey('nobody.example', 9))),
    ],
    ['an issuer whose key has ended', 'misbehaviour/key-retired', () => byReceipt(receiptOf({}, STRANGER))],
    [
      'a receipt that names another issuer',
      'envelope/issuer-mismatch',
      () => byReceipt(receiptOf({ issuer: keyLabel(STRANGER.key) })),
    ],
    [
      'a receipt whose times cannot be',
      'receipt/time-order',
      () => byReceipt(receiptOf({ log: { deadline: 1, origin: ORIGIN } })),
    ],
    [
      'a policy that the log may not have had',
      'misbehaviour/policy-unseen',
      () => byReceipt(receiptOf({ policy: { digest: '4'.repeat(64), index: SEEN } })),
    ],
    [
      'a policy beyond the tree',
      'receipt/order-impossible',
      () => byReceipt(receiptOf({ policy: { digest: '4'.repeat(64), index: SIZE } })),
    ],
    [
      'a receipt that saw more than the log had',
      'receipt/order-impossible',
      () => ({ note: signed(tree, SEEN - 1, { by: [LOG_COSIGNER], time: LATE }) }),
    ],
    [
      'a receipt that saw a tree which the log never had',
      'misbehaviour/seen-mismatch',
      () => byReceipt(receiptOf({ seen: { size: SEEN, root: '7'.repeat(64) } })),
    ],
  ];
  it.each(nearMisses)('is not: %s (%s)', async (_, code, change) => {
    const judgement = await judged(makeBrokenPromise({ ...parts, ...change() }), judging);
    expect(judgement).toMatchObject({ code, accused: null });
    const missing = ['misbehaviour/key-unknown', 'stamp/stamper-unknown'].includes(code);
    expect(judgement.outcome).toBe(missing ? 'inconclusive' : 'not-proven');
  });

  it('a tree of the issuer’s own making, as if the log had had it, leads to no root of the log', async () => {
    const made = withEntry(2, entryAt(99));
    const lie = receiptOf({ seen: { size: SEEN, root: toHex(made.hash(0, SEEN)) } });
    const evidence = makeBrokenPromise({ ...parts, ...byReceipt(lie), frontier: await frontier(made) });
    expect(await judged(evidence, judging)).toMatchObject({ code: 'misbehaviour/log-data-mismatch' });
  });

  it('an edge of another size is malformed', async () => {
    const evidence = makeBrokenPromise({ ...parts, frontier: [...parts.frontier, new Uint8Array(32)] });
    expect(await judged(evidence, judging)).toMatchObject({
      outcome: 'malformed',
      code: 'misbehaviour/malformed',
    });
  });

  it.each([
    ['rotated', SIZE, 'misbehaviour/promise-broken'],
    ['rotated', SIZE - 1, 'misbehaviour/key-retired'],
    ['revoked', SIZE, 'misbehaviour/key-retired'],
  ] as const)('of an issuer whose key was %s at %i of 11: %s', async (why, until, code) => {
    const theirs = receiptOf({}, STRANGER);
    const retired = [{ key: formatVerifierKey(STRANGER.key), role: 'issuer', why, until } as const];
    const evidence = makeBrokenPromise({ ...parts, receipt: theirs, stamp: stampOf(theirs, STAMPED) });
    expect(await judged(evidence, { ...judging, trust: { retired } })).toMatchObject({ code });
  });

  it('a log’s key that was revoked accuses nobody', async () => {
    const next = { logCosigner: undefined, statements: [] };
    const retired = [
      { key: formatVerifierKey(LOG_COSIGNER.key), role: 'log', why: 'revoked', until: 99 } as const,
    ];
    expect(await judged(makeBrokenPromise(parts), { ...judging, trust: { ...next, retired } })).toMatchObject(
      {
        code: 'misbehaviour/key-retired',
      },
    );
  });
});
