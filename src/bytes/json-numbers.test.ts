import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inexactNumbers } from './json-numbers.js';

const isExact = (text: string) => inexactNumbers(text).size === 0;

describe('inexactNumbers', () => {
  it.each([
    '0',
    '-0',
    '-12.50',
    '1e2',
    '1E+2',
    '0.1e-3',
    '0e999999999999999999',
    '9007199254740992',
    '123456789012345680000',
    '0.30000000000000004',
    // The double of 0.7 in seventeen digits, as C and others write it.
    '0.69999999999999996',
    '1.7976931348623157e308',
    '5e-324',
    '1000000000000000000000',
    '1.00000000000000000000',
  ])('%s is what is read of it', text => {
    expect(isExact(text)).toBe(true);
    expect(isExact(`{"a":[${text}, ${text}],"b":${text}}`)).toBe(true);
  });

  it.each([
    '9007199254740993',
    '12345678901234567',
    '12345678901234567890',
    '-12345678901234567890',
    '1234567890123456789e1',
    '12345678901234567890.5',
    '0.1000000000000000055511151231257827',
    '0.12345678901234567890',
    '1e400',
    '-1e400',
    '1e-400',
    `1${'0'.repeat(500)}`,
    `1.${'0'.repeat(500)}`,
  ])('%s is not', text => {
    expect([...inexactNumbers(text)]).toEqual([Number(text)]);
    expect([...inexactNumbers(`{"a":[1,${text}],"b":"x"}`)]).toEqual([Number(text)]);
  });

  it.each(['"12345678901234567890"', '{"1e400":"\\"1e400"}', 'true', 'null', '[]', '{"a":"\\\\"}'])(
    'in %s is none',
    text => {
      expect(isExact(text)).toBe(true);
    },
  );

  it('no double is inexact, in any of the forms in which doubles are written', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
        for (const form of [JSON.stringify(value), value.toExponential(), value.toPrecision(17)])
          expect(isExact(form), form).toBe(true);
      }),
    );
  });

  it('an integer is inexact where what is written in its place is another', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), value => {
        const handedOn = BigInt(Number(value).toLocaleString('fullwide', { useGrouping: false }));
        const isSame = handedOn === value;
        expect(isExact(String(value))).toBe(isSame);
      }),
    );
  });

  it('a hostile text takes no longer than its length', () => {
    const texts = [
      `[${'1.2345678901234560e0,'.repeat(1_000_000)}1]`,
      `[${`${'0.'}${'0'.repeat(390)}1,`.repeat(50_000)}1]`,
      '1'.repeat(20_000_000),
    ];
    for (const text of texts) {
      const started = performance.now();
      inexactNumbers(text);
      expect(performance.now() - started).toBeLessThan(3000);
    }
  });
});
