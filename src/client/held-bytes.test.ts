import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeldBytes } from './held-bytes.js';

const MARK = Uint8Array.of(0xef, 0xbb, 0xbf);

function holding(...parts: readonly Uint8Array[]): HeldBytes {
  const held = new HeldBytes();
  for (const part of parts) held.add(part);
  return held;
}

describe('bytes that are held', () => {
  it('are those that came and were not let go of, in parts of any size', () => {
    const steps = fc.array(fc.oneof(fc.uint8Array({ maxLength: 3000 }), fc.nat({ max: 6000 })), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(steps, taken => {
        const held = new HeldBytes();
        let expected: number[] = [];
        for (const step of taken) {
          if (typeof step === 'number') {
            held.drop(step);
            expected = expected.slice(step);
          } else {
            held.add(step);
            expected = [...expected, ...step];
          }
          expect(Buffer.from(held.bytes).equals(Buffer.from(expected))).toBe(true);
        }
      }),
    );
  });

  it('are a copy, so that no part of a stranger’s is kept for the few bytes in it', () => {
    const part = Uint8Array.of(1, 2);
    const held = holding(part);
    part.fill(0);
    expect(held.bytes).toEqual(Uint8Array.of(1, 2));
  });

  it.each([
    ['at the front', [MARK, Uint8Array.of(7)], [7]],
    ['in parts', [MARK.subarray(0, 1), MARK.subarray(1), Uint8Array.of(7)], [7]],
    ['further back', [Uint8Array.of(7), MARK], [7, ...MARK]],
    ['not whole', [MARK.subarray(0, 2)], [...MARK.subarray(0, 2)]],
  ])('a mark %s', (_, parts, left) => {
    const held = holding(...parts);
    held.dropMark();
    expect([...held.bytes]).toEqual(left);
  });

  it('a mark that was let go of is not there any more', () => {
    const held = holding(MARK);
    held.drop(3);
    held.add(MARK.subarray(0, 2));
    held.dropMark();
    expect([...held.bytes]).toEqual([...MARK.subarray(0, 2)]);
  });
});
