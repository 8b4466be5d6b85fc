/** Each country's number: examples that are published or made up, and what is none. */
import { describe, expect, it } from 'vitest';
import { NATIONAL_IDS } from './national-ids.js';

/** In small letters, without what stands between groups. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  US: ['078051120', '900701234'],
  GB: ['ab123456c', 'jg103759a'],
  DE: ['86095742719', '36574261809'],
  FR: ['185057800608491', '295109912611193', '191012a00400114', '191012b00400141'],
  ES: ['12345678z', '54362315k', 'x1234567l', 'x2482300w'],
  IT: ['rssmra85t10a562s', 'mrtmtt25d09f205z'],
  NL: ['111222333', '123456782'],
  BE: ['85073003328', '17073003384'],
  SE: ['8112289874', '198112289874', '7010632391'],
  DK: ['2110625629'],
  FI: ['131052308t', '131052a308t'],
  NO: ['15108695088'],
  PL: ['44051401359', '02070803628'],
  CH: ['7569217076985'],
  BR: ['39053344705', '11144477735'],
  CA: ['130692544'],
  AU: ['123456782'],
  IN: ['234123412346'],
  CN: ['11010519491231002x', '440524198001010013'],
  KR: ['8608241655068'],
  ZA: ['7503305044089', '8001015009087'],
};

/** They have nothing that could tell a mistyped one. */
const UNCHECKED: ReadonlySet<string> = new Set(['US', 'GB', 'DK', 'KR']);

describe.each(NATIONAL_IDS)('$country', ({ country, isOne, layouts }) => {
  const examples = EXAMPLES[country] ?? [];

  it('has examples, each as long as a way to write it', () => {
    const lengths = layouts.map(layout => layout.reduce((sum, length) => sum + length, 0));
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(lengths).toContain(example.length);
  });

  it.each(examples)('%s', text => {
    expect(isOne(text)).toBe(true);
  });

  it.each(UNCHECKED.has(country) ? [] : examples)('%s with another character at its end is none', text => {
    const others = [...'0123456789abcdefghijklmnopqrstuvwxyz'].filter(last => !text.endsWith(last));
    expect(others.filter(last => isOne(text.slice(0, -1) + last))).toEqual([]);
  });

  it.each(['', 'a', '0'.repeat(9), '9'.repeat(11), 'z'.repeat(16)])('%j is none', text => {
    expect(isOne(text)).toBe(false);
  });
});
