import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../test/support/failure.js';
import { SAMPLE_RECEIPT } from '../../test/support/sample-receipt.js';
import type { Receipt } from '../receipt/receipt.js';
import { refundOf } from './refund-order.js';

const DIGEST = 'ab'.repeat(32);
const order = (amount: string | null, changes: Partial<Receipt> = {}) =>
  refundOf({ ...SAMPLE_RECEIPT, ...changes }, DIGEST, amount, 'ruling');

describe('a refund', () => {
  it('is of all that was paid, or of a part', () => {
    const { exchange } = SAMPLE_RECEIPT;
    const refund = { amount: '0.03', currency: 'EUR', exchange, reason: 'ruling', receipt: DIGEST };
    expect(order(null)).toEqual(refund);
    expect(order('0.010')).toEqual({ ...refund, amount: '0.01' });
  });

  it.each(['0', '0.00', '-0.01', '0.030000000000000001', '1e-3', ''])('of %j is refused', amount => {
    expect(reasonOf(() => order(amount))).toBe('refund/amount-refused');
  });

  it('is refused where nothing was paid', () => {
    expect(reasonOf(() => order(null, { price: { lines: null, reason: 'free' } }))).toBe('refund/unpriced');
    expect(reasonOf(() => order(null, { price: { currency: 'EUR', lines: [] } }))).toBe('refund/unpriced');
  });
});
