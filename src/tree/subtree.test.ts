import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf, reasonOfAsync } from '../../test/support/failure.js';
import { entryAt, ReferenceTree } from '../../test/support/reference-tree.js';
import { thorough } from '../../test/support/thoroughness.js';
import { toHex } from '../bytes/hex.js';
import { emptyRoot, HASH_SIZE } from './hash.js';
import { verifyConsistency, verifyInclusion } from './merkle.js';
import { proveConsistency, proveInclusion } from './prove.js';
import { type Interval, isSubtree, proveSubtree, verifySubtree } from './subtree.js';

/** Sizes for which everything is tried: past two powers of two. */
const SMALL = 34;
/** The leaves of the draft's vectors: `d[0] = 0x00`, `d[1] = 0x01`, … */
const VECTOR_SIZE = 130;
const tree = new ReferenceTree(Array.from({ length: SMALL + 1 }, (_, index) => entryAt(index)));
const vectors = new ReferenceTree(Array.from({ length: VECTOR_SIZE }, (_, index) => Uint8Array.of(index)));

function* subtrees(size: number): Generator<Interval> {
  for (let end = 0; end <= size; end++)
    for (let start = 0; start <= end; start++) if (isSubtree({ start, end })) yield { start, end };
}

/** Another look at the definition: some complete tree that begins at a multiple of its width holds the interval as its left part. */
function isSubtreeByDefinition({ start, end }: Interval): boolean {
  if (start === end) return true;
  for (let width = 1; width <= 2 * SMALL; width *= 2)
    if (width >= end - start && start % width === 0) return true;
  return start === 0;
}

describe('draft-ietf-plants-merkle-tree-certs §4.1: what a subtree is', () => {
  it('as defined, for every interval of small trees', () => {
    for (let end = 0; end <= 2 * SMALL; end++)
      for (let start = 0; start <= end; start++)
        expect(isSubtree({ start, end })).toBe(isSubtreeByDefinition({ start, end }));
  });

  it.each<[Interval, boolean]>([
    [{ start: 0, end: Number.MAX_SAFE_INTEGER }, true],
    [{ start: 2 ** 52, end: Number.MAX_SAFE_INTEGER }, true],
    [{ start: 1, end: Number.MAX_SAFE_INTEGER }, false],
    [{ start: 2 ** 40, end: 2 ** 41 }, true],
    [{ start: 2 ** 40, end: 2 ** 41 + 1 }, false],
    [{ start: 2 ** 33, end: 2 ** 33 + 256 }, true],
    [{ start: 5, end: 4 }, false],
    [{ start: -1, end: 0 }, false],
    [{ start: 0, end: 2 ** 53 }, false],
    [{ start: 0.5, end: 0.5 }, false],
    [{ start: Number.NaN, end: 1 }, false],
  ])('%j: %s', (interval, expected) => {
    expect(isSubtree(interval)).toBe(expected);
  });
});

describe('the accumulated test vectors of the draft, for trees of up to 130 entries', () => {
  it('subtree hashes', () => {
    const accumulated = createHash('sha256');
    for (const { start, end } of subtrees(VECTOR_SIZE))
      accumulated.update(`[${start}, ${end}) ${toHex(vectors.hash(start, end))}\n`);
    expect(accumulated.digest('hex')).toBe(
      'b82806ad4265bb151c1119c0f4db437bb4d1a1f887b3a7fba1cd4ebf552e3e81',
    );
  });

  it('subtree consistency proofs', async () => {
    const accumulated = createHash('sha256');
    for (let size = 0; size <= VECTOR_SIZE; size++) {
      for (const interval of subtrees(size)) {
        const proof = await proveSubtree(interval, size, vectors.read);
        const hashes = proof.map(hash => ` ${toHex(hash)}`).join('');
        accumulated.update(`[${interval.start}, ${interval.end}) ${size}${hashes}\n`);
      }
    }
    expect(accumulated.digest('hex')).toBe(
      '10fa99b37bf9bf9ffa26b412fbd98bd75363256d0b75d61bc4538b9c9c5a0a74',
    );
  });
});

describe('§4.4: proofs', () => {
  it('verify for every subtree of every small tree, and no two trees of one size share one', async () => {
    const other = new ReferenceTree(tree.entries.map((entry, index) => (index === 0 ? entryAt(99) : entry)));
    for (let size = 0; size <= SMALL; size++) {
      for (const interval of subtrees(size)) {
        const proof = await proveSubtree(interval, size, tree.read);
        const hash = tree.hash(interval.start, interval.end);
        verifySubtree(interval, size, proof, hash, tree.hash(0, size));
        if (interval.start === interval.end) continue;
        expect(reasonOf(() => verifySubtree(interval, size, proof, hash, other.hash(0, size)))).toBe(
          'tree/subtree-invalid',
        );
      }
    }
  });

  it('from the first entry on are proofs of consistency', async () => {
    for (let size = 1; size <= SMALL; size++) {
      for (let end = 1; end <= size; end++) {
        const proof = await proveSubtree({ start: 0, end }, size, tree.read);
        expect(proof).toEqual(await proveConsistency(end, size, tree.read));
        verifyConsistency(end, size, tree.hash(0, end), tree.hash(0, size), proof);
      }
    }
  });

  it('of one entry are proofs of inclusion', async () => {
    for (let size = 1; size <= SMALL; size++) {
      for (let start = 0; start < size; start++) {
        const proof = await proveSubtree({ start, end: start + 1 }, size, tree.read);
        expect(proof).toEqual(await proveInclusion(start, size, tree.read));
        verifyInclusion(start, size, tree.hash(start, start + 1), proof, tree.hash(0, size));
      }
    }
  });

  it('need at most 63 hashes in the largest tree that there can be', async () => {
    const hash = new Uint8Array(HASH_SIZE);
    const proof = await proveSubtree(
      { start: 0, end: 2 ** 52 + 1 },
      Number.MAX_SAFE_INTEGER,
      async () => hash,
    );
    expect(proof.length).toBeLessThanOrEqual(63);
  });
});

