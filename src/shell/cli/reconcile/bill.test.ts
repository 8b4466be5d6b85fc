import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SAMPLE_RECEIPT } from '../../../../test/support/sample-receipt.js';
import type { ReasonCode } from '../../../reason.js';
import type { Price } from '../../../receipt/receipt.js';
import { BillComparison } from './bill.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-bill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EXCHANGE = 'a'.repeat(26);
const { price: SAMPLE, response } = SAMPLE_RECEIPT;
const UNPRICED = (reason: 'free' | 'nothing-served' | 'not-listed'): Price => ({ lines: null, reason });

async function compared(price: Price | null, ...lines: object[]) {
  const bill = new BillComparison(mkdtempSync(join(folder, 'work-')));
  bill.known(EXCHANGE, price === null ? null : { price, response });
  const file = join(folder, 'bill.jsonl');
  writeFileSync(file, lines.map(line => JSON.stringify({ exchange: EXCHANGE, ...line })).join('\n'));
  expect(await bill.read(file)).toBe(0);
  return [...bill.compare()].map(({ code }) => code);
}

describe('a bill and a receipt', () => {
  // The sample's price is 0.03 EUR.
  it.each<[what: string, price: Price | null, line: object, code: ReasonCode | null]>([
    ['the same amount', SAMPLE, { amount: '0.03', currency: 'EUR' }, null],
    ['the same in other digits', SAMPLE, { amount: '0.030', currency: 'EUR' }, null],
    [
      'another amount',
      SAMPLE,
      { amount: '0.030000000000000001', currency: 'EUR' },
      'reconcile/amount-differs',
    ],
    ['less', SAMPLE, { amount: '0', currency: 'EUR' }, 'reconcile/amount-differs'],
    ['nothing, of no currency', SAMPLE, { amount: '0' }, 'reconcile/amount-differs'],
    ['another currency', SAMPLE, { amount: '0.03', currency: 'USD' }, 'reconcile/amount-differs'],
    ['an amount of no currency', SAMPLE, { amount: '5' }, null],
    ['no amount', SAMPLE, { completion_tokens: 30 }, null],
    [
      'other tokens, and another amount',
      SAMPLE,
      { completion_tokens: 31, amount: '1', currency: 'EUR' },
      'reconcile/usage-differs',
    ],
    [
      'something for what is free',
      UNPRICED('free'),
      { amount: '0.01', currency: 'EUR' },
      'reconcile/amount-differs',
    ],
    [
      'something for what was not served',
      UNPRICED('nothing-served'),
      { amount: '1', currency: 'EUR' },
      'reconcile/amount-differs',
    ],
    ['nothing for what is free', UNPRICED('free'), { amount: '0.00', currency: 'EUR' }, null],
    [
      'something where the receipt has no price',
      UNPRICED('not-listed'),
      { amount: '1', currency: 'EUR' },
      null,
    ],
    ['something where there is only an acceptance', null, { amount: '1', currency: 'EUR' }, null],
  ])('%s', async (_, price, line, code) => {
    expect(await compared(price, line)).toEqual([code]);
  });

  it('billed twice is told before any amount', async () => {
    const line = { amount: '1', currency: 'EUR' };
    expect(await compared(SAMPLE, line, line)).toEqual(['reconcile/billed-twice']);
  });
});
