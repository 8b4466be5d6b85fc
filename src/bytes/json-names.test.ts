import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasDoubledName } from './json-names.js';

describe('doubled names', () => {
  it.each([
    ['{"a":1,"a":2}'],
    ['{"a" \n : 1 , "a" : 2}'],
    ['{"a":1,"\\u0061":2}'],
    ['[{"b":[{"a":{},"c":"a","a":[]}]}]'],
    ['{"__proto__":1,"__proto__":2}'],
    ['{"a\\\\":1,"b":"\\"","a\\\\":2}'],
  ])('%s has one', text => expect(hasDoubledName(text)).toBe(true));

  it.each([
    ['1'],
    ['"{\\"a\\":1,\\"a\\":2}"'],
    ['{"a":{"a":{"a":"a"}},"b":["a","a"]}'],
    ['[{"a":1},{"a":2}]'],
    ['{"a":"b","b":"a"}'],
    ['{"a":"x,\\"a\\":1"}'],
  ])('%s has none', text => expect(hasDoubledName(text)).toBe(false));

  it('is not said of anything that was written from a value', () => {
    fc.assert(fc.property(fc.json(), text => !hasDoubledName(text)));
  });

  it('takes its time once: a megabyte of open brackets', () => {
    expect(hasDoubledName(`${'['.repeat(500_000)}${']'.repeat(500_000)}`)).toBe(false);
  });
});
