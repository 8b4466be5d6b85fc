import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTING, type Group, type HonestLevel, leastParties, type Tree } from './least-parties.js';

const leaf = (holder: number): Tree => ({ kind: 'leaf', holder });
const group = (threshold: number, ...members: (Tree | number)[]): Group => ({
  kind: 'group',
  threshold,
  members: members.map(member => (typeof member === 'number' ? leaf(member) : member)),
});
const least = (tree: Tree, honest: HonestLevel) => {
  const found = leastParties(tree, honest);
  if (found !== null) expect(found.atLeast).toBe(found.atMost);
  return found?.atMost ?? null;
};

/** The views that a tree can serve when these parties act badly, by trying every way in which the honest can divide themselves. */
function servesBoth(tree: Tree, honest: HonestLevel, bad: ReadonlySet<number>): boolean {
  const leaves = leavesOf(tree);
  const divided = leaves.filter(({ holder }) => honest === 1 && holder !== ACTING && !bad.has(holder));
  for (let side = 0; side < 1 << divided.length; side++) {
    const serves = (view: 0 | 1) => (key: Tree) => {
      if (key.kind === 'group') throw new Error('not a key');
      if (key.holder === ACTING || bad.has(key.holder)) return true;
      return honest === 1 && ((side >> divided.indexOf(key)) & 1) === view;
    };
    if (meets(tree, serves(0)) && meets(tree, serves(1))) return true;
  }
  return false;
}

function meets(tree: Tree, serves: (key: Tree) => boolean): boolean {
  if (tree.kind === 'leaf') return serves(tree);
  return tree.members.filter(member => meets(member, serves)).length >= tree.threshold;
}

function leavesOf(tree: Tree): (Tree & { kind: 'leaf' })[] {
  return tree.kind === 'leaf' ? [tree] : tree.members.flatMap(leavesOf);
}

function partiesOf(tree: Tree): number[] {
  return [...new Set(leavesOf(tree).map(({ holder }) => holder))].filter(holder => holder >= 0);
}

function byTrial(tree: Tree, honest: HonestLevel): number | null {
  const parties = partiesOf(tree);
  let fewest: number | null = null;
  for (let mask = 0; mask < 1 << parties.length; mask++) {
    const bad = new Set(parties.filter((_, index) => (mask >> index) & 1));
    if ((fewest === null || bad.size < fewest) && servesBoth(tree, honest, bad)) fewest = bad.size;
  }
  return fewest;
}

/** Trees of at most eight keys, groups in groups, of parties that may hold several keys. */
const trees: fc.Arbitrary<Tree> = fc
  .array(fc.integer({ min: ACTING, max: 5 }), { minLength: 1, maxLength: 8 })
  .chain(holders => treeOf(holders, 3));

function treeOf(holders: readonly number[], depth: number): fc.Arbitrary<Tree> {
  if (holders.length === 1 || depth === 0) return thresholded(holders.map(leaf));
  return fc.array(fc.nat(2), { minLength: holders.length, maxLength: holders.length }).chain(sides => {
    const parts = [0, 1, 2].map(side => holders.filter((_, index) => sides[index] === side));
    const some = parts.filter(part => part.length > 0);
    return fc.tuple(...some.map(part => treeOf(part, depth - 1))).chain(thresholded);
  });
}

function thresholded(members: readonly Tree[]): fc.Arbitrary<Tree> {
  const [only] = members;
  if (members.length === 1 && only !== undefined) return fc.constant(only);
  return fc.integer({ min: 1, max: members.length }).map(threshold => group(threshold, ...members));
}

describe('two views', () => {
  it.each<[what: string, tree: Tree, fewest: number | null]>([
    ['one key', leaf(0), 1],
    ['2 of 3: one who serves both, and the others divide themselves', group(2, 0, 1, 2), 1],
    ['3 of 3', group(3, 0, 1, 2), 3],
    ['2 of 4: the honest divide themselves, and nobody need be bad', group(2, 0, 1, 2, 3), 0],
    ['3 of 4', group(3, 0, 1, 2, 3), 2],
    ['3 of 5', group(3, 0, 1, 2, 3, 4), 1],
    ['3 of 3 by one party', group(3, 0, 0, 0), 1],
    ['3 of 4, of which one party has two', group(3, 0, 0, 1, 2), 1],
    ['a key that acts badly in any case', leaf(ACTING), 0],
    ['a group without members', group(1), null],
    ['2 of 3 with one that nobody can fill', group(2, 0, 1, group(1)), 2],
    ['two groups, and one party in both', group(2, group(1, 0, 1), group(2, 2, 0, 3)), 1],
    ['a group that serves one view is worth as much as a key', group(2, group(2, 0, 1), 2, 3), 1],
  ])('%s', (_, tree, fewest) => {
    expect(least(tree, 1)).toBe(fewest);
    expect(byTrial(tree, 1)).toBe(fewest);
  });
});

