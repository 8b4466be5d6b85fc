import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Account, Budgets, isShortage, type Mark, type Needs, type Reservation } from './budgets.js';
import { parseLimit } from './limit.js';

const account = (limit: string, owner = 'key/a'): Account => {
  const read = parseLimit(limit);
  if (read === null) throw new Error(limit);
  return { owner, limit: read };
};
const needs = (tokens: number, requests = 1): Needs => ({
  requests: BigInt(requests),
  tokens: BigInt(tokens),
  money: 0n,
});
const NOON = Date.UTC(2026, 10, 21, 12);
const DAY = 86_400_000;

/** Marks as a journal keeps them: the last of each name. */
function opened(marks: readonly Mark[] = []) {
  const kept = new Map(marks.map(mark => [mark.name, mark]));
  const budgets = new Budgets({ marks, record: mark => void kept.set(mark.name, mark) });
  return { budgets, kept, restarted: () => opened([...kept.values()]).budgets };
}

function reserved(budgets: Budgets, accounts: readonly Account[], need: Needs, now = NOON): Reservation {
  const result = budgets.reserve(accounts, need, now);
  if (isShortage(result)) throw new Error(`${result.left} left`);
  return result;
}

describe('budgets', () => {
  it('reserve until nothing is left, and say what is', () => {
    const { budgets } = opened();
    const limit = account('tokens=100/day');
    reserved(budgets, [limit], needs(60));
    expect(budgets.reserve([limit], needs(41), NOON)).toMatchObject({ most: 100n, left: 40n, needed: 41n });
    reserved(budgets, [limit], needs(40));
    expect(budgets.remainder([limit], 'tokens', NOON)).toEqual({
      ...{ most: 100n, left: 0n, ends: Date.UTC(2026, 10, 22) },
    });
  });

  it('reserve of all limits or of none', () => {
    const { budgets } = opened();
    const [wide, narrow] = [account('tokens=100/day'), account('tokens=10/day', 'team/t')];
    expect(isShortage(budgets.reserve([wide, narrow], needs(11), NOON))).toBe(true);
    expect(budgets.used(wide, NOON)).toBe(0n);
  });

  it('give back what was reserved too much, and count what was needed beyond it', () => {
    const { budgets } = opened();
    const limit = account('tokens=100/day');
    budgets.settle(reserved(budgets, [limit], needs(90)), needs(20));
    expect(budgets.used(limit, NOON)).toBe(20n);
    budgets.settle(reserved(budgets, [limit], needs(80)), needs(130));
    expect(budgets.used(limit, NOON)).toBe(150n);
    expect(budgets.reserve([limit], needs(1), NOON)).toMatchObject({ left: 0n });
  });

  it('begin anew with each period, in which nothing of the one before is settled', () => {
    const { budgets } = opened();
    const limit = account('tokens=100/day');
    const before = reserved(budgets, [limit], needs(100));
    const after = reserved(budgets, [limit], needs(50), NOON + DAY);
    budgets.settle(before, needs(1));
    expect(budgets.used(limit, NOON + DAY)).toBe(50n);
    budgets.settle(after, needs(10));
    expect(budgets.used(limit, NOON + DAY)).toBe(10n);
  });

  it('begin no period twice: a clock that is set back gives nothing back', () => {
    const { budgets, restarted } = opened();
    const limit = account('tokens=100/day');
    reserved(budgets, [limit], needs(100));
    reserved(budgets, [limit], needs(60), NOON + DAY);
    expect(budgets.reserve([limit], needs(41), NOON)).toMatchObject({ left: 40n });
    expect(isShortage(restarted().reserve([limit], needs(41), NOON))).toBe(true);
  });

  it('go on from the mark after a crash: never from less than was spent, and from a step more at most', () => {
    const { budgets, restarted } = opened();
    const limit = account('tokens=12800/total');
    for (let spent = 0; spent < 5000; spent += 7)
      budgets.settle(reserved(budgets, [limit], needs(50)), needs(7));
    const used = budgets.used(limit, NOON);
    const after = restarted().used(limit, NOON);
    expect(after).toBeGreaterThanOrEqual(used);
    // A step is a 128th of the limit; what was reserved at some moment counts as well.
    expect(after).toBeLessThanOrEqual(used + 100n + 50n);
  });

  it('reserve nothing where it cannot be recorded', () => {
    let isFull = true;
    const budgets = new Budgets({
      marks: [],
      record: () => {
        if (isFull) throw new Error('the disk is full');
      },
    });
    const limit = account('tokens=100/day');
    expect(() => budgets.reserve([limit], needs(100), NOON)).toThrow('the disk is full');
    isFull = false;
    reserved(budgets, [limit], needs(100));
  });

  it('after an end in good order nothing is counted too much', () => {
    const { budgets } = opened();
    const limit = account('tokens=100000/month');
    budgets.settle(reserved(budgets, [limit], needs(900)), needs(17));
    expect([...budgets.exactly()]).toEqual([
      { name: 'key/a tokens/month', start: Date.UTC(2026, 10, 1), reached: 17n },
    ]);
  });

  it('never admit more than the limit, nor forget any of it, whatever is asked, ended, and crashed in between', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('ask' as const), tokens: fc.nat(60) }),
      fc.record({
        kind: fc.constant('end' as const),
        which: fc.nat(20),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({ kind: fc.constant('crash' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 300 }), (steps, most) => {
        const limit = account(`tokens=${most}/total`);
        let { budgets, kept } = opened();
        let open: { reservation: Reservation; tokens: number }[] = [];
        let spent = 0;
        for (const next of steps) {
          if (next.kind === 'ask') {
            const result = budgets.reserve([limit], needs(next.tokens), NOON);
            if (!isShortage(result)) open.push({ reservation: result, tokens: next.tokens });
          } else if (next.kind === 'end' && open.length > 0) {
            const [ended] = open.splice(next.which % open.length, 1);
            if (ended === undefined) continue;
            const used = Math.floor(ended.tokens * next.share);
            budgets.settle(ended.reservation, needs(used));
            spent += used;
          } else if (next.kind === 'crash') {
            // Whatever was on its way may have been spent.
            spent += open.reduce((sum, { tokens }) => sum + tokens, 0);
            open = [];
            ({ budgets, kept } = opened([...kept.values()]));
          }
          const onTheWay = open.reduce((sum, { tokens }) => sum + tokens, 0);
          expect(spent + onTheWay).toBeLessThanOrEqual(most);
          expect(budgets.used(limit, NOON)).toBeGreaterThanOrEqual(BigInt(spent + onTheWay));
        }
      }),
    );
  });
});
