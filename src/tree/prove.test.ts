import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../test/support/failure.js';
import { entryAt, ReferenceTree } from '../../test/support/reference-tree.js';
import { fromHex, toHex } from '../bytes/hex.js';
import { leafHash, nodeHash } from './hash.js';
import { verifyConsistency, verifyInclusion } from './merkle.js';
import { proveConsistency, proveInclusion, rangeHash, rootHash, type SubtreeReader } from './prove.js';

const SIZES = 70;
const tree = new ReferenceTree(Array.from({ length: SIZES }, (_, i) => entryAt(i)));

/** The eight entries with which the implementations of Certificate Transparency have tested from the start, and their roots. */
const ENTRIES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map(hex => fromHex(hex) ?? new Uint8Array());
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

describe('RFC 6962 §2.1, Merkle tree hashes', () => {
  const known = new ReferenceTree(ENTRIES);
  it.each(ROOTS.map((root, size) => ({ size, root })))('$size leaves: $root', async ({ size, root }) => {
    expect(toHex(await rootHash(size, known.read))).toBe(root);
    expect(toHex(known.hash(0, size))).toBe(root);
  });
});

describe('RFC 6962 §2.1.3, the example tree of seven leaves', () => {
  const seven = new ReferenceTree(Array.from({ length: 7 }, (_, i) => entryAt(i)));
  const leaf = (i: number) => leafHash(entryAt(i));
  const [a, b, c, d, e, f, j] = [0, 1, 2, 3, 4, 5, 6].map(leaf) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const [g, h, i] = [nodeHash(a, b), nodeHash(c, d), nodeHash(e, f)];
  const [k, l] = [nodeHash(g, h), nodeHash(i, j)];

  it.each([
    { index: 0, path: [b, h, l] },
    { index: 3, path: [c, g, l] },
    { index: 4, path: [f, j, k] },
    { index: 6, path: [i, k] },
  ])('the audit path of leaf $index', async ({ index, path }) => {
    expect(await proveInclusion(index, 7, seven.read)).toEqual(path);
  });

  it.each([
    { from: 3, path: [c, d, g, l] },
    { from: 4, path: [l] },
    { from: 6, path: [i, j, k] },
  ])('the consistency proof from $from leaves', async ({ from, path }) => {
    expect(await proveConsistency(from, 7, seven.read)).toEqual(path);
  });
});

describe(`RFC 6962 §2.1 against its own recursive definitions, all sizes up to ${SIZES}`, () => {
  it('§2.1: roots', async () => {
    for (let size = 0; size <= SIZES; size++)
      expect(toHex(await rootHash(size, tree.read))).toBe(toHex(tree.hash(0, size)));
  });

  it('§2.1.1: every audit path, and it verifies', async () => {
    for (let size = 1; size <= SIZES; size++) {
      const root = tree.hash(0, size);
      for (let index = 0; index < size; index++) {
        const proof = await proveInclusion(index, size, tree.read);
        expect(proof.map(toHex)).toEqual(tree.path(index, size).map(toHex));
        verifyInclusion(index, size, leafHash(entryAt(index)), proof, root);
      }
    }
  });

  it('§2.1.2: every consistency proof, and it verifies', async () => {
    for (let size = 1; size <= SIZES; size++) {
      for (let old = 1; old <= size; old++) {
        const proof = await proveConsistency(old, size, tree.read);
        expect(proof.map(toHex)).toEqual(tree.proof(old, size).map(toHex));
        verifyConsistency(old, size, tree.hash(0, old), tree.hash(0, size), proof);
      }
    }
  });

  it('every tree extends the empty one and itself, by an empty proof', async () => {
    for (let size = 0; size <= SIZES; size++) {
      const root = tree.hash(0, size);
      expect(await proveConsistency(0, size, tree.read)).toEqual([]);
      expect(await proveConsistency(size, size, tree.read)).toEqual([]);
      verifyConsistency(0, size, tree.hash(0, 0), root, []);
      verifyConsistency(size, size, root, root, []);
    }
  });
});

describe('tree/index-out-of-range', () => {
  it.each([
    [7, 7],
    [8, 7],
    [-1, 7],
    [0, 0],
    [Number.NaN, 7],
    [0, Number.NaN],
  ])('the audit path of leaf %d in a tree of %d', async (index, size) => {
    expect(await reasonOfAsync(() => proveInclusion(index, size, tree.read))).toBe('tree/index-out-of-range');
  });

  it.each([
    [8, 7],
    [1, 0],
    [-1, 7],
    [Number.NaN, 7],
    [1, Number.NaN],
    [Number.POSITIVE_INFINITY, 7],
  ])('the consistency proof from %d to %d leaves', async (old, size) => {
    expect(await reasonOfAsync(() => proveConsistency(old, size, tree.read))).toBe('tree/index-out-of-range');
  });
});

describe('trees as large as numbers can count', () => {
  // All leaves are alike, so that the hash of a complete subtree depends on its level alone and a tree of any size can be computed.
  const uniform = [leafHash(new Uint8Array())];
  for (let level = 1; level < 54; level++) {
    const below = uniform[level - 1] as Uint8Array;
    uniform.push(nodeHash(below, below));
  }
  const read: SubtreeReader = async ({ level }) => uniform[level] as Uint8Array;
  const size = fc.oneof(
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    fc
      .tuple(fc.integer({ min: 30, max: 53 }), fc.integer({ min: -2, max: 2 }))
      .map(([power, by]) => Math.min(Number.MAX_SAFE_INTEGER, 2 ** power + by)),
  );
  const upTo = (fraction: number, limit: number) => Math.min(limit - 1, Math.floor(fraction * limit));
  const fraction = fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }));

  it('inclusion: what is proved verifies, and a shorter or longer proof does not', async () => {
    await fc.assert(
      fc.asyncProperty(size, fraction, async (count, at) => {
        const index = upTo(at, count);
        const root = await rootHash(count, read);
        const proof = await proveInclusion(index, count, read);
        const check = (hashes: Uint8Array[]) =>
          verifyInclusion(index, count, uniform[0] as Uint8Array, hashes, root);
        check(proof);
        expect(() => check([...proof, root])).toThrow('tree/inclusion-invalid');
        if (proof.length > 0) expect(() => check(proof.slice(1))).toThrow('tree/inclusion-invalid');
      }),
      { numRuns: 200 },
    );
  });

  it('consistency: what is proved verifies, and a shorter or longer proof does not', async () => {
    await fc.assert(
      fc.asyncProperty(size, fraction, async (count, at) => {
        const old = upTo(at, count) + 1;
        const [oldRoot, root] = [await rootHash(old, read), await rootHash(count, read)];
        const proof = await proveConsistency(old, count, read);
        const check = (hashes: Uint8Array[]) => verifyConsistency(old, count, oldRoot, root, hashes);
        check(proof);
        expect(() => check([...proof, root])).toThrow('tree/consistency-invalid');
        if (proof.length > 0) expect(() => check(proof.slice(1))).toThrow('tree/consistency-invalid');
      }),
      { numRuns: 200 },
    );
  });

  it('an empty range has the hash of the empty tree', async () => {
    expect(toHex(await rangeHash(4, 4, read))).toBe(ROOTS[0]);
  });
});
