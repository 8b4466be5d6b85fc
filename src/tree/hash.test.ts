import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes/hex.js';
import { concat, utf8 } from '../bytes/octets.js';
import { emptyRoot, leafHash, nodeHash } from './hash.js';

describe('RFC 6962 §2.1', () => {
  it('the empty tree: SHA-256 of nothing', () => {
    expect(toHex(emptyRoot())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('the leaf of an empty entry: SHA-256 of 00', () => {
    expect(toHex(leafHash(new Uint8Array()))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
  });

  it('a leaf and a node of the same bytes differ, so that a node cannot be passed off as an entry', () => {
    const [left, right] = [leafHash(utf8('a')), leafHash(utf8('b'))];
    expect(toHex(leafHash(concat(left, right)))).not.toBe(toHex(nodeHash(left, right)));
  });

  it('a node depends on the order of its children', () => {
    const [left, right] = [leafHash(utf8('a')), leafHash(utf8('b'))];
    expect(toHex(nodeHash(left, right))).not.toBe(toHex(nodeHash(right, left)));
  });
});
