import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, wildcard } from './wildcard.js';

describe('a pattern', () => {
  it.each([
    ['gpt-4o', 'gpt-4o', true],
    ['gpt-4o', 'gpt-4o-mini', false],
    ['gpt-4o', 'GPT-4o', true],
    ['gpt-4o*', 'gpt-4o-mini', true],
    ['*', '', true],
    ['*', 'anything/at:all', true],
    ['*-mini', 'gpt-4o-mini', true],
    ['*-mini', '-min', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['openai/*', 'openai/gpt-4o', true],
    ['openai/*', 'gpt-4o', false],
    ['gpt-*-20*', 'gpt-4o-2024', true],
    ['gpt-*-20*', 'gpt-4o-1024', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b*', 'xxbxxaxx', false],
    ['gpt.4', 'gpt-4', false],
  ])('%s and %s: %s', (pattern, name, matches) => {
    expect(wildcard(pattern)(name)).toBe(matches);
  });

  it('matches what a regular expression of the same meaning does', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '-', '*'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (one, other) => {
        const same = new RegExp(`^${one.replaceAll('*', '.*')}$`).test(other);
        expect(wildcard(one)(other)).toBe(same);
      }),
    );
  });

  it('takes no time that grows with the square of a hostile name', () => {
    expect(wildcard(`${'*a'.repeat(60)}*b`)('a'.repeat(100_000))).toBe(false);
  });
});

describe('a pattern covers another', () => {
  it.each([
    ['*', 'gpt-4o', true],
    ['*', '*', true],
    ['gpt-*', 'gpt-4*', true],
    ['gpt-4*', 'gpt-*', false],
    ['*-mini', 'gpt-*-mini', true],
    ['gpt-4o', 'gpt-*', false],
    ['a*b', 'a*', false],
  ])('%s and %s: %s', (wide, narrow, isCovered) => {
    expect(covers(wide)(narrow)).toBe(isCovered);
  });

  it('only if it matches all that the other does', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 6 });
    const filling = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 });
    fc.assert(
      fc.property(pattern, pattern, filling, (wide, narrow, text) => {
        fc.pre(covers(wide)(narrow));
        expect(wildcard(wide)(narrow.replaceAll('*', text))).toBe(true);
      }),
    );
  });
});
