import { describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../test/support/failure.js';
import { testKey } from '../../test/support/keys.js';
import { neighbours } from '../../test/support/mutation.js';
import { ISSUER, LOG, ORIGIN, STRANGER } from '../../test/support/parties.js';
import { COMPLETED, SAMPLE_RECEIPT } from '../../test/support/sample-receipt.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize, type Json } from '../bytes/json.js';
import { utf8 } from '../bytes/octets.js';
import { keyLabel } from '../note/key.js';
import { Failure, type ReasonCode } from '../reason.js';
import { emptyRoot } from '../tree/hash.js';
import { ACCEPTANCE } from './acceptance.js';
import { appraisalPolicyStatement } from './appraisal-policy-entry.js';
import { checkEntry, checkLoggedEntry } from './entry-rules.js';
import { envelopeBytes, envelopeJson, seal } from './envelope.js';
import { epochStatement } from './epoch.js';
import { keyChangePayload } from './key-change.js';
import { KeyHistory } from './key-history.js';
import { defaultPolicy, policyStatement } from './policy.js';
import { priceListStatement } from './price-list.js';
import { RECEIPT, type Receipt, receiptSubject } from './receipt.js';
import { type Refund, refundStatement } from './refund.js';
import { accessStatement, retentionStatement } from './retention.js';
import { writeStatement } from './statement.js';
import { type Verdict, verdictStatement } from './verdict.js';
import { batchStatement, type VerdictBatch } from './verdict-batch.js';

const label = keyLabel(ISSUER.key);
const HASH = 'ab'.repeat(32);
const EPOCH_ID = 'epochepochepochepochepoch2';
const PLACE = { origin: ORIGIN, index: 9 };

const sealed = (payload: Uint8Array, { key, signer } = ISSUER) =>
  envelopeBytes(seal(payload, keyLabel(key), signer));
const receipt = (changes: Partial<Receipt> = {}) =>
  writeStatement(RECEIPT, {
    subject: receiptSubject(HASH, { form: 'body', commitment: HASH }),
    predicate: { ...SAMPLE_RECEIPT, ...changes },
  });
const epoch = () => epochStatement(ISSUER.key, EPOCH_ID, 1);
const policy = () => policyStatement(defaultPolicy(['built-in']), label);
const retention = () => retentionStatement({ minimumDays: 30, prunes: 'oldest-entries' }, label, 1);
const access = () => accessStatement({ act: 'deny', index: 3, reason: 'secret' }, label, 1);
const priceList = () => priceListStatement(HASH, { currency: 'USD', dated: '2026-11-21' }, label);
const refund = (changes: Partial<Refund> = {}) =>
  refundStatement(
    { amount: '0.5', currency: 'USD', exchange: EPOCH_ID, reason: 'wrong-bill', receipt: HASH, ...changes },
    label,
    1,
  );
/** A statement in which one piece of text stands for another. */
const changed = (payload: Uint8Array, from: string, to: string) =>
  utf8(new TextDecoder().decode(payload).replace(from, to));

describe('the rules for one entry', () => {
  it.each([
    ['a receipt', receipt],
    ['an epoch', epoch],
    ['a policy', policy],
    ['a retention policy', retention],
    ['an act under it', access],
    ['a price list', priceList],
    ['a refund', refund],
  ])('%s by a registered issuer is taken', async (_, payload) => {
    const { issuer, predicateType } = await checkEntry(sealed(payload()), [LOG.key, ISSUER.key], PLACE);
    expect(issuer).toBe(ISSUER.key);
    expect(predicateType).toMatch(/^urn:countersign:/);
  });

  const { received } = SAMPLE_RECEIPT.time;
  it.each<[string, ReasonCode, () => Uint8Array]>([
    ['no JSON', 'json/malformed', () => utf8('hello')],
    ['JSON with a space', 'json/not-canonical', () => changed(sealed(receipt()), '{', '{ ')],
    ['no envelope', 'envelope/malformed', () => canonicalize({ payload: '' })],
    [
      'an envelope of another type',
      'envelope/type-unknown',
      () => {
        const json = envelopeJson(seal(receipt(), label, ISSUER.signer)) as Record<string, Json>;
        return canonicalize({ ...json, payloadType: 'text/plain' });
      },
    ],
    ['a stranger', 'envelope/issuer-unknown', () => sealed(receipt(), STRANGER)],
    [
      'a stranger under the issuer’s label',
      'envelope/signature-invalid',
      () => envelopeBytes(seal(receipt(), label, STRANGER.signer)),
    ],
    ['no statement', 'entry/type-unknown', () => sealed(canonicalize({ hello: 'world' }))],
    ['not even JSON within', 'entry/type-unknown', () => sealed(utf8('hello'))],
    [
      'an acceptance, which is never logged',
      'entry/type-unknown',
      () =>
        sealed(
          writeStatement(ACCEPTANCE, {
            subject: [{ digest: { 'countersign-commitment-v1': HASH }, name: 'request' }],
            predicate: {
              client: EPOCH_ID,
              counter: 1,
              epoch: EPOCH_ID,
              exchange: EPOCH_ID,
              issuer: label,
              log: { origin: ORIGIN },
              received: 1,
            },
          }),
        ),
    ],
    [
      'a receipt with a surplus member',
      'receipt/malformed',
      () => sealed(changed(receipt(), '"counter":7', '"counter":7,"counters":8')),
    ],
    ['a receipt without a member', 'receipt/malformed', () => sealed(changed(receipt(), '"counter":7,', ''))],
    ['an epoch of no epoch', 'entry/malformed', () => sealed(changed(epoch(), EPOCH_ID, 'none'))],
    [
      'another issuer within a receipt',
      'envelope/issuer-mismatch',
      () => sealed(receipt({ issuer: keyLabel(LOG.key) })),
    ],
    [
      'another issuer within a policy',
      'envelope/issuer-mismatch',
      () => sealed(policyStatement(defaultPolicy([]), keyLabel(LOG.key))),
    ],
    [
      'another issuer within an epoch',
      'envelope/issuer-mismatch',
      () => sealed(epochStatement(LOG.key, EPOCH_ID, 1)),
    ],
    [
      'another issuer within a price list',
      'envelope/issuer-mismatch',
      () => sealed(changed(priceList(), label, keyLabel(LOG.key))),
    ],
    [
      'another issuer within a refund',
      'envelope/issuer-mismatch',
      () => sealed(changed(refund(), label, keyLabel(LOG.key))),
    ],
    [
      'a price list of no day',
      'entry/malformed',
      () => sealed(changed(priceList(), '2026-11-21', '2026-13-21')),
    ],
    ['a refund of nothing', 'entry/malformed', () => sealed(refund({ amount: '0.0' }))],
    ['a refund of less than nothing', 'entry/malformed', () => sealed(refund({ amount: '-1' }))],
    [
      'a refund with a reason of its own',
      'entry/malformed',
      () => sealed(changed(refund(), 'wrong-bill', 'because')),
    ],
    [
      'a refund under another digest',
      'entry/malformed',
      () => sealed(changed(refund(), '"amount":"0.5"', '"amount":"0.6"')),
    ],
    [
      'another issuer within a retention policy',
      'envelope/issuer-mismatch',
      () => sealed(changed(retention(), label, keyLabel(LOG.key))),
    ],
    [
      'another issuer within an act',
      'envelope/issuer-mismatch',
      () => sealed(changed(access(), label, keyLabel(LOG.key))),
    ],
    ['another key in full', 'entry/malformed', () => sealed(changed(epoch(), '+A', '+B'))],
    ['another digest of the key', 'entry/malformed', () => sealed(epoch().map(digestFlipped(epoch())))],
    ['another digest of the policy', 'entry/malformed', () => sealed(policy().map(digestFlipped(policy())))],
    [
      'another digest of the retention policy',
      'entry/malformed',
      () => sealed(retention().map(digestFlipped(retention()))),
    ],
    ['another digest of the act', 'entry/malformed', () => sealed(access().map(digestFlipped(access())))],
    [
      'times out of order',
      'receipt/time-order',
      () => sealed(receipt({ time: { ...SAMPLE_RECEIPT.time, received: COMPLETED + 1 } })),
    ],
    [
      'an attempt before the request',
      'receipt/time-order',
      () => {
        const [attempt] = SAMPLE_RECEIPT.attempts as [Receipt['attempts'][0]];
        return sealed(receipt({ attempts: [{ ...attempt, started: received - 1 }] }));
      },
    ],
    [
      'a receipt for another log',
      'receipt/log-mismatch',
      () => sealed(receipt({ log: { deadline: COMPLETED, origin: 'log.example/other' } })),
    ],
    [
      'a tree seen that comes later',
      'receipt/order-impossible',
      () => sealed(receipt({ seen: { root: HASH, size: 10 } })),
    ],
    [
      'a policy that comes later',
      'receipt/order-impossible',
      () => sealed(receipt({ policy: { digest: HASH, index: 9 } })),
    ],
  ])('%s: %s', async (_, code, entry) => {
    expect(await reasonOfAsync(() => checkEntry(entry(), [LOG.key, ISSUER.key], PLACE))).toBe(code);
  });

  it('what depends on the place is left out where none is given', async () => {
    const later = sealed(receipt({ seen: { root: HASH, size: 10 } }));
    expect((await checkEntry(later, [ISSUER.key])).issuer).toBe(ISSUER.key);
  });

  it('an entry that is changed in any byte is refused', async () => {
    const entry = sealed(epoch());
    let count = 0;
    for (const neighbour of neighbours(entry)) {
      // Every tenth will do.
      if (count++ % 10 > 0) continue;
      const checked = await checkEntry(neighbour, [ISSUER.key], PLACE).catch((error: unknown) => error);
      expect(checked).toBeInstanceOf(Failure);
    }
    expect(count).toBeGreaterThan(10_000);
  });
});

/** Changes the last digit of the first digest in a statement. */
function digestFlipped(payload: Uint8Array): (byte: number, at: number) => number {
  const text = new TextDecoder().decode(payload);
  const at =
    (/[0-9a-f]{64}/.exec(text.slice(text.indexOf('"subject"')))?.index ?? 0) + text.indexOf('"subject"');
  return (byte, index) => (index === at ? (byte === 0x30 ? 0x31 : 0x30) : byte);
}

describe('the rules along a log', () => {
  const heir = testKey(ISSUER.key.name, 77);
  const beginning = KeyHistory.begin(ORIGIN, [
    { role: 'log', key: LOG.key },
    { role: 'issuer', key: ISSUER.key },
  ]);
  const rotation = () =>
    sealed(
      keyChangePayload(
        {
          action: 'rotate',
          role: 'issuer',
          origin: ORIGIN,
          sequence: 0,
          previous: null,
          key: ISSUER.key,
          successor: heir.key,
          from: null,
          signer: label,
          time: 1,
        },
        { key: ISSUER.signer, successor: heir.signer },
      ),
    );
  const epochOf = (key: typeof heir) => sealed(epochStatement(key.key, EPOCH_ID, 1), key);

  it('what is no key change leaves the history as it is', async () => {
    expect(await checkLoggedEntry(beginning, 9, sealed(receipt()))).toBe(beginning);
  });

  it('after a rotation the successor’s entries count, and no longer the former’s', async () => {
    expect(await reasonOfAsync(() => checkLoggedEntry(beginning, 4, epochOf(heir)))).toBe(
      'envelope/issuer-unknown',
    );
    const after = await checkLoggedEntry(beginning, 5, rotation());
    expect(after).not.toBe(beginning);
    expect(await checkLoggedEntry(after, 6, epochOf(heir))).toBe(after);
    expect(await reasonOfAsync(() => checkLoggedEntry(after, 6, epochOf(ISSUER)))).toBe(
      'envelope/issuer-unknown',
    );
  });

  it('a key change that changes nothing is refused', async () => {
    const after = await checkLoggedEntry(beginning, 5, rotation());
    expect(await reasonOfAsync(() => checkLoggedEntry(after, 6, rotation()))).toBe('key/change-out-of-order');
  });

  it('without a history, a key change is of no known type', async () => {
    expect(await reasonOfAsync(() => checkEntry(rotation(), [ISSUER.key]))).toBe('entry/type-unknown');
  });
});

describe('the rules for what validators sign', () => {
  const VALIDATOR = testKey('validator.example', 88);
  const by = keyLabel(VALIDATOR.key);
  const EMPTY = toHex(emptyRoot());
  const verdict: Verdict = {
    asOf: COMPLETED,
    bundle: HASH,
    checker: 'some-rules',
    clauses: [{ clause: 'bundle', code: null, decidedBy: 'check', status: 'pass' }],
    evidence: [],
    outcome: 'pass',
    policy: HASH,
    receipt: HASH,
    trust: null,
  };
  const batch: VerdictBatch = {
    asOf: COMPLETED,
    checker: 'some-rules',
    checkpoint: { root: HASH, size: 9 },
    counts: { fail: 1, inconclusive: 0, pass: 2 },
    end: 8,
    log: ORIGIN,
    overturned: { count: 0, root: EMPTY },
    policy: { digest: HASH, index: 3 },
    previous: null,
    root: HASH,
    sequence: 0,
    start: 4,
    trust: HASH,
  };
  const batchOf = (changes: Partial<VerdictBatch> = {}) => batchStatement({ ...batch, ...changes }, by, 1);
  const verdictAt = (policyIndex: number | null, log = ORIGIN) =>
    verdictStatement(verdict, by, 1, policyIndex === null ? null : { log, policyIndex });
  const check = (payload: Uint8Array, signer = VALIDATOR) =>
    checkEntry(sealed(payload, signer), [ISSUER.key], PLACE, [VALIDATOR.key]);

  it.each([
    [
      'an appraisal policy',
      appraisalPolicyStatement({ name: 'ours', requires: { record: 'witnessed' } }, by),
    ],
    ['a verdict', verdictAt(3)],
    ['a batch', batchOf()],
    ['a batch of none', batchOf({ counts: { fail: 0, inconclusive: 0, pass: 0 }, root: EMPTY })],
    ['a batch with a record', batchOf({ overturned: { count: 1, root: HASH } })],
  ])('%s is taken', async (_, payload) => {
    expect((await check(payload)).issuer).toBe(VALIDATOR.key);
  });

  it.each<[string, ReasonCode, () => Promise<unknown>]>([
    [
      'a verdict by an issuer',
      'entry/role-mismatch',
      () => check(verdictStatement(verdict, label, 1, { log: ORIGIN, policyIndex: 3 }), ISSUER),
    ],
    [
      'an epoch by a validator',
      'entry/role-mismatch',
      () => check(epochStatement(VALIDATOR.key, EPOCH_ID, 1), VALIDATOR),
    ],
    ['a receipt by a validator', 'entry/role-mismatch', () => check(receipt({ issuer: by }))],
    [
      'a type that nobody knows',
      'entry/type-unknown',
      () => check(changed(batchOf(), 'urn:countersign:verdict-batch:v1', 'urn:countersign:other')),
    ],
    [
      'a verdict by a validator of another log',
      'envelope/issuer-unknown',
      () => check(verdictAt(3), STRANGER),
    ],
    ['a verdict without the place of its policy', 'verdict/policy-unlogged', () => check(verdictAt(null))],
    ['a verdict for another log', 'verdict/log-mismatch', () => check(verdictAt(3, 'other.example/log'))],
    ['a batch about another log', 'verdict/log-mismatch', () => check(batchOf({ log: 'other.example/log' }))],
    ['a verdict under a policy that comes later', 'verdict/policy-unlogged', () => check(verdictAt(9))],
    [
      'a batch under a policy that comes later',
      'verdict/policy-unlogged',
      () => check(batchOf({ policy: { digest: HASH, index: 9 } })),
    ],
    [
      'a batch under a tree that comes later',
      'receipt/order-impossible',
      () => check(batchOf({ checkpoint: { root: HASH, size: 10 } })),
    ],
    [
      'a batch in the name of another',
      'envelope/issuer-mismatch',
      () => check(batchStatement(batch, label, 1)),
    ],
    ['a batch of a range that goes back', 'verdict/malformed', () => check(batchOf({ start: 9 }))],
    ['a batch beyond its tree', 'verdict/malformed', () => check(batchOf({ end: 10 }))],
    ['a first batch after another', 'verdict/malformed', () => check(batchOf({ previous: HASH }))],
    ['a second batch after none', 'verdict/malformed', () => check(batchOf({ sequence: 1 }))],
    ['a batch of more than its range', 'verdict/malformed', () => check(batchOf({ start: 6 }))],
    ['a batch of some under the empty root', 'verdict/malformed', () => check(batchOf({ root: EMPTY }))],
    [
      'a record without proofs',
      'verdict/malformed',
      () => check(batchOf({ overturned: { count: 0, root: HASH } })),
    ],
    [
      'a policy with somebody’s words in it',
      'entry/malformed',
      () => check(appraisalPolicyStatement({ name: 'ours', note: 'Dear Anna, no!' }, by)),
    ],
    [
      'a policy that is endless in depth',
      'entry/malformed',
      () => check(appraisalPolicyStatement({ name: [[[[[[[[[1]]]]]]]]] }, by)),
    ],
    [
      'a policy under another digest',
      'entry/malformed',
      () => check(changed(appraisalPolicyStatement({ name: 'ours' }, by), '"ours"', '"mine"')),
    ],
  ])('refused, %s: %s', async (_, code, checking) => {
    expect(await reasonOfAsync(checking)).toBe(code);
  });

  it('along a log, a validator counts from the entry after the one that lets it in', async () => {
    const beginning = KeyHistory.begin(ORIGIN, [{ role: 'issuer', key: ISSUER.key }]);
    const proposed = { action: 'add', role: 'validator', origin: ORIGIN, key: VALIDATOR.key } as const;
    const rest = { successor: null, from: null, signer: label, time: 1, ...beginning.next };
    const admission = keyChangePayload({ ...proposed, ...rest }, { key: VALIDATOR.signer, successor: null });
    const entry = sealed(appraisalPolicyStatement({ name: 'ours' }, by), VALIDATOR);
    expect(await reasonOfAsync(() => checkLoggedEntry(beginning, 5, entry))).toBe('envelope/issuer-unknown');
    const after = await checkLoggedEntry(beginning, 5, sealed(admission));
    expect(await checkLoggedEntry(after, 6, entry)).toBe(after);
  });
});
