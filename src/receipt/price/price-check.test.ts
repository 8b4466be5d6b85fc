import { describe, expect, it } from 'vitest';
import { SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import type { ReasonCode } from '../../reason.js';
import type { Price, PriceLine, Receipt } from '../receipt.js';
import { PriceBook } from './price-book.js';
import { compareWithList, lineFault } from './price-check.js';
import { PROTOCOL_LINE, priceOf } from './price-lines.js';
import { type PriceList, priceListDigest } from './price-list.js';

const LINE: PriceLine = {
  amount: '0.03',
  payee: 'P',
  quantity: 30,
  unitPrice: '0.001',
  what: 'prompt-token',
};
const priced = (...lines: PriceLine[]): Price => ({ currency: 'EUR', lines });

describe('the lines of a price', () => {
  it('are right by themselves', () => {
    expect(lineFault(priced(LINE, PROTOCOL_LINE))).toBeNull();
    expect(lineFault(priced())).toBeNull();
    expect(lineFault({ lines: null, reason: 'free' })).toBeNull();
  });

  it.each<[code: ReasonCode, change: Partial<PriceLine>]>([
    ['price/sum-wrong', { amount: '0.031' }],
    ['price/sum-wrong', { quantity: 31 }],
    ['price/sum-wrong', { unitPrice: '0.0011' }],
    ['price/sum-wrong', { amount: '0.030000000000000001' }],
    ['price/amount-negative', { amount: '-0.03', unitPrice: '-0.001' }],
    ['price/protocol-fee', { what: 'protocol' }],
    ['price/protocol-fee', { payee: 'protocol' }],
  ])('%s: %j', (code, change) => {
    expect(lineFault(priced(LINE, { ...LINE, ...change }))).toBe(code);
  });
});

const LIST: PriceList = {
  currency: 'EUR',
  dated: '2026-11-21',
  entries: [{ upstream: 'provider', models: ['sample-1'], prompt: '2', completion: '8', asOf: '2026-11-21' }],
};
const DIGEST = priceListDigest(LIST);
const BOOK = new PriceBook(LIST, 'Operator');

function receipt(changes: Partial<Receipt> = {}, more: PriceLine[] = []): Receipt {
  const list = { digest: DIGEST, index: 0 };
  const right = priceOf(BOOK, list, {
    ...{ surface: 'chat/completions', upstream: 'provider', asked: 'sample-1', served: 'sample-1' },
    ...{ usage: { completion_tokens: 30, prompt_tokens: 12 }, wasServed: true },
    ...{ hasAttachments: true, hasImages: false, serviceTier: undefined },
  });
  if (right.lines === null) throw new Error('it is priced');
  return { ...SAMPLE_RECEIPT, price: { ...right, lines: [...right.lines, ...more] }, ...changes };
}

describe('a receipt and the price list that it refers to', () => {
  it('agree where the list says the same', () => {
    expect(compareWithList(receipt(), BOOK, DIGEST)).toBe('matches');
  });

  it('contradict each other where a line is too many, or the counts are others', () => {
    expect(compareWithList(receipt({}, [LINE]), BOOK, DIGEST)).toBe('price/list-contradicted');
    const response = { ...SAMPLE_RECEIPT.response, usage: { completion_tokens: 29, prompt_tokens: 12 } };
    expect(compareWithList(receipt({ response }), BOOK, DIGEST)).toBe('price/list-contradicted');
    const request = { ...SAMPLE_RECEIPT.request, surface: 'images/generations' } as const;
    expect(compareWithList(receipt({ request }), BOOK, DIGEST)).toBe('price/list-contradicted');
  });

  it('cannot be compared: another list, none, no price, or models that stand there as commitments', () => {
    expect(compareWithList(receipt(), BOOK, 'cd'.repeat(32))).toBe('not-checkable');
    expect(compareWithList(SAMPLE_RECEIPT, BOOK, DIGEST)).toBe('not-checkable');
    const unpriced = receipt({ price: { lines: null, reason: 'not-listed' } });
    expect(compareWithList(unpriced, BOOK, DIGEST)).toBe('not-checkable');
    const model = { ...SAMPLE_RECEIPT.model, requested: { commitment: 'ab'.repeat(32) } };
    expect(compareWithList(receipt({ model }), BOOK, DIGEST)).toBe('not-checkable');
    expect(compareWithList(receipt({ attempts: [] }), BOOK, DIGEST)).toBe('not-checkable');
  });
});
