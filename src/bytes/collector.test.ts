import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteCollector } from './collector.js';
import { concatAll } from './octets.js';

function collected(parts: readonly Uint8Array[]): ByteCollector {
  const collector = new ByteCollector();
  for (const part of parts) collector.add(part);
  return collector;
}

describe('ByteCollector', () => {
  it('has nothing at first', () => {
    const collector = new ByteCollector();
    expect(collector.length).toBe(0);
    expect(collector.bytes).toEqual(new Uint8Array());
  });

  it('gathers parts of any size, in order', () => {
    const sizes = fc.oneof(fc.nat(3), fc.constantFrom(4095, 4096, 4097, 8192, 20_000));
    fc.assert(
      fc.property(fc.array(sizes, { maxLength: 12 }), lengths => {
        const parts = lengths.map((length, at) => new Uint8Array(length).fill(at + 1));
        const collector = collected(parts);
        expect(collector.length).toBe(lengths.reduce((sum, length) => sum + length, 0));
        expect(Buffer.from(collector.bytes).equals(concatAll(parts))).toBe(true);
      }),
    );
  });

  it('the one part is not copied, and not written to when others follow', () => {
    const memory = Uint8Array.of(1, 2, 3, 4);
    const collector = collected([memory.subarray(0, 3)]);
    expect(collector.bytes.buffer).toBe(memory.buffer);
    collector.add(Uint8Array.of(9));
    expect(collector.bytes).toEqual(Uint8Array.of(1, 2, 3, 9));
    expect(memory).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  it('a small part of a large piece of memory does not keep the piece', () => {
    const collector = collected([new Uint8Array(65_536).subarray(0, 10)]);
    expect(collector.bytes.buffer.byteLength).toBe(10);
  });

  it('what has been gathered can be looked at on the way', () => {
    const collector = new ByteCollector();
    for (let count = 1; count <= 10_000; count++) {
      collector.add(Uint8Array.of(count & 255));
      if (count % 1000 === 0) expect(collector.bytes).toHaveLength(count);
    }
    expect(collector.bytes.every((byte, at) => byte === ((at + 1) & 255))).toBe(true);
  });

  it('much of it ends in one piece of memory that is as long as it, however often somebody has looked', () => {
    const collector = new ByteCollector();
    const part = new Uint8Array(65_536);
    for (let count = 1; count <= 100; count++) {
      part.fill(count);
      collector.add(part.slice());
      if (count % 40 === 0) expect(collector.bytes).toHaveLength(count * 65_536);
    }
    expect(collector.bytes.buffer.byteLength).toBe(100 * 65_536);
    expect(collector.bytes.every((byte, at) => byte === 1 + Math.floor(at / 65_536))).toBe(true);
  });

  it('a million single bytes take no longer than their number', () => {
    const byte = Uint8Array.of(7);
    const collector = new ByteCollector();
    const started = performance.now();
    for (let count = 0; count < 1_000_000; count++) collector.add(byte);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(collector.length).toBe(1_000_000);
    expect(collector.bytes.buffer.byteLength).toBeLessThanOrEqual(2_000_000);
  });
});
