import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../bytes/octets.js';
import { toolCallBytes } from './tool-call.js';

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
