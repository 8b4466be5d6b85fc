import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes/hex.js';
import { randomBytes } from './random.js';

describe('random bytes', () => {
  it('are never the same twice, over many portions', () => {
    const seen = new Set(Array.from({ length: 2000 }, () => toHex(randomBytes(16))));
    expect(seen.size).toBe(2000);
  });

  it('every position of every portion is drawn: no byte stays zero', () => {
    const union = new Uint8Array(4096);
    for (let round = 0; round < 16; round++) {
      const bytes = randomBytes(4096);
      for (let at = 0; at < union.length; at++) union[at] = (union[at] as number) | (bytes[at] as number);
    }
    expect(union.every(byte => byte !== 0)).toBe(true);
  });

  it('stand in memory of their own, which nobody else gets', () => {
    const bytes = randomBytes(32);
    expect(bytes.buffer.byteLength).toBe(32);
    const copy = new Uint8Array(bytes);
    for (let round = 0; round < 300; round++) randomBytes(32).fill(7);
    expect(bytes).toEqual(copy);
  });

  it('more than a portion is refused', () => {
    expect(() => randomBytes(4097)).toThrow(RangeError);
    expect(randomBytes(0)).toHaveLength(0);
  });
});
