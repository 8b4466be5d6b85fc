import { describe, expect, it } from 'vitest';
import { type ClosedEpoch, clientNamed, closeEpoch, leaf } from '../../../test/support/closings.js';
import { judged } from '../../../test/support/histories.js';
import { type TestKey, testKey } from '../../../test/support/keys.js';
import { ISSUER, ORIGIN, STRANGER } from '../../../test/support/parties.js';
import { COMPLETED, RECEIVED, SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import { toHex } from '../../bytes/hex.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import type { ReasonCode } from '../../reason.js';
import { ACCEPTANCE, type Acceptance } from '../../receipt/acceptance.js';
import { type Closing, closingStatement } from '../../receipt/closing.js';
import { type ClosingLeaf, readLeaf } from '../../receipt/closing-leaf.js';
import { type Envelope, payloadDigest, seal } from '../../receipt/envelope.js';
import { RECEIPT, type Receipt, receiptSubject } from '../../receipt/receipt.js';
import { writeStatement } from '../../receipt/statement.js';
import { makeReceiptWithheld } from './receipt-withheld.js';

const REQUEST = 'a'.repeat(64);
const CLIENT = clientNamed('m');

function receipt(change: Partial<Receipt> = {}, by: TestKey = ISSUER): Envelope {
  const predicate = { ...SAMPLE_RECEIPT, client: CLIENT, issuer: keyLabel(by.key), ...change };
  const subject = receiptSubject(REQUEST, { form: 'body', commitment: 'b'.repeat(64) });
  return seal(writeStatement(RECEIPT, { subject, predicate }), keyLabel(by.key), by.signer);
}

function acceptance(change: Partial<Acceptance> = {}, by: TestKey = ISSUER): Envelope {
  const { counter, epoch, exchange } = SAMPLE_RECEIPT;
  const predicate: Acceptance = {
    client: CLIENT,
    counter,
    epoch,
    exchange,
    issuer: keyLabel(by.key),
    log: { origin: ORIGIN },
    received: RECEIVED,
    ...change,
  };
  const subject = { digest: { 'countersign-commitment-v1': REQUEST }, name: 'request' as const };
  return seal(writeStatement(ACCEPTANCE, { subject: [subject], predicate }), keyLabel(by.key), by.signer);
}

const others = [leaf('a', 1), leaf('m', 6), leaf('m', 8), leaf('z', 1)];
const named = (status: ClosingLeaf['status'], receipt?: string) => leaf('m', 7, status, receipt);
const digest = (envelope: Envelope) => toHex(payloadDigest(envelope));

function evidence(held: Envelope, epoch: ClosedEpoch, counter = 7, client = CLIENT) {
  return makeReceiptWithheld({ closing: epoch.envelope, held, leaf: epoch.prove(client, counter) });
}

const complete = (...leaves: ClosingLeaf[]) => closeEpoch([...others, ...leaves]);
const cutOff = (through: number, ...leaves: ClosingLeaf[]) =>
  closeEpoch([...others, ...leaves], { ending: 'cut-off', through });

describe('P6: a closing leaves out what the issuer had given', () => {
  it.each<[string, Envelope, ClosedEpoch]>([
    ['an acceptance', acceptance(), complete()],
    ['a receipt', receipt(), complete()],
    ['in an epoch without any', acceptance(), closeEpoch([])],
    ['before all others', acceptance(), closeEpoch([leaf('z', 1)])],
    ['after all others', acceptance(), closeEpoch([leaf('a', 1)])],
    ['whenever it was accepted, since nothing can be lost', acceptance({ received: 8e15 }), complete()],
    ['before what a crash can have lost', acceptance(), cutOff(RECEIVED + 1)],
    ['the receipt, of which it says that none could be kept', receipt(), complete(named('unkept'))],
    [
      'the receipt, of which it says that the exchange still ran',
      receipt(),
      closeEpoch([...others, named('open')], { through: COMPLETED + 1 }),
    ],
    ['the receipt, of which it says that it is lost', receipt(), cutOff(COMPLETED + 1, named('lost'))],
    ['the receipt, in whose place there is another', receipt(), complete(named('completed'))],
    ['the same after a crash', receipt(), cutOff(0, named('completed'))],
  ])('%s', async (_, held, epoch) => {
    expect(await judged(evidence(held, epoch))).toMatchObject({
      outcome: 'proven',
      code: 'misbehaviour/receipt-withheld',
      accused: keyLabel(ISSUER.key),
    });
  });

  it.each<[string, ReasonCode, Envelope, ClosedEpoch]>([
    [
      'an acceptance that is listed',
      'misbehaviour/closing-agrees',
      acceptance(),
      complete(named('completed')),
    ],
    ['one whose exchange still ran', 'misbehaviour/closing-agrees', acceptance(), complete(named('open'))],
    [
      'one whose exchange is said to be lost',
      'misbehaviour/closing-agrees',
      acceptance(),
      cutOff(9e14, named('lost')),
    ],
    [
      'the receipt that is named',
      'misbehaviour/closing-agrees',
      receipt(),
      complete(named('completed', digest(receipt()))),
    ],
    [
      'what was accepted when a crash can have lost it',
      'misbehaviour/loss-stated',
      acceptance(),
      cutOff(RECEIVED),
    ],
    ['a receipt of that time', 'misbehaviour/loss-stated', receipt(), cutOff(RECEIVED)],
    [
      'a receipt that a crash can have lost',
      'misbehaviour/loss-stated',
      receipt(),
      cutOff(COMPLETED, named('lost')),
    ],
    [
      'the receipt of an exchange that ran on',
      'misbehaviour/loss-stated',
      receipt(),
      closeEpoch([...others, named('open')], { through: COMPLETED }),
    ],
    [
      'another epoch',
      'misbehaviour/epochs-differ',
      acceptance({ epoch: 'epochepochepochepochepoch3' }),
      complete(),
    ],
    ['another issuer’s acceptance', 'misbehaviour/epochs-differ', acceptance({}, STRANGER), complete()],
    [
      'an acceptance that the issuer has not signed',
      'envelope/signature-invalid',
      { ...acceptance(), signature: receipt().signature },
      complete(),
    ],
    [
      'a closing that the issuer has not signed',
      'envelope/signature-invalid',
      acceptance(),
      { ...complete(), envelope: { ...complete().envelope, signature: receipt().signature } },
    ],
  ])('is not: %s (%s)', async (_, code, held, epoch) => {
    expect(await judged(evidence(held, epoch))).toMatchObject({ outcome: 'not-proven', code, accused: null });
  });

  it('is not: a proof about another number, or a proof of nothing', async () => {
    const epoch = complete(named('completed'));
    for (const leaf of [epoch.prove(CLIENT, 6), epoch.prove(CLIENT, 9), [], [epoch.at(0), epoch.at(1)]]) {
      const made = makeReceiptWithheld({ closing: epoch.envelope, held: acceptance(), leaf });
      expect(await judged(made)).toMatchObject({ outcome: 'not-proven', code: 'closing/proof-invalid' });
    }
  });

  it('is not: a leaf that says nothing, under a root that its issuer has signed', async () => {
    const epoch = complete(named('completed'));
    const proven = epoch.prove(CLIENT, 7);
    expect(readLeaf(proven[0]?.leaf as Uint8Array).counter).toBe(7);
    const odd = closeEpoch([{ client: 'A'.repeat(26), counter: 7, status: 'completed', receipt: REQUEST }]);
    const made = makeReceiptWithheld({ closing: odd.envelope, held: acceptance(), leaf: [odd.at(0)] });
    expect(await judged(made)).toMatchObject({ outcome: 'not-proven', code: 'closing/leaf-malformed' });
  });

  describe('when keys change', () => {
    const next = testKey('log.example/sample/issuer', 140);
    const byNext = (): ClosedEpoch => {
      const epoch = complete();
      const payload = closingStatement(epoch.closing, keyLabel(next.key), 7);
      return { ...epoch, envelope: seal(payload, keyLabel(next.key), next.signer) };
    };
    const old = formatVerifierKey(ISSUER.key);
    const retired = (why: 'rotated' | 'revoked') =>
      [
        {
          key: old,
          role: 'issuer',
          why,
          until: 9,
          ...(why === 'rotated' && { successor: keyLabel(next.key) }),
        },
      ] as const;
    const trust = (why: 'rotated' | 'revoked') => ({
      issuers: [formatVerifierKey(next.key)],
      retired: [...retired(why)],
    });

    it('the successor answers for the closing of an epoch that it names', async () => {
      const judgement = await judged(evidence(acceptance(), byNext()), { trust: trust('rotated') });
      expect(judgement).toMatchObject({ outcome: 'proven', accused: keyLabel(next.key) });
    });

    it('whoever has stolen a key that was revoked accuses nobody', async () => {
      const judgement = await judged(evidence(acceptance(), byNext()), { trust: trust('revoked') });
      expect(judgement).toMatchObject({ outcome: 'not-proven', code: 'misbehaviour/key-retired' });
    });

    it('nobody answers for the epoch of an issuer whom he does not name', async () => {
      const epoch = closeEpoch([], { by: next });
      expect(await judged(evidence(acceptance(), epoch), { trust: trust('rotated') })).toMatchObject({
        outcome: 'not-proven',
        code: 'misbehaviour/epochs-differ',
      });
    });

    it('of keys that the reader does not know nothing is known', async () => {
      expect(await judged(evidence(acceptance(), byNext()))).toMatchObject({
        outcome: 'inconclusive',
        code: 'misbehaviour/key-unknown',
      });
    });
  });

  it.each<[string, ReasonCode, (made: ReturnType<typeof evidence>) => object]>([
    ['a surplus member', 'misbehaviour/malformed', made => ({ ...made, note: 'x' })],
    ['three leaves', 'misbehaviour/malformed', made => ({ ...made, leaf: Array(3).fill(made.leaf[0]) })],
    [
      'a leaf of another length',
      'misbehaviour/malformed',
      made => ({ ...made, leaf: [{ ...made.leaf[0], leaf: '' }] }),
    ],
    [
      'a leaf that is no base64',
      'closing/proof-malformed',
      made => ({ ...made, leaf: [{ ...made.leaf[0], leaf: '!'.repeat(92) }] }),
    ],
    ['a receipt in the place of the closing', 'closing/malformed', made => ({ ...made, closing: made.held })],
    [
      'a closing in the place of the receipt',
      'misbehaviour/malformed',
      made => ({ ...made, held: made.closing }),
    ],
  ])('%s is malformed (%s)', async (_, code, change) => {
    const made = change(evidence(acceptance(), complete())) as ReturnType<typeof evidence>;
    expect(await judged(made)).toMatchObject({ outcome: 'malformed', code });
  });

  it.each<[string, ReasonCode, Partial<Closing>, string]>([
    [
      'whose counts contradict each other',
      'closing/malformed',
      { leaves: { count: 9, root: REQUEST } },
      keyLabel(ISSUER.key),
    ],
    ['in another’s name', 'envelope/issuer-mismatch', {}, keyLabel(STRANGER.key)],
  ])('a closing %s is malformed (%s)', async (_, code, change, issuer) => {
    const { closing } = complete();
    const payload = closingStatement({ ...closing, ...change }, issuer, 7);
    const envelope = seal(payload, keyLabel(ISSUER.key), ISSUER.signer);
    const made = makeReceiptWithheld({ closing: envelope, held: acceptance(), leaf: [] });
    expect(await judged(made)).toMatchObject({ outcome: 'malformed', code });
  });
});
