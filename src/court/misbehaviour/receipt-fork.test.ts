import { describe, expect, it } from 'vitest';
import { judged } from '../../../test/support/histories.js';
import { testKey } from '../../../test/support/keys.js';
import { ISSUER, ORIGIN, STRANGER } from '../../../test/support/parties.js';
import { RECEIVED, SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import type { ReasonCode } from '../../reason.js';
import { ACCEPTANCE, type Acceptance } from '../../receipt/acceptance.js';
import { type Envelope, seal } from '../../receipt/envelope.js';
import { RECEIPT, type Receipt, receiptSubject } from '../../receipt/receipt.js';
import { writeStatement } from '../../receipt/statement.js';
import { makeReceiptFork } from './receipt-fork.js';

const REQUEST = 'a'.repeat(64);

function receipt(change: Partial<Receipt> = {}, request = REQUEST, by = ISSUER): Envelope {
  const predicate = { ...SAMPLE_RECEIPT, issuer: keyLabel(by.key), ...change };
  const subject = receiptSubject(request, { form: 'body', commitment: 'b'.repeat(64) });
  return seal(writeStatement(RECEIPT, { subject, predicate }), keyLabel(by.key), by.signer);
}

function acceptance(change: Partial<Acceptance> = {}, request = REQUEST, by = ISSUER): Envelope {
  const { client, counter, epoch, exchange } = SAMPLE_RECEIPT;
  const predicate = {
    client,
    counter,
    epoch,
    exchange,
    issuer: keyLabel(by.key),
    log: { origin: ORIGIN },
    received: RECEIVED,
    ...change,
  };
  const subject = [{ digest: { 'countersign-commitment-v1': request }, name: 'request' as const }] as const;
  return seal(writeStatement(ACCEPTANCE, { subject: [subject[0]], predicate }), keyLabel(by.key), by.signer);
}

const OTHER = 'bbbbbbbbbbbbbbbbbbbbbbbbba';

describe('P5: one number, two statements', () => {
  it.each([
    ['two receipts of two exchanges', receipt(), receipt({ exchange: OTHER })],
    ['two receipts of one exchange', receipt(), receipt({ previous: null })],
    ['an acceptance and the receipt of another exchange', acceptance(), receipt({ exchange: OTHER })],
    ['an acceptance and a receipt of another request', acceptance(), receipt({}, 'c'.repeat(64))],
    ['two acceptances', acceptance(), acceptance({ exchange: OTHER })],
    ['two acceptances of one exchange at two times', acceptance(), acceptance({ received: RECEIVED + 1 })],
  ])('%s', async (_, a, b) => {
    expect(makeReceiptFork([a, b])).toEqual(makeReceiptFork([b, a]));
    expect(await judged(makeReceiptFork([a, b]))).toMatchObject({
      outcome: 'proven',
      code: 'misbehaviour/receipt-forked',
      accused: keyLabel(ISSUER.key),
    });
  });

  const unsigned = { ...receipt({ exchange: OTHER }), signature: receipt().signature };
  const nearMisses: [string, ReasonCode, Envelope, Envelope][] = [
    ['one receipt twice', 'misbehaviour/payloads-equal', receipt(), receipt()],
    ['an acceptance and its receipt', 'misbehaviour/exchanges-agree', acceptance(), receipt()],
    [
      'an acceptance and its receipt, which say different times',
      'misbehaviour/exchanges-agree',
      acceptance({ received: RECEIVED - 5 }),
      receipt(),
    ],
    ['the next number', 'misbehaviour/numbers-differ', receipt(), receipt({ counter: 8, exchange: OTHER })],
    [
      'another client',
      'misbehaviour/numbers-differ',
      receipt(),
      receipt({ client: 'clientclientclientclient32', exchange: OTHER }),
    ],
    [
      'another epoch',
      'misbehaviour/numbers-differ',
      receipt(),
      receipt({ epoch: 'epochepochepochepochepoch3', exchange: OTHER }),
    ],
    [
      'another issuer',
      'misbehaviour/numbers-differ',
      receipt(),
      receipt({ exchange: OTHER }, REQUEST, STRANGER),
    ],
    ['a receipt that the issuer has not signed', 'envelope/signature-invalid', receipt(), unsigned],
    [
      'a stranger',
      'misbehaviour/key-retired',
      receipt({}, REQUEST, STRANGER),
      receipt({ exchange: OTHER }, REQUEST, STRANGER),
    ],
    [
      'somebody whom nobody knows',
      'misbehaviour/key-unknown',
      receipt({}, REQUEST, testKey('nobody.example', 9)),
      receipt({ exchange: OTHER }, REQUEST, testKey('nobody.example', 9)),
    ],
  ];
  it.each(nearMisses)('is not: %s (%s)', async (_, code, a, b) => {
    const retired = [
      { key: formatVerifierKey(STRANGER.key), role: 'issuer', why: 'revoked', until: 9 },
    ] as const;
    const judgement = await judged(makeReceiptFork([a, b]), { trust: { retired: [...retired] } });
    expect(judgement).toMatchObject({ code, accused: null });
    expect(judgement.outcome).toBe(code === 'misbehaviour/key-unknown' ? 'inconclusive' : 'not-proven');
  });

  it.each([
    [
      'another issuer than the envelope',
      'envelope/issuer-mismatch',
      receipt({ issuer: keyLabel(STRANGER.key) }),
    ],
    [
      'a statement of another type',
      'misbehaviour/malformed',
      seal(new TextEncoder().encode('{"predicateType":"urn:other"}'), keyLabel(ISSUER.key), ISSUER.signer),
    ],
    [
      'a receipt that is none',
      'receipt/malformed',
      seal(
        new TextEncoder().encode(`{"predicateType":"${RECEIPT.predicateType}"}`),
        keyLabel(ISSUER.key),
        ISSUER.signer,
      ),
    ],
    [
      'an acceptance that is none',
      'acceptance/malformed',
      seal(
        new TextEncoder().encode(`{"predicateType":"${ACCEPTANCE.predicateType}"}`),
        keyLabel(ISSUER.key),
        ISSUER.signer,
      ),
    ],
  ] as const)('%s is malformed (%s)', async (_, code, envelope) => {
    expect(await judged(makeReceiptFork([receipt(), envelope]))).toMatchObject({
      outcome: 'malformed',
      code,
    });
  });
});