describe('a proof that was tampered with', () => {
  /** Everything that can be wrong with one hash or with their number and order. */
  function* damaged(proof: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
    for (const at of [...proof.keys()]) {
      yield proof.toSpliced(at, 1);
      yield proof.toSpliced(
        at,
        1,
        (proof[at] as Uint8Array).with(0, ((proof[at] as Uint8Array)[0] ?? 0) ^ 1),
      );
      yield proof.toSpliced(at, 1, (proof[at] as Uint8Array).slice(1));
      yield proof.toSpliced(at, 0, emptyRoot());
      yield proof.toSpliced(at, 0, proof[at] as Uint8Array);
    }
    yield [...proof, emptyRoot()];
    if (proof.length > 1) yield proof.toReversed();
  }

  it('is refused: every subtree of small trees, every damage', async () => {
    for (let size = 1; size <= SMALL; size += thorough(1, 4)) {
      for (const interval of subtrees(size)) {
        const proof = await proveSubtree(interval, size, tree.read);
        const hash = tree.hash(interval.start, interval.end);
        for (const wrong of damaged(proof))
          expect(reasonOf(() => verifySubtree(interval, size, wrong, hash, tree.hash(0, size)))).toBe(
            'tree/subtree-invalid',
          );
      }
    }
  });

  it('does not speak of other entries, another interval or another size', async () => {
    const size = 21;
    const root = tree.hash(0, size);
    for (const interval of subtrees(size)) {
      const proof = await proveSubtree(interval, size, tree.read);
      const hash = tree.hash(interval.start, interval.end);
      for (const other of subtrees(size)) {
        if (other.start === other.end || interval.start === interval.end) continue;
        if (other.start === interval.start && other.end === interval.end) continue;
        expect(reasonOf(() => verifySubtree(other, size, proof, hash, root))).toBe('tree/subtree-invalid');
        const otherHash = tree.hash(other.start, other.end);
        expect(reasonOf(() => verifySubtree(interval, size, proof, otherHash, root))).toBe(
          'tree/subtree-invalid',
        );
      }
      if (interval.start === interval.end) continue;
      expect(() => verifySubtree(interval, size, proof, hash, tree.hash(0, size + 1))).toThrow(
        'tree/subtree-invalid',
      );
    }
  });

  it('is refused whatever interval, size and hashes a stranger makes up', () => {
    const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.nat(SMALL), fc.nat(SMALL), fc.nat(SMALL), hashes, (start, end, size, proof) => {
        // What is shown is the whole of that tree, and that it is needs no proof.
        fc.pre(!(start === 0 && end === SMALL && size === SMALL && proof.length === 0));
        const code = reasonOf(() => {
          verifySubtree({ start, end }, size, proof, tree.hash(0, SMALL), tree.hash(0, size));
        });
        return code === 'tree/interval-invalid' || code === 'tree/subtree-invalid';
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is no subtree of the tree', () => {
  it.each<[Interval, number]>([
    [{ start: 1, end: 3 }, 8],
    [{ start: 7, end: 9 }, 9],
    [{ start: 0, end: 9 }, 8],
    [{ start: 9, end: 9 }, 8],
    [{ start: 5, end: 4 }, 8],
    [{ start: 0, end: 1 }, -1],
    [{ start: 0, end: 1 }, 1.5],
  ])('tree/interval-invalid: %j of %s', async (interval, size) => {
    expect(reasonOf(() => verifySubtree(interval, size, [], emptyRoot(), emptyRoot()))).toBe(
      'tree/interval-invalid',
    );
    expect(await reasonOfAsync(() => proveSubtree(interval, size, tree.read))).toBe('tree/interval-invalid');
  });

  it('the empty interval is part of every tree, as the hash of nothing and without a proof', () => {
    const root = tree.hash(0, 8);
    verifySubtree({ start: 3, end: 3 }, 8, [], emptyRoot(), root);
    expect(() => verifySubtree({ start: 3, end: 3 }, 8, [root], emptyRoot(), root)).toThrow(
      'tree/subtree-invalid',
    );
    expect(() => verifySubtree({ start: 3, end: 3 }, 8, [], root, root)).toThrow('tree/subtree-invalid');
  });
});
