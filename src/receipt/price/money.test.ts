import * as fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { Decimal } from '../shapes.js';
import { formatAmount, ONE, parseAmount } from './money.js';

describe('amounts', () => {
  it.each([
    ['0', 0n],
    ['1', ONE],
    ['-1', -ONE],
    ['0.5', ONE / 2n],
    ['2.50', (ONE * 5n) / 2n],
    ['0.000000000000000001', 1n],
    ['999999999999999999.999999999999999999', ONE ** 2n - 1n],
  ])('%s is read exactly', (text, amount) => {
    expect(parseAmount(text)).toBe(amount);
  });

  it.each([
    ...['', '-', '.5', '5.', '01', '1e3', '0x10', '1,000', ' 1', '1 ', '+1', '1n', 'NaN', '\u0661'],
    '1000000000000000000',
    '0.0000000000000000001',
  ])('%j is no amount', text => {
    expect(parseAmount(text)).toBeNull();
  });

  it('what is written is what a receipt takes, and reads as the same', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(ONE ** 2n) + 1n, max: ONE ** 2n - 1n }), amount => {
        const text = formatAmount(amount);
        expect(v.is(Decimal, text)).toBe(true);
        expect(parseAmount(text)).toBe(amount);
      }),
    );
  });

  it('is written with no digit too many', () => {
    expect(['0', '10', '0.1', '-2.5'].map(text => formatAmount(parseAmount(text) as bigint))).toEqual([
      ...['0', '10', '0.1', '-2.5'],
    ]);
    expect(formatAmount(parseAmount('2.50') as bigint)).toBe('2.5');
  });
});
