import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { reasonOf } from '../../test/support/failure.js';
import { entryAt, ReferenceTree, rootFromPath, rootsFromProof } from '../../test/support/reference-tree.js';
import { equal } from '../bytes/octets.js';
import { Failure } from '../reason.js';
import { leafHash } from './hash.js';
import { verifyConsistency, verifyInclusion } from './merkle.js';

/** Damaged proofs are tried for every size up to this; undamaged ones are, up to more, in prove.test.ts. */
const SIZES = 20;
const tree = new ReferenceTree(Array.from({ length: SIZES + 2 }, (_, i) => entryAt(i)));
const root = (size: number) => tree.hash(0, size);

function accepts(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** The proof with one bit of one hash flipped, one hash left out, doubled or cut, two exchanged, or one more at either end. */
function* damaged(proof: readonly Uint8Array[], surplus: Uint8Array): Generator<Uint8Array[]> {
  for (let i = 0; i < proof.length; i++) {
    const hash = proof[i] as Uint8Array;
    for (const bit of [0, 100, 255]) {
      const flipped = hash.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      yield proof.with(i, flipped);
    }
    yield proof.toSpliced(i, 1);
    yield proof.toSpliced(i, 0, hash);
    yield proof.with(i, hash.subarray(0, 31));
    yield proof.with(i, new Uint8Array(33));
    const next = proof[i + 1];
    if (next !== undefined && !equal(hash, next)) yield proof.with(i, next).with(i + 1, hash);
  }
  yield [...proof, surplus];
  yield [surplus, ...proof];
  yield [...proof, new Uint8Array()];
}

describe('tree/inclusion-invalid (RFC 9162 §2.1.3.2)', () => {
  it('every damage to every proof is refused', () => {
    for (let size = 1; size <= SIZES; size++) {
      for (let index = 0; index < size; index++) {
        const leaf = leafHash(entryAt(index));
        for (const proof of damaged(tree.path(index, size), root(size)))
          expect(reasonOf(() => verifyInclusion(index, size, leaf, proof, root(size)))).toBe(
            'tree/inclusion-invalid',
          );
      }
    }
  });

  it('another entry, another index and another root are refused', () => {
    for (let size = 1; size <= SIZES; size++) {
      for (let index = 0; index < size; index++) {
        const [leaf, proof] = [leafHash(entryAt(index)), tree.path(index, size)];
        const refused = (at: number, hash: Uint8Array, top: Uint8Array) =>
          expect(reasonOf(() => verifyInclusion(at, size, hash, proof, top))).toBe('tree/inclusion-invalid');
        refused(index, leafHash(entryAt(index + 1)), root(size));
        refused(index, leaf, root(size + 1));
        refused(index, leaf, root(size).subarray(0, 31));
        if (index + 1 < size) refused(index + 1, leaf, root(size));
        if (index > 0) refused(index - 1, leaf, root(size));
      }
    }
  });

  it('another size is judged as the definition of RFC 6962 §2.1.1 judges it: by the shape of the path', () => {
    let accepted = 0;
    for (let size = 1; size <= SIZES; size++) {
      for (let index = 0; index < size; index++) {
        const [leaf, proof] = [leafHash(entryAt(index)), tree.path(index, size)];
        for (let claimed = index + 1; claimed <= SIZES; claimed++) {
          const reached = rootFromPath(index, claimed, leaf, proof);
          const expected = reached !== null && equal(reached, root(size));
          expect(accepts(() => verifyInclusion(index, claimed, leaf, proof, root(size)))).toBe(expected);
          if (expected && claimed !== size) accepted++;
        }
      }
    }
    // A root is signed together with its size, so that this is no loss; but it is why a size must never come from the proof's bearer.
    expect(accepted).toBeGreaterThan(0);
  });

  it('a proof of two hashes for a tree of one leaf is refused, however it begins', () => {
    expect(reasonOf(() => verifyInclusion(0, 1, root(1), [root(1), root(1)], root(1)))).toBe(
      'tree/inclusion-invalid',
    );
  });
});

describe('tree/index-out-of-range', () => {
  it.each([
    ['an index of the size', 5, 5],
    ['an index over the size', 6, 5],
    ['the empty tree', 0, 0],
    ['a negative index', -1, 5],
    ['a fractional index', 0.5, 5],
    ['a fractional size', 0, 1.5],
    ['an index that is no number', Number.NaN, 5],
    ['an infinite size', 0, Number.POSITIVE_INFINITY],
    ['a size of 2^53', 0, 2 ** 53],
    ['a negative size', 0, -5],
  ])('%s', (_, index, size) => {
    expect(reasonOf(() => verifyInclusion(index, size, root(1), [], root(1)))).toBe(
      'tree/index-out-of-range',
    );
  });
});

describe('tree/consistency-invalid (RFC 9162 §2.1.4.2)', () => {
  it('every damage to every proof is refused', () => {
    for (let size = 1; size <= SIZES; size++) {
      for (let old = 1; old <= size; old++) {
        for (const proof of damaged(tree.proof(old, size), root(size)))
          expect(reasonOf(() => verifyConsistency(old, size, root(old), root(size), proof))).toBe(
            'tree/consistency-invalid',
          );
      }
    }
  });

  it('another old or new root is refused', () => {
    for (let size = 1; size <= SIZES; size++) {
      for (let old = 1; old <= size; old++) {
        const proof = tree.proof(old, size);
        const refused = (before: Uint8Array, after: Uint8Array) =>
          expect(reasonOf(() => verifyConsistency(old, size, before, after, proof))).toBe(
            'tree/consistency-invalid',
          );
        refused(root(old + 1), root(size));
        refused(root(old - 1), root(size));
        refused(root(old), root(size + 1));
        refused(root(old), root(size - 1));
        if (old !== size) refused(root(size), root(old));
      }
    }
  });

  it('other sizes are judged as the definition of RFC 6962 §2.1.2 judges them', () => {
    for (let size = 1; size <= SIZES; size += 3) {
      for (let old = 1; old <= size; old++) {
        const proof = tree.proof(old, size);
        for (let claimedOld = 1; claimedOld <= SIZES; claimedOld++) {
          for (const claimed of [size - 1, size, size + 1]) {
            const reached = rootsFromProof(claimedOld, claimed, root(old), proof);
            const expected =
              reached !== null && equal(reached[0], root(old)) && equal(reached[1], root(size));
            expect(
              accepts(() => verifyConsistency(claimedOld, claimed, root(old), root(size), proof)),
              `${old} to ${size}, claimed as ${claimedOld} to ${claimed}`,
            ).toBe(expected);
          }
        }
      }
    }
  });

  it.each([
    ['an old size over the new', 6, 5],
    ['a negative old size', -1, 5],
    ['a fractional size', 1.5, 5],
    ['an old size that is no number', Number.NaN, 5],
    ['a new size that is no number', 1, Number.NaN],
    ['a new size of 2^53', 1, 2 ** 53],
  ])('%s', (_, old, size) => {
    expect(reasonOf(() => verifyConsistency(old, size, root(5), root(5), []))).toBe(
      'tree/consistency-invalid',
    );
  });

  it('a tree is consistent with itself by the empty proof only, and not with another root of its size', () => {
    expect(reasonOf(() => verifyConsistency(5, 5, root(5), root(5), [root(5)]))).toBe(
      'tree/consistency-invalid',
    );
    expect(reasonOf(() => verifyConsistency(5, 5, root(5), root(6), []))).toBe('tree/consistency-invalid');
  });

  it('what is called the empty tree must have its root, and takes no proof', () => {
    expect(reasonOf(() => verifyConsistency(0, 5, root(1), root(5), []))).toBe('tree/consistency-invalid');
    expect(reasonOf(() => verifyConsistency(0, 5, root(0), root(5), [root(5)]))).toBe(
      'tree/consistency-invalid',
    );
    expect(reasonOf(() => verifyConsistency(0, 0, root(1), root(0), []))).toBe('tree/consistency-invalid');
  });

  it('an older and a newer tree cannot be connected by no proof at all', () => {
    expect(reasonOf(() => verifyConsistency(3, 5, root(3), root(5), []))).toBe('tree/consistency-invalid');
    expect(reasonOf(() => verifyConsistency(4, 5, root(4), root(5), []))).toBe('tree/consistency-invalid');
  });
});

describe('properties', () => {
  const number = fc.oneof(fc.integer({ min: -2, max: 40 }), fc.maxSafeNat(), fc.double());
  const hash = fc.oneof(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 40 }));
  let known: readonly Uint8Array[];
  beforeAll(() => {
    known = Array.from({ length: SIZES }, (_, size) => root(size));
  });

  it('whatever the numbers and hashes, the answer is a verdict', () => {
    fc.assert(
      fc.property(
        number,
        number,
        hash,
        fc.array(hash, { maxLength: 70 }),
        hash,
        (a, b, first, proof, last) => {
          accepts(() => verifyInclusion(a, b, first, proof, last));
          accepts(() => verifyConsistency(a, b, first, last, proof));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('proofs put together from true hashes are accepted only where the definition accepts them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 12 }),
        fc.array(fc.nat(12), { maxLength: 5 }),
        (size, index, choice) => {
          const proof = choice.map(i => known[i] as Uint8Array);
          const leaf = leafHash(entryAt(index));
          const path = rootFromPath(index, size, leaf, proof);
          expect(accepts(() => verifyInclusion(index, size, leaf, proof, root(size)))).toBe(
            path !== null && equal(path, root(size)),
          );
          if (index === 0 || index >= size) return;
          const roots = rootsFromProof(index, size, root(index), proof);
          expect(accepts(() => verifyConsistency(index, size, root(index), root(size), proof))).toBe(
            roots !== null && equal(roots[0], root(index)) && equal(roots[1], root(size)),
          );
        },
      ),
      { numRuns: 3000 },
    );
  });
});
