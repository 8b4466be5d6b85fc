import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase32 } from '../../bytes/base32.js';
import { handedOver, readOrder, readReport, writeOrder, writeReport } from './sealing-messages.js';

const bytes = fc.uint8Array({ maxLength: 60 });
const exchange = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(toBase32);
const fixed = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const content = fc.record({
  opening: fixed(32),
  request: bytes,
  response: fc.option(bytes),
  received: fc.option(fc.uint8Array({ minLength: 1, maxLength: 60 })),
});
const given = fc.record({
  statement: bytes,
  ends: fc.option(fc.record({ exchange, digest: fixed(32), content })),
});

describe('an order', () => {
  it('reads back as what was given, of however much', () => {
    fc.assert(
      fc.property(fc.array(given, { maxLength: 20 }), all => {
        expect(readOrder(writeOrder(all))).toEqual(all);
      }),
    );
  });
});

describe('a report', () => {
  it('reads back as the envelopes that were reported', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ entry: bytes, index: fc.option(fc.maxSafeNat()) }), { maxLength: 20 }),
        all => {
          expect(readReport(writeReport(all))).toEqual(all);
        },
      ),
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
