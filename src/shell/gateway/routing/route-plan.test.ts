import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Upstream } from '../../../exchange/upstream.js';
import { MAX_ATTEMPTS } from '../../../receipt/receipt.js';
import type { Route, Target, Tier } from './route.js';
import { type NextAttempt, RoutePlan, type RoutePlanOptions, type Setback } from './route-plan.js';
import { HealthBoard } from './upstream-health.js';

const target = (name: string, weight = 1): Target => ({
  upstream: { name } as unknown as Upstream,
  model: null,
  weight,
});
const [A, B, C] = [target('a'), target('b'), target('c')];

function tier(...targets: [Target, ...Target[]]): Tier {
  return { targets, balance: 'weight' };
}

function route(...tiers: [Tier, ...Tier[]]): Route {
  return { tiers, choice: 'operator' };
}

/** A plan that always draws the first, unless told otherwise. */
function plan(of: Route, options: Partial<RoutePlanOptions> = {}) {
  const health = new HealthBoard<Target>(1);
  const made = new RoutePlan({
    route: of,
    policy: { retries: 2, pause: 100, longestPause: 1000 },
    most: 16,
    healthOf: one => health.of(one),
    serves: () => true,
    random: () => 0,
    now: () => 0,
    ...options,
  });
  return { plan: made, health };
}

const AGAIN: Setback = { transient: true, elsewhere: true, retryAfter: null };
const ELSEWHERE: Setback = { transient: false, elsewhere: true, retryAfter: null };
const NEVER: Setback = { transient: false, elsewhere: false, retryAfter: null };

const nameOf = (next: NextAttempt | null) => next?.target.upstream.name ?? null;

function namesOf(made: RoutePlan, setback: Setback): (string | null)[] {
  const names = [nameOf(made.first())];
  while (names.at(-1) !== null && names.length < 100) names.push(nameOf(made.after(setback)));
  return names.slice(0, -1);
}

describe('what comes after an attempt that failed', () => {
  it.each<{ what: string; of: Route; setback: Setback; names: string[] }>([
    {
      what: 'one target, transient: again, as often as may be',
      of: route(tier(A)),
      setback: AGAIN,
      names: ['a', 'a', 'a'],
    },
    { what: 'one target, not transient: nothing', of: route(tier(A)), setback: ELSEWHERE, names: ['a'] },
    {
      what: 'a request that is wrong: nothing',
      of: route(tier(A, B), tier(C)),
      setback: NEVER,
      names: ['a'],
    },
    {
      what: 'others of the tier before the same again',
      of: route(tier(A, B)),
      setback: AGAIN,
      names: ['a', 'b', 'a'],
    },
    {
      what: 'the next tier after that',
      of: route(tier(A, B), tier(C)),
      setback: AGAIN,
      names: ['a', 'b', 'a', 'c', 'c', 'c'],
    },
    {
      what: 'the next tier at once where the same is of no use',
      of: route(tier(A), tier(B), tier(C)),
      setback: ELSEWHERE,
      names: ['a', 'b', 'c'],
    },
  ])('$what', ({ of, setback, names }) => {
    expect(namesOf(plan(of).plan, setback)).toEqual(names);
  });

  it('no more attempts than a receipt has room for', () => {
    const tiers = Array.from({ length: 20 }, () => tier(target('x'), target('y'))) as unknown as [Tier];
    expect(namesOf(plan(route(...tiers)).plan, AGAIN)).toHaveLength(MAX_ATTEMPTS);
  });
});

describe('the pause before the same target is asked again', () => {
  const waits = (setback: Setback, random = 0) => {
    const { plan: made } = plan(route(tier(A)), { random: () => random });
    return [made.first(), made.after(setback), made.after(setback)].map(next => next?.wait ?? null);
  };

  it('doubles', () => {
    expect(waits(AGAIN, 1 - Number.EPSILON)).toEqual([0, expect.closeTo(100), expect.closeTo(200)]);
  });

  it('is shorter by chance, by half at most', () => {
    expect(waits(AGAIN)).toEqual([0, 50, 100]);
  });

  it('is what the upstream asked for, when that is longer', () => {
    expect(waits({ ...AGAIN, retryAfter: 700 })).toEqual([0, 700, 700]);
    expect(waits({ ...AGAIN, retryAfter: 10 })).toEqual([0, 50, 100]);
  });

  it('ends the tries when the upstream asked for more than there is patience', () => {
    expect(waits({ ...AGAIN, retryAfter: 1001 })).toEqual([0, null, null]);
  });

  it('is none before another target', () => {
    const { plan: made } = plan(route(tier(A, B)));
    made.first();
    expect(made.after({ ...AGAIN, retryAfter: 700 })).toEqual({ target: B, wait: 0 });
  });
});

