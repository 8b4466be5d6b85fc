import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ANSWER_EXTENT,
  isWithinExtent,
  JsonAllowance,
  type JsonExtent,
  REQUEST_EXTENT,
} from './json-extent.js';

/** What a value holds, counted on the value itself. */
function extentOf(value: unknown): JsonExtent {
  if (typeof value !== 'object' || value === null) return { containers: 0, members: 0, values: 1 };
  const isList = Array.isArray(value);
  const parts = Object.values(value).map(extentOf);
  const sum = (of: (part: JsonExtent) => number) => parts.reduce((total, part) => total + of(part), 0);
  return {
    containers: 1 + sum(part => part.containers),
    members: (isList ? 0 : parts.length) + sum(part => part.members),
    // What is empty counts twice.
    values: (parts.length === 0 ? 2 : 1) + sum(part => part.values),
  };
}

describe('isWithinExtent', () => {
  it('is true of every value’s own extent, and false when lists, objects or members are one too many', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat({ max: 3 }), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const own = extentOf(value);
        // One that is empty and stands among others is counted as a value twice.
        const extent = { ...own, values: own.values + own.containers };
        expect(isWithinExtent(text, extent)).toBe(true);
        if (extent.containers > 0)
          expect(isWithinExtent(text, { ...extent, containers: extent.containers - 1 })).toBe(false);
        if (extent.members > 0)
          expect(isWithinExtent(text, { ...extent, containers: 0, members: extent.members - 1 })).toBe(false);
      }),
    );
  });

  it.each([
    ['brackets', '[[{'],
    ['an escaped quotation mark', '\\"[[{'],
    ['a backslash at its end', '[[{\\\\'],
    ['a comma', ',,,,,,'],
  ])('%s in a string are text', (_, inside) => {
    expect(isWithinExtent(`["${inside}"]`, { containers: 1, members: 0, values: 1 })).toBe(true);
  });

  const most: JsonExtent = { containers: 3, members: 4, values: 6 };
  it.each([
    ['lists', '[[[[]]]]'],
    ['lists that do not end', '[[[['],
    ['objects', '[{},{},{}]'],
    ['members', '{"a":0,"b":0,"c":0,"d":0,"e":0}'],
    ['members of one name', '{"a":0,"a":0,"a":0,"a":0,"a":0}'],
    ['numbers', '[0,0,0,0,0,0,0]'],
    ['what is no JSON', ',,,,,,,'],
  ])('false: too many %s', (_, text) => {
    expect(isWithinExtent(text, most)).toBe(false);
  });

  it('a string without end holds all that follows', () => {
    expect(isWithinExtent('["[[[[[[[[[[', most)).toBe(true);
  });

  it.each([
    ['a request', REQUEST_EXTENT],
    ['an answer', ANSWER_EXTENT],
  ])('the limits of %s let short texts through unseen', (_, { containers, members, values }) => {
    expect(members).toBeGreaterThanOrEqual(containers);
    expect(values).toBeGreaterThanOrEqual(containers);
  });
});

describe('JsonAllowance', () => {
  it('takes texts as long as they stand for no more together, and none after that', () => {
    const allowance = new JsonAllowance({ containers: 3, members: 2, values: 5 });
    expect(['{"a":0}', '[[]]'].map(text => allowance.takes(text))).toEqual([true, true]);
    expect(['0', '[]', '0'].map(text => allowance.takes(text))).toEqual([true, false, false]);
  });
});
