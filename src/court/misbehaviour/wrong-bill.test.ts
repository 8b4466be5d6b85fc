import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judged } from '../../../test/support/histories.js';
import { testKey } from '../../../test/support/keys.js';
import { ISSUER, OPERATOR, STRANGER } from '../../../test/support/parties.js';
import { SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import type { Usage } from '../../exchange/parameters.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import type { ReasonCode } from '../../reason.js';
import { type Envelope, seal } from '../../receipt/envelope.js';
import { PriceBook } from '../../receipt/price/price-book.js';
import { type PricedExchange, priceOf } from '../../receipt/price/price-lines.js';
import { type PriceList, priceListDigest } from '../../receipt/price/price-list.js';
import { type PriceLine, RECEIPT, type Receipt, receiptSubject } from '../../receipt/receipt.js';
import { writeStatement } from '../../receipt/statement.js';
import { formatEvidence, MAX_EVIDENCE_BYTES, MAX_LARGE_EVIDENCE_BYTES } from './evidence.js';
import { makeWrongBill } from './wrong-bill.js';

const ASOF = { asOf: '2026-11-21' };
const LIST: PriceList = {
  currency: 'EUR',
  dated: '2026-11-21',
  entries: [
    { upstream: 'provider', models: ['sample-1'], prompt: '2', completion: '8', ...ASOF },
    { upstream: 'provider', models: ['gift'], prompt: '0', completion: '0', ...ASOF },
    { upstream: 'provider', models: ['text'], prompt: '1', completion: '1', textOnly: true, ...ASOF },
    {
      ...{
        upstream: 'provider',
        models: ['cache'],
        prompt: '3',
        cached: '0.3',
        cacheWrite: '3.75',
        completion: '15',
      },
      ...{ reasoning: '20', longPrompt: { over: 1000, prompt: '6', completion: '22.5' }, ...ASOF },
    },
  ],
  margin: { basisPoints: 525 },
  audit: { basisPoints: 33, payee: 'Auditors' },
};
const NEXT_DAY: PriceList = { ...LIST, dated: '2026-11-22' };

/** As a receipt says which tier the client has asked for. */
function tierSet(tier: PricedExchange['serviceTier']): Pick<Receipt['request'], 'parameters' | 'unstated'> {
  if (tier === 'unstated') return { parameters: {}, unstated: ['service_tier'] };
  return { parameters: tier === undefined ? {} : { service_tier: tier } };
}

/** What a gateway that prices by the list writes of an exchange. */
function honest(changes: Partial<PricedExchange> = {}, list = LIST): Partial<Receipt> {
  const exchange: PricedExchange = {
    ...{ surface: 'chat/completions', upstream: 'provider', asked: 'sample-1', served: 'sample-1' },
    ...{ usage: { completion_tokens: 30, prompt_tokens: 12 }, wasServed: true },
    ...{ hasAttachments: false, hasImages: false, serviceTier: undefined },
    ...changes,
  };
  const { asked, served, usage, surface, serviceTier } = exchange;
  const { request, response, attempts } = SAMPLE_RECEIPT;
  const named = (name: string | null) => (name === null ? null : { name });
  return {
    attempts: attempts.map(attempt => ({ ...attempt, upstream: exchange.upstream })),
    model: { digest: null, requested: named(asked), served: named(served) },
    price: priceOf(new PriceBook(list, OPERATOR), { digest: priceListDigest(list), index: 1 }, exchange),
    request: {
      ...request,
      surface,
      attachments: { commitments: exchange.hasAttachments ? ['a'.repeat(64)] : [] },
      ...tierSet(serviceTier),
      sent: exchange.wasServed ? request.sent : null,
    },
    response: {
      ...response,
      usage,
      ...(exchange.hasImages ? { images: { commitments: ['b'.repeat(64)] } } : {}),
    },
  };
}

function signed(change: Partial<Receipt>, by = ISSUER): Envelope {
  const predicate = { ...SAMPLE_RECEIPT, issuer: keyLabel(by.key), ...change };
  const subject = receiptSubject('a'.repeat(64), { form: 'body', commitment: 'b'.repeat(64) });
  return seal(writeStatement(RECEIPT, { subject, predicate }), keyLabel(by.key), by.signer);
}

type Priced = Extract<Receipt['price'], { currency: string }>;

/** An honest receipt whose price somebody has changed before it was signed. */
function padded(change: (price: Priced) => Partial<Priced>): Partial<Receipt> {
  const receipt = honest();
  const price = receipt.price as Priced;
  return { ...receipt, price: { ...price, ...change(price) } };
}

const line = (price: Priced, at: number, change: Partial<PriceLine>) =>
  price.lines.map((each, index) => (index === at ? { ...each, ...change } : each));
const SURPLUS: PriceLine = { amount: '1', payee: 'Operator', quantity: 1, unitPrice: '1', what: 'service' };

describe('P10: a price that its list contradicts', () => {
  it.each<[what: string, receipt: Partial<Receipt>, says: RegExp]>([
    [
      'a dearer token',
      padded(price => ({ lines: line(price, 0, { unitPrice: '0.00002', amount: '0.00024' }) })),
      /price of 0\.0\S+ EUR .* says 0\.0\S+ EUR/,
    ],
    ['a cheaper one', padded(price => ({ lines: line(price, 0, { unitPrice: '0', amount: '0' }) })), /says/],
    ['a line more', padded(({ lines }) => ({ lines: [...lines, SURPLUS] })), /says/],
    ['a line less', padded(({ lines }) => ({ lines: lines.slice(1) })), /says/],
    [
      'a payee other than the upstream',
      padded(price => ({ lines: line(price, 0, { payee: 'Cousin' }) })),
      /has other lines/,
    ],
    ['another currency', padded(() => ({ currency: 'USD' })), /says/],
    [
      'tokens that the receipt does not count',
      {
        ...honest(),
        response: { ...SAMPLE_RECEIPT.response, usage: { completion_tokens: 1, prompt_tokens: 12 } },
      },
      /says/,
    ],
    [
      'a price for a model that the list gives away',
      { ...honest(), model: { digest: null, requested: { name: 'gift' }, served: { name: 'gift' } } },
      /gives it no price \(free\)/,
    ],
    [
      'a price for a model that is not listed',
      { ...honest(), model: { digest: null, requested: { name: 'none' }, served: null } },
      /gives it no price \(not-listed\)/,
    ],
    [
      'a price for what costs nothing',
      { ...honest(), request: { ...SAMPLE_RECEIPT.request, surface: 'messages/count_tokens' } },
      /gives it no price \(free\)/,
    ],
    [
      'a cached token at the full price',
      {
        ...padded(price => ({ lines: line(price, 0, { quantity: 12 }) })),
        response: {
          ...SAMPLE_RECEIPT.response,
          usage: { cached_tokens: 4, completion_tokens: 30, prompt_tokens: 12 },
        },
      },
      /has other lines/,
    ],
    [
      'a margin under another name',
      padded(({ lines }) => ({
        lines: lines.map(each => (each.what === 'margin' ? { ...each, payee: 'Cousin' } : each)),
      })),
      /has other lines/,
    ],
  ])('%s', async (_, receipt, says) => {
    const judgement = await judged(makeWrongBill(signed(receipt), LIST));
    expect(judgement).toMatchObject({
      outcome: 'proven',
      code: 'misbehaviour/wrong-bill',
      accused: keyLabel(ISSUER.key),
    });
    expect(judgement.says).toMatch(says);
  });

  it.each<[code: ReasonCode, receipt: Partial<Receipt>]>([
    ['price/sum-wrong', padded(price => ({ lines: line(price, 0, { amount: '5' }) }))],
    [
      'price/amount-negative',
      padded(price => ({ lines: line(price, 0, { amount: '-1', quantity: 1, unitPrice: '-1' }) })),
    ],
    ['price/protocol-fee', padded(({ lines }) => ({ lines: [...lines, { ...SURPLUS, what: 'protocol' }] }))],
  ])('needs no list where the lines contradict themselves: %s', async (code, receipt) => {
    const judgement = await judged(makeWrongBill(signed(receipt), null));
    expect(judgement).toMatchObject({ outcome: 'proven', code: 'misbehaviour/wrong-bill' });
    expect(judgement.says).toContain(code);
  });

  const retired = [
    { key: formatVerifierKey(STRANGER.key), role: 'issuer', why: 'revoked', until: 9 },
  ] as const;
  const dearer = padded(({ lines }) => ({ lines: [...lines, SURPLUS] }));
  const nobody = testKey('nobody.example', 9);
  const hidden = { commitment: 'c'.repeat(64) };
  it.each<[what: string, code: ReasonCode, receipt: Envelope, list: PriceList | null]>([
    ['what the list says', 'misbehaviour/price-agrees', signed(honest()), LIST],
    ['lines that are right by themselves', 'misbehaviour/price-agrees', signed(dearer), null],
    ['the list of the day after', 'misbehaviour/list-mismatch', signed(dearer), NEXT_DAY],
    ['a receipt that names no list', 'misbehaviour/list-mismatch', signed({}), LIST],
    ['a receipt without a price', 'misbehaviour/price-absent', signed(honest({ usage: null })), LIST],
    [
      'a receipt without a price, and no list',
      'misbehaviour/price-absent',
      signed(honest({ usage: null })),
      null,
    ],
    [
      'a model that is shown to nobody',
      'misbehaviour/price-hidden',
      signed({ ...dearer, model: { ...SAMPLE_RECEIPT.model, served: hidden } }),
      LIST,
    ],
    [
      'an operator that is not named',
      'misbehaviour/price-hidden',
      signed({ ...dearer, responsibility: [] }),
      LIST,
    ],
    [
      'a receipt that the issuer has not signed',
      'envelope/signature-invalid',
      { ...signed(dearer), signature: signed(honest()).signature },
      LIST,
    ],
    ['a key that was stolen', 'misbehaviour/key-retired', signed(dearer, STRANGER), LIST],
    ['somebody whom nobody knows', 'misbehaviour/key-unknown', signed(dearer, nobody), LIST],
  ])('is not: %s (%s)', async (_, code, receipt, list) => {
    const judgement = await judged(makeWrongBill(receipt, list), { trust: { retired: [...retired] } });
    expect(judgement).toMatchObject({ code, accused: null });
    expect(judgement.outcome).toBe(code === 'misbehaviour/key-unknown' ? 'inconclusive' : 'not-proven');
  });

  const double: PriceList = { ...LIST, entries: [...LIST.entries, ...LIST.entries.slice(0, 1)] };
  it.each<[what: string, code: ReasonCode, receipt: Envelope, list: PriceList]>([
    ['a list with two prices for one model', 'misbehaviour/malformed', signed(dearer), double],
    [
      'a list with a member that no list has',
      'misbehaviour/malformed',
      signed(dearer),
      { ...LIST, note: 'x' } as PriceList,
    ],
    [
      'another issuer than the envelope',
      'envelope/issuer-mismatch',
      signed({ ...dearer, issuer: keyLabel(STRANGER.key) }),
      LIST,
    ],
  ])('%s is malformed (%s)', async (_, code, receipt, list) => {
    expect(await judged(makeWrongBill(receipt, list))).toMatchObject({ outcome: 'malformed', code });
  });

  it('may come with a long list, and with no longer one than anybody has', async () => {
    const entry = (at: number, length: number) => ({
      ...{
        upstream: 'provider',
        models: [`m${at}`.padEnd(length, 'm')],
        prompt: '1',
        completion: '1',
        ...ASOF,
      },
    });
    const long: PriceList = { ...LIST, entries: Array.from({ length: 3000 }, (_, at) => entry(at, 40)) };
    expect(formatEvidence(makeWrongBill(signed(honest()), long)).length).toBeGreaterThan(MAX_EVIDENCE_BYTES);
    const unlisted = {
      ...honest(),
      price: { ...(honest().price as Priced), list: { digest: priceListDigest(long), index: 1 } },
    };
    expect(await judged(makeWrongBill(signed(unlisted), long))).toMatchObject({ outcome: 'proven' });
    const endless: PriceList = {
      ...LIST,
      entries: Array.from({ length: 10_000 }, (_, at) => ({
        ...entry(at, 128),
        source: `https://${'a'.repeat(300)}`,
      })),
    };
    expect(formatEvidence(makeWrongBill(signed(honest()), endless)).length).toBeGreaterThan(
      MAX_LARGE_EVIDENCE_BYTES,
    );
    expect(await judged(makeWrongBill(signed(honest()), endless))).toMatchObject({
      outcome: 'malformed',
      code: 'misbehaviour/too-large',
    });
  });
});

const count = fc.option(fc.integer({ min: 0, max: 2_000_000 }), { nil: undefined });
const usage: fc.Arbitrary<Usage | null> = fc.option(
  fc
    .record({
      prompt_tokens: count,
      completion_tokens: count,
      cached_tokens: count,
      cache_written_tokens: count,
      reasoning_tokens: count,
    })
    .map(
      counts => Object.fromEntries(Object.entries(counts).filter(([, each]) => each !== undefined)) as Usage,
    ),
);
const model = fc.constantFrom(null, 'sample-1', 'gift', 'text', 'cache', 'unlisted');
const exchanges: fc.Arbitrary<PricedExchange> = fc.record({
  surface: fc.constantFrom('chat/completions', 'messages', 'embeddings', 'moderations', 'images/generations'),
  upstream: fc.constantFrom('provider', 'another'),
  asked: model,
  served: model,
  usage,
  wasServed: fc.boolean(),
  hasAttachments: fc.boolean(),
  hasImages: fc.boolean(),
  serviceTier: fc.constantFrom(undefined, 'auto', 'default', 'flex', 'unstated'),
});
const perMillion = fc
  .tuple(fc.integer({ min: 0, max: 999_999_999 }), fc.integer({ min: 0, max: 99_999_999 }))
  .map(([whole, fraction]) => `${whole}.${`${fraction}`.padStart(8, '0')}`);
const shares = fc.integer({ min: 0, max: 100_000 });

describe('an honest issuer', () => {
  it('is never proven wrong: whatever was asked, served and counted, at whatever prices', async () => {
    await fc.assert(
      fc.asyncProperty(
        exchanges,
        perMillion,
        perMillion,
        shares,
        shares,
        async (exchange, prompt, completion, margin, audit) => {
          const list: PriceList = {
            ...LIST,
            entries: LIST.entries.map((entry, at) => (at === 0 ? { ...entry, prompt, completion } : entry)),
            margin: { basisPoints: margin },
            audit: { basisPoints: audit, payee: 'Auditors' },
          };
          const receipt = signed(honest(exchange, list));
          for (const held of [list, LIST, NEXT_DAY, null]) {
            const { outcome, code } = await judged(makeWrongBill(receipt, held));
            expect([outcome, code]).not.toContain('proven');
            expect([
              'misbehaviour/price-agrees',
              'misbehaviour/price-absent',
              'misbehaviour/list-mismatch',
            ]).toContain(code);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