describe('upstreams that are known to fail', () => {
  it('are passed over while their circuit is open', () => {
    const { plan: made, health } = plan(route(tier(A, B), tier(C)));
    health.of(A).failed(0);
    expect(namesOf(made, AGAIN)).toEqual(['b', 'b', 'b', 'c', 'c', 'c']);
  });

  it('leave nothing when all are, and it is said for how long', () => {
    const { plan: made, health } = plan(route(tier(A), tier(B)), { now: () => 1000 });
    health.of(A).failed(1000);
    health.of(B).failed(600);
    expect(made.first()).toBeNull();
    expect(made.opensIn).toBe(600);
  });

  it('that rest are asked only when nobody else can be', () => {
    const { plan: made, health } = plan(route(tier(A, B)));
    health.of(A).rest(0, 1000);
    expect(nameOf(made.first())).toBe('b');
    health.of(B).rest(0, 1000);
    expect(nameOf(plan(route(tier(A, B)), { healthOf: one => health.of(one) }).plan.first())).toBe('a');
  });

  it('that cannot be asked this are never asked', () => {
    const { plan: made } = plan(route(tier(A, B), tier(C)), { serves: one => one !== A });
    expect(namesOf(made, ELSEWHERE)).toEqual(['b', 'c']);
  });
});

describe('balance', () => {
  it('by weight: each gets its share', () => {
    const targets: [Target, ...Target[]] = [target('a', 3), target('b', 1)];
    const count = { a: 0, b: 0 };
    for (let at = 0; at < 1000; at++) {
      const { plan: made } = plan(route(tier(...targets)), { random: () => at / 1000 });
      count[nameOf(made.first()) as 'a' | 'b']++;
    }
    expect(count).toEqual({ a: 750, b: 250 });
  });

  it('by latency: the quicker of two', () => {
    const { plan: made, health } = plan(route({ targets: [A, B], balance: 'latency' }));
    health.of(A).answered(100);
    health.of(B).answered(20);
    expect(nameOf(made.first())).toBe('b');
  });

  it('by latency: the one that has less to do', () => {
    const { plan: made, health } = plan(route({ targets: [A, B], balance: 'latency' }));
    health.of(A).answered(20);
    health.of(B).answered(20);
    health.of(A).begin(0);
    expect(nameOf(made.first())).toBe('b');
  });
});

describe('every plan', () => {
  const setbacks = fc.constantFrom(AGAIN, ELSEWHERE, NEVER, { ...AGAIN, retryAfter: 500 });

  it('ends, asks nobody who is not on the route, and never goes back to an earlier tier', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
        fc.array(setbacks, { minLength: 40, maxLength: 40 }),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 0, max: 3 }),
        (sizes, course, draws, retries) => {
          let drawn = 0;
          const tiers = sizes.map((size, at) =>
            tier(...(Array.from({ length: size }, (_, of) => target(`${at}/${of}`)) as [Target])),
          ) as [Tier, ...Tier[]];
          const { plan: made } = plan(route(...tiers), {
            random: () => draws[drawn++ % draws.length] as number,
            policy: { retries, pause: 100, longestPause: 1000 },
          });
          const attempts: number[] = [];
          let next = made.first();
          for (let step = 0; next !== null; step++) {
            const at = tiers.findIndex(({ targets }) => targets.includes((next as NextAttempt).target));
            expect(at).toBeGreaterThanOrEqual(attempts.at(-1) ?? 0);
            attempts.push(at);
            next = made.after(course[step] as Setback);
          }
          expect(attempts.length).toBeLessThanOrEqual(Math.min(MAX_ATTEMPTS, tiers.length * (1 + retries)));
        },
      ),
    );
  });
});
