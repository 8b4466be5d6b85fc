import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../bytes/octets.js';
import { Frontier } from './frontier.js';
import { emptyRoot, leafHash } from './hash.js';
import { merkleRoot } from './root.js';

function entriesOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => utf8(`entry ${index}`));
}

describe('a frontier', () => {
  it('of no leaves has the empty root', () => {
    expect(new Frontier().root()).toEqual(emptyRoot());
  });

  it('has the root of RFC 6962 at every size', () => {
    const frontier = new Frontier();
    const entries = entriesOf(130);
    for (const [index, entry] of entries.entries()) {
      frontier.push(leafHash(entry));
      expect(frontier.size).toBe(index + 1);
      expect(frontier.root()).toEqual(merkleRoot(entries.slice(0, index + 1)));
    }
  });

  it('goes on from what was kept of it', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), (before, after) => {
        const entries = entriesOf(before + after);
        const kept = new Frontier();
        for (const entry of entries.slice(0, before)) kept.push(leafHash(entry));
        const continued = new Frontier(kept.size, kept.hashes);
        for (const entry of entries.slice(before)) continued.push(leafHash(entry));
        expect(continued.root()).toEqual(merkleRoot(entries));
        expect(kept.root()).toEqual(merkleRoot(entries.slice(0, before)));
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['too few hashes', 3, [new Uint8Array(32)]],
    ['too many hashes', 1, [new Uint8Array(32), new Uint8Array(32)]],
    ['a hash of another length', 1, [new Uint8Array(31)]],
    ['a size that is none', -1, []],
  ])('refuses %s', (_, size, hashes) => {
    expect(() => new Frontier(size, hashes)).toThrow(RangeError);
  });
});
