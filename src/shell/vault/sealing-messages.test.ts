import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase32 } from '../../bytes/base32.js';
import { handedOver, readOrder, readReport, writeOrder, writeReport } from './sealing-messages.js';

const bytes = fc.uint8Array({ maxLength: 60 });
const exchange = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(toBase32);
const given = fc.record({
  statement: bytes,
  content: fc.option(fc.record({ exchange, framed: bytes })),
});

describe('an order', () => {
  it('reads back as what was given, of however much', () => {
    fc.assert(
      fc.property(fc.array(given, { maxLength: 20 }), all => {
        expect(readOrder(writeOrder(all))).toEqual(all);
      }),
    );
  });

  it('of nothing to keep is told from one of an empty content', () => {
    const statement = Uint8Array.of(1);
    const empty = { exchange: 'a'.repeat(26), framed: new Uint8Array() };
    expect(readOrder(writeOrder([{ statement, content: null }]))).toEqual([{ statement, content: null }]);
    expect(readOrder(writeOrder([{ statement, content: empty }]))).toEqual([{ statement, content: empty }]);
  });
});

describe('a report', () => {
  it('reads back as the envelopes that were reported', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 20 }), envelopes => {
        expect(readReport(writeReport(envelopes))).toEqual(envelopes);
      }),
    );
  });
});

describe('a message', () => {
  it.each([
    [65_535, 0],
    [65_536, 1],
  ])('of %i bytes hands over %i pieces of memory', (length, pieces) => {
    expect(handedOver(new Uint8Array(length))).toHaveLength(pieces);
  });
});