describe('one falsehood', () => {
  it.each<[what: string, tree: Tree, fewest: number | null]>([
    ['any of three', group(1, 0, 1, 2), 1],
    ['2 of 3', group(2, 0, 1, 2), 2],
    ['2 of 3 by two parties', group(2, 0, 0, 1), 1],
    ['all of two groups', group(2, group(1, 0, 1), group(1, 1, 2)), 1],
    ['nobody is left', group(1), null],
    ['somebody acts in any case', group(1, 0, ACTING), 0],
  ])('%s', (_, tree, fewest) => {
    expect(least(tree, 0)).toBe(fewest);
    expect(byTrial(tree, 0)).toBe(fewest);
  });
});

describe('set cover, which cannot be done group by group', () => {
  const cover = (...sets: readonly (readonly number[])[]) =>
    group(sets.length, ...sets.map(set => group(1, ...set)));

  it('two parties cover four groups although each bears less than half of some', () => {
    expect(least(cover([0, 1], [0, 2], [3, 1], [3, 2, 4]), 0)).toBe(2);
  });

  it('the parties that are named suffice', () => {
    const tree = cover([0, 1, 4], [2, 1], [2, 0, 5], [3, 4], [3, 5]);
    const found = leastParties(tree, 0);
    expect(found).toMatchObject({ atLeast: 3, atMost: 3 });
    expect(servesBoth(tree, 0, new Set(found?.parties))).toBe(true);
  });
});

describe('properties', () => {
  it('on all small trees it is what trying everything finds, and the parties that are named suffice', () => {
    fc.assert(
      fc.property(trees, fc.constantFrom<HonestLevel>(0, 1), (tree, honest) => {
        const found = leastParties(tree, honest);
        expect(found?.atMost ?? null).toBe(byTrial(tree, honest));
        if (found === null) return;
        expect(found.atLeast).toBe(found.atMost);
        expect(found.parties).toHaveLength(found.atMost);
        expect(servesBoth(tree, honest, new Set(found.parties))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('also where parties hold keys in many groups', () => {
    const groups = fc.array(fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }), {
      minLength: 2,
      maxLength: 8,
    });
    fc.assert(
      fc.property(groups, fc.nat(4), fc.nat(8), (held, each, all) => {
        const inner = held.map(holders => group(Math.min(1 + (each % 3), holders.length), ...holders));
        const tree = group(Math.min(1 + all, inner.length), ...inner);
        expect(least(tree, 0)).toBe(byTrial(tree, 0));
      }),
      { numRuns: 400 },
    );
  });

  it('whatever the work that it may do, what it says is true, and little work is enough to say something', () => {
    fc.assert(
      fc.property(trees, fc.constantFrom<HonestLevel>(0, 1), fc.nat(40), (tree, honest, work) => {
        const found = leastParties(tree, honest, work);
        const fewest = byTrial(tree, honest);
        expect(found === null).toBe(fewest === null);
        if (found === null || fewest === null) return;
        expect(found.atLeast).toBeLessThanOrEqual(fewest);
        expect(found.atMost).toBeGreaterThanOrEqual(fewest);
        expect(servesBoth(tree, honest, new Set(found.parties))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('bounded work', () => {
  /** A sequence that looks random and is always the same. */
  const scattered = (length: number, below: number) => {
    let state = 1;
    return Array.from({ length }, () => {
      state = (state * 48271) % 2147483647;
      return state % below;
    });
  };

  it('32 organisations with three keys each, two of three in 22 of them: exact', () => {
    const organisations = Array.from({ length: 32 }, (_, party) => group(2, party, party, party));
    const found = leastParties(group(22, ...organisations), 1);
    expect(found).toMatchObject({ atLeast: 12, atMost: 12 });
  });

  it('32 keys of 12 parties, scattered over eight groups: exact', () => {
    const holders = scattered(32, 12);
    const groups = Array.from({ length: 8 }, (_, at) => group(3, ...holders.slice(4 * at, 4 * at + 4)));
    for (const honest of [0, 1] as const) {
      const found = leastParties(group(6, ...groups), honest);
      expect(found?.atLeast).toBe(found?.atMost);
    }
  });

  it('400 parties scattered over 600 groups: a range that is proven, and not an endless search', () => {
    const holders = scattered(1800, 400);
    const groups = Array.from({ length: 600 }, (_, at) => group(1, ...holders.slice(3 * at, 3 * at + 3)));
    const found = leastParties(group(600, ...groups), 0);
    expect(found?.atLeast).toBeGreaterThan(1);
    expect(found?.atMost).toBeLessThanOrEqual(400);
    expect(found?.atMost).toBeGreaterThan(found?.atLeast as number);
  });
});
