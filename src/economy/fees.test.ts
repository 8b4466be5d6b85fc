import { describe, expect, it } from 'vitest';
import { SAMPLE_RECEIPT } from '../../test/support/sample-receipt.js';
import { PROTOCOL_LINE } from '../receipt/price/price-lines.js';
import type { PriceLine, Receipt } from '../receipt/receipt.js';
import { Fees } from './fees.js';

const line = (amount: string, payee: string): PriceLine => ({
  ...{ amount, payee, quantity: 1, unitPrice: amount, what: 'prompt-token' },
});
const receipt = (lines: PriceLine[], changes: Partial<Receipt> = {}): Receipt => ({
  ...SAMPLE_RECEIPT,
  price: { currency: 'EUR', lines: [...lines, PROTOCOL_LINE] },
  ...changes,
});

describe('fees', () => {
  it('are summed exactly, by payee, model, client and day, the largest first', () => {
    const fees = new Fees();
    fees.add(receipt([line('0.1', 'a'), line('0.2', 'b'), line('0.1', 'b')]), '1');
    const later = { ...SAMPLE_RECEIPT.time, completed: SAMPLE_RECEIPT.time.completed + 86_400_000 };
    const model = { ...SAMPLE_RECEIPT.model, requested: { commitment: 'ab'.repeat(32) } };
    fees.add(
      receipt([line('0.000000000000000001', 'a')], { time: later, client: 'b'.repeat(26), model }),
      '2',
    );
    expect(fees.rows('payee')).toEqual([
      { name: 'b', currency: 'EUR', amount: '0.3', receipts: 1 },
      { name: 'a', currency: 'EUR', amount: '0.100000000000000001', receipts: 2 },
      { name: 'protocol', currency: 'EUR', amount: '0', receipts: 2 },
    ]);
    expect(fees.rows('model').map(({ name, amount }) => [name, amount])).toEqual([
      ['sample-1', '0.4'],
      ['(not public)', '0.000000000000000001'],
    ]);
    expect(fees.rows('client').map(({ name }) => name)).toEqual([SAMPLE_RECEIPT.client, 'b'.repeat(26)]);
    expect(fees.rows('day').map(({ name }) => name)).toEqual(['2026-11-21', '2026-11-22']);
    expect(fees.priced).toBe(2);
  });

  it('count each receipt once, keep currencies apart, and those without a price by their reason', () => {
    const fees = new Fees();
    for (const digest of ['1', '1', '2']) fees.add(receipt([line('1', 'a')]), digest);
    const dollars = { currency: 'USD', lines: [line('1', 'a')] };
    fees.add(receipt([], { price: dollars }), '3');
    for (const digest of ['4', '5'])
      fees.add(receipt([], { price: { lines: null, reason: 'free' } }), digest);
    expect(fees.rows('payee').filter(({ name }) => name === 'a')).toEqual([
      { name: 'a', currency: 'EUR', amount: '2', receipts: 2 },
      { name: 'a', currency: 'USD', amount: '1', receipts: 1 },
    ]);
    expect(fees.unpriced).toEqual({ free: 2 });
  });

  it('show apart what was given back', () => {
    const fees = new Fees();
    for (const amount of ['0.5', '0.25'])
      fees.addRefund({
        amount,
        currency: 'EUR',
        exchange: 'a'.repeat(26),
        reason: 'ruling',
        receipt: '1'.repeat(64),
      });
    expect(fees.refunds).toEqual([{ name: 'refunded', currency: 'EUR', amount: '0.75', receipts: 2 }]);
  });
});
