import { describe, expect, it } from 'vitest';
import { retryAfter } from './retry-after.js';

const NOW = Date.UTC(2026, 10, 29, 7, 28, 0);

describe('when an upstream wants to be asked again', () => {
  const cases: { what: string; headers: Record<string, string>; wait: number | null }[] = [
    { what: 'nothing said', headers: {}, wait: null },
    { what: 'seconds', headers: { 'retry-after': '7' }, wait: 7000 },
    { what: 'zero', headers: { 'retry-after': '0' }, wait: 0 },
    { what: 'a fraction', headers: { 'retry-after': '0.5' }, wait: 500 },
    { what: 'milliseconds', headers: { 'retry-after-ms': '1500' }, wait: 1500 },
    {
      what: 'milliseconds before seconds',
      headers: { 'retry-after-ms': '1500', 'retry-after': '2' },
      wait: 1500,
    },
    { what: 'a date', headers: { 'retry-after': 'Sun, 29 Nov 2026 07:28:09 GMT' }, wait: 9000 },
    { what: 'a date that has passed', headers: { 'retry-after': 'Sun, 29 Nov 2026 07:27:00 GMT' }, wait: 0 },
    {
      what: 'milliseconds that are none',
      headers: { 'retry-after-ms': 'soon', 'retry-after': '1' },
      wait: 1000,
    },
    { what: 'a word', headers: { 'retry-after': 'soon' }, wait: null },
    { what: 'a negative number', headers: { 'retry-after': '-1' }, wait: null },
    { what: 'hexadecimal', headers: { 'retry-after': '0x10' }, wait: null },
    { what: 'an exponent', headers: { 'retry-after': '1e9' }, wait: null },
    { what: 'a number without end', headers: { 'retry-after': '9'.repeat(30) }, wait: null },
    { what: 'a date without zone', headers: { 'retry-after': 'Sun, 29 Nov 2026 07:28:09' }, wait: null },
    {
      what: 'a date that there is not',
      headers: { 'retry-after': 'Sun, 99 Nov 2026 07:28:09 GMT' },
      wait: null,
    },
    { what: 'the empty text', headers: { 'retry-after': '' }, wait: null },
  ];

  it.each(cases)('$what', ({ headers, wait }) => {
    expect(retryAfter(headers, NOW)).toBe(wait);
  });
});
