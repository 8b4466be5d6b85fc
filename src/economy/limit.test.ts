import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ONE } from '../receipt/price/money.js';
import { formatLimit, mostAllowed, PERIODS, parseLimit, periodEnd, periodStart } from './limit.js';

describe('a limit', () => {
  it.each([
    ['requests=60/minute', 60n],
    ['tokens=1000000/day', 1_000_000n],
    ['money=12.50/month', (ONE * 25n) / 2n],
    ['money=0/total', 0n],
  ])('%s is read', (text, most) => {
    const limit = parseLimit(text);
    expect(limit && mostAllowed(limit)).toBe(most);
    expect(limit && formatLimit(limit)).toBe(text);
  });

  it.each([
    ...['', 'requests', 'requests=60', 'requests=/minute', 'requests=60/hour', 'requests=1.5/minute'],
    ...[
      'requests=-1/minute',
      'tokens=1e6/day',
      'money=.5/day',
      'money=1.2.3/day',
      'euros=5/day',
      'requests=01/day',
    ],
    ...['tokens=1000000000000000/day', 'money=1000000000000/day', 'REQUESTS=1/day', 'requests=1/minute '],
  ])('%j is none', text => {
    expect(parseLimit(text)).toBeNull();
  });
});

describe('periods', () => {
  it.each([
    ['minute', '2026-02-28T23:59:59.999Z', '2026-02-28T23:59:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['day', '2026-02-28T23:59:59.999Z', '2026-02-28T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['month', '2026-12-31T23:59:59.999Z', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['month', '2028-02-29T12:00:00.000Z', '2028-02-01T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
  ] as const)('the %s of %s', (per, time, start, end) => {
    const begun = periodStart(per, Date.parse(time));
    expect(new Date(begun).toISOString()).toBe(start);
    expect(new Date(periodEnd(per, begun)).toISOString()).toBe(end);
  });

  it('in total never ends', () => {
    expect(periodStart('total', 1e12)).toBe(0);
    expect(periodEnd('total', 0)).toBe(Number.POSITIVE_INFINITY);
  });

  it('hold every time in exactly one of them', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PERIODS), fc.integer({ min: 0, max: 4e12 }), (per, time) => {
        const start = periodStart(per, time);
        const end = periodEnd(per, start);
        expect(start <= time && time < end).toBe(true);
        if (Number.isFinite(end)) expect(periodStart(per, end)).toBe(end);
      }),
    );
  });
});
