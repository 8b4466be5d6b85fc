import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../bytes/octets.js';
import { argumentsText, toolCallBytes } from './tool-call.js';

describe('spec/receipt.md §2: tool/<i>', () => {
  it('is JSON with the members sorted, all of them texts', () => {
    expect(
      fromUtf8(toolCallBytes({ id: 'call_1', type: 'function', name: 'add', arguments: '{"a":"\u00e9"}' })),
    ).toBe('{"arguments":"{\\"a\\":\\"é\\"}","id":"call_1","name":"add","type":"function"}');
  });

  it('two calls have the same bytes only when they are the same call', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', ',', ':', '\ud800'), maxLength: 4 });
    const calls = fc.record({ id: text, type: text, name: text, arguments: text });
    fc.assert(
      fc.property(calls, calls, (a, b) => {
        const same = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
        expect(fromUtf8(toolCallBytes(a)) === fromUtf8(toolCallBytes(b))).toBe(same);
      }),
      { numRuns: 1000 },
    );
  });
});

it('arguments that come as a value are canonical JSON, or none', () => {
  expect(argumentsText({ b: 1, a: [null] })).toBe('{"a":[null],"b":1}');
  expect(argumentsText(null)).toBe('null');
  for (const none of [undefined, '\ud800', { a: '\udfff' }]) expect(argumentsText(none)).toBeNull();
});
