import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../../test/support/failure.js';
import { testCosigner, testKey } from '../../../test/support/keys.js';
import { ISSUER, LOG, OPERATOR, trustWith, WITNESSES } from '../../../test/support/parties.js';
import { formatVerifierKey, keyLabel, type VerifierKey } from '../../note/key.js';
import type { Quorum } from '../../note/policy.js';
import { type Controller, policyText, type Trust } from '../trust.js';
import { ATTACKS, concentrationOf, type Fewest } from './concentration.js';
import { DIMENSIONS, type Dimension } from './holders.js';

const WITNESS_KEYS = Array.from(
  { length: 8 },
  (_, index) => testCosigner(`w${index}.example`, 20 + index).key,
);
const LOG_KEY = testKey('log.example', 30).key;
const ISSUER_KEYS = [testKey('log.example/a', 31).key, testKey('log.example/b', 32).key];

type Shape = number | { readonly k: number; readonly of: readonly Shape[] };

/** A quorum of the first eight witness keys, each named by its number. */
function quorumOf(shape: Shape): Quorum {
  if (typeof shape === 'number') {
    const key = WITNESS_KEYS[shape] as VerifierKey;
    return { kind: 'witness', name: key.name, key };
  }
  return { kind: 'group', name: 'g', threshold: shape.k, members: shape.of.map(quorumOf) };
}

/** A trust file in which `holders` names who controls the log, the issuers and the witnesses, in this order; '' for nobody. */
function trustOf(shape: Shape | null, holders: readonly string[], change: Partial<Trust> = {}): Trust {
  return {
    log: LOG_KEY,
    logCosigner: null,
    issuers: ISSUER_KEYS.slice(0, 1),
    policy: {
      logs: [],
      witnesses: new Map(),
      quorum: shape === null ? { kind: 'none' } : quorumOf(shape),
    },
    controllers: controllersOf(holders),
    retired: [],
    statements: [],
    validators: [],
    revocations: [],
    ...change,
  };
}

function controllersOf(holders: readonly string[], where: Partial<Controller> = {}): Controller[] {
  const all = [LOG_KEY, ISSUER_KEYS[0] as VerifierKey, ...WITNESS_KEYS];
  return [...new Set(holders)].flatMap(name => {
    const keys = all.filter((_, index) => holders[index] === name).map(keyLabel);
    return name === '' ? [] : [{ name, keys, ...where }];
  });
}

const flat = (k: number, count: number): Shape => ({
  k,
  of: Array.from({ length: count }, (_, index) => index),
});

function short(fewest: Fewest | null): string {
  if (fewest === null) return 'nobody';
  expect(fewest.atLeast).toBe(fewest.atMost);
  return [fewest.atMost, ...fewest.names, ...(fewest.withUnattributed ? ['?'] : [])].join(' ');
}

/** The headline along a dimension, and in brackets the better end where it is another. */
function numbers(trust: Trust, dimension: Dimension = 'controller'): Record<string, string> {
  return Object.fromEntries(
    ATTACKS.map(attack => {
      const { worst, best } = concentrationOf(trust)[dimension][attack];
      const [low, high] = [short(worst), short(best)];
      return [attack, low === high ? low : `${low} (${high})`];
    }),
  );
}

describe('the numbers', () => {
  it('one operator who runs everything', () => {
    const one = `1 ${OPERATOR}`;
    expect(numbers(trustWith())).toEqual({ fabricate: one, split: one, block: one, blockByWitnesses: one });
  });

  it('three operators of witnesses, of whom two are needed: 2 split, and without the log 2 block', () => {
    expect(numbers(trustOf(flat(2, 3), ['L', 'I', 'A', 'B', 'C']))).toEqual({
      fabricate: '1 I',
      split: '2 A L',
      block: '1 L',
      blockByWitnesses: '2 A B',
    });
  });

  it.each<[what: string, shape: Shape | null, holders: string[], expected: Record<string, string>]>([
    ['no witnesses are asked', null, ['L', 'L'], { split: '1 L', blockByWitnesses: 'nobody' }],
    [
      'half is no majority: the log alone splits',
      flat(2, 4),
      ['L', 'I', 'A', 'B', 'C', 'D'],
      { split: '1 L' },
    ],
    ['all of three', flat(3, 3), ['L', 'I', 'A', 'B', 'C'], { split: '4 A B C L', blockByWitnesses: '1 A' }],
    [
      'the log runs one of three witnesses, of whom two are needed',
      flat(2, 3),
      ['L', 'L', 'L', 'B', 'C'],
      { split: '1 L', blockByWitnesses: '2 B L' },
    ],
    [
      'an organisation with three keys is one',
      flat(3, 5),
      ['L', 'I', 'A', 'A', 'A', 'B', 'C'],
      { split: '2 A L', blockByWitnesses: '1 A' },
    ],
    [
      'the example of tlog-policy: two of three X, and any Y of three',
      {
        k: 2,
        of: [
          { k: 2, of: [0, 1, 2] },
          { k: 1, of: [3, 4, 5] },
        ],
      },
      ['L', 'I', 'X', 'X', 'X', 'Y', 'Y', 'Y'],
      { split: '2 L X', blockByWitnesses: '1 X' },
    ],
  ])('%s', (_, shape, holders, expected) => {
    expect(numbers(trustOf(shape, holders))).toMatchObject(expected);
  });

  it('any of several issuers can fabricate', () => {
    const trust = trustOf(flat(2, 3), ['L', 'I', 'A', 'B', 'C'], { issuers: ISSUER_KEYS });
    expect(concentrationOf(trust).controller.fabricate.worst?.atMost).toBe(1);
  });

  it('are computed once for a trust file', () => {
    const trust = trustOf(flat(2, 3), []);
    expect(concentrationOf(trust)).toBe(concentrationOf(trust));
  });
});

describe('keys that are attributed to nobody', () => {
  it('all of them: one adversary, or as many as keys', () => {
    const label = (key: VerifierKey | undefined) => keyLabel(key as VerifierKey);
    expect(numbers(trustOf(flat(2, 3), []))).toEqual({
      fabricate: `1 ? (1 ${label(ISSUER_KEYS[0])})`,
      split: `1 ? (2 ${[label(LOG_KEY), label(WITNESS_KEYS[0])].join(' ')})`,
      block: `1 ? (1 ${label(LOG_KEY)})`,
      blockByWitnesses: `1 ? (2 ${label(WITNESS_KEYS[0])} ${label(WITNESS_KEYS[1])})`,
    });
  });

  it('come along with whoever else acts', () => {
    expect(numbers(trustOf(flat(3, 3), ['L', 'I', '', '', 'C']))).toMatchObject({
      split: expect.stringMatching(/^2 C L \? \(4 /),
    });
  });

  it('do not come along where nobody needs them', () => {
    expect(numbers(trustOf(flat(2, 4), ['L', 'I', 'A', 'B', '', '']))).toMatchObject({ split: '1 L' });
  });
});

describe('keys that are retired', () => {
  const [gone, ...left] = WITNESSES.map(({ key }) => key) as [VerifierKey, ...VerifierKey[]];
  const retirement = { key: formatVerifierKey(gone), role: 'witness', why: 'rotated', until: 5 } as const;

  it('do not count: a policy with one of them in it is refused', () => {
    expect(reasonOf(() => trustWith({ retired: [retirement] }))).toBe('trust/malformed');
  });

  it('do not count: their holders can do nothing with them', () => {
    const trust = trustWith({
      policy: policyText(LOG.key, left, 'all'),
      controllers: [{ name: 'formerly', keys: [keyLabel(gone)] }],
      retired: [retirement],
    });
    expect(JSON.stringify(concentrationOf(trust))).not.toContain('formerly');
  });
});

describe('along clouds, jurisdictions and vendors of hardware', () => {
  const at = (
    name: string,
    keys: readonly (VerifierKey | undefined)[],
    where: Partial<Controller>,
  ): Controller => ({
    name,
    keys: keys.map(key => keyLabel(key as VerifierKey)),
    ...where,
  });
  const controllers = [
    at('L', [LOG_KEY, ISSUER_KEYS[0]], { cloud: 'X', jurisdiction: 'DE' }),
    at('A', [WITNESS_KEYS[0]], { cloud: 'X', jurisdiction: 'DE', hardware: 'V' }),
    at('B', [WITNESS_KEYS[1]], { cloud: 'Y', jurisdiction: 'SE' }),
    at('C', [WITNESS_KEYS[2]], { cloud: 'Y' }),
  ];
  const trust = trustOf(flat(3, 3), [], { controllers });

  it('who could make controllers act counts in their place', () => {
    expect(numbers(trust).split).toBe('4 A B C L');
    expect(numbers(trust, 'cloud')).toMatchObject({ split: '2 X Y', block: '1 X', blockByWitnesses: '1 X' });
  });

  it('what is not stated is not attributed, but its controller stays one', () => {
    expect(numbers(trust, 'jurisdiction').split).toBe('2 DE SE ? (3 C DE SE)');
    expect(numbers(trust, 'hardware').fabricate).toBe('1 ? (1 L)');
  });

  it('a controller may be in several places', () => {
    const split = [at('A', [WITNESS_KEYS[0]], { cloud: 'X' }), at('A', [WITNESS_KEYS[1]], { cloud: 'Y' })];
    const both = trustOf(flat(2, 2), [], { controllers: split });
    expect(numbers(both).blockByWitnesses).toBe('1 A');
    expect(concentrationOf(both).controller.split.worst?.atMost).toBe(1);
    expect(numbers(both, 'cloud').blockByWitnesses).toBe('1 X');
  });
});

describe('properties', () => {
  const shapes: fc.Arbitrary<Shape> = fc
    .integer({ min: 1, max: 8 })
    .chain(size => shapeOf([...Array(size).keys()], 2));
  function shapeOf(keys: readonly number[], depth: number): fc.Arbitrary<Shape> {
    if (keys.length === 1) return fc.constant(keys[0] as number);
    const cut = depth === 0 ? fc.constant(0) : fc.nat(keys.length - 1);
    return cut.chain(at => {
      const members: fc.Arbitrary<Shape>[] =
        at === 0
          ? keys.map(key => fc.constant(key))
          : [shapeOf(keys.slice(0, at), depth - 1), shapeOf(keys.slice(at), depth - 1)];
      return fc
        .tuple(fc.tuple(...members), fc.integer({ min: 1, max: members.length }))
        .map(([of, k]): Shape => ({ k, of }));
    });
  }
  const parties = fc.constantFrom('A', 'B', 'C', 'D', 'E');
  const holdersWith = (unknown: boolean) =>
    fc.array(unknown ? fc.oneof(parties, fc.constant('')) : parties, { minLength: 10, maxLength: 10 });

  /** The sizes of both ends, where null is beyond every number. */
  const sizes = (trust: Trust, dimension: Dimension = 'controller') =>
    ATTACKS.map(attack => {
      const { worst, best } = concentrationOf(trust)[dimension][attack];
      return [worst?.atMost ?? Number.POSITIVE_INFINITY, best?.atMost ?? Number.POSITIVE_INFINITY] as const;
    });
  const worstSizes = (trust: Trust) => sizes(trust).map(([worst]) => worst);
  const noneIsMore = (some: readonly number[], than: readonly number[]) =>
    some.every((size, index) => size <= (than[index] as number));

  it('splitting one operator into keys changes nothing: any number of keys in place of one', () => {
    fc.assert(
      fc.property(
        shapes,
        holdersWith(true),
        fc.nat(7),
        fc.integer({ min: 2, max: 3 }),
        (shape, holders, at, copies) => {
          const key = WITNESS_KEYS[at] as VerifierKey;
          const party = holders[at + 2] as string;
          fc.pre(party !== '');
          const extra = Array.from(
            { length: copies },
            (_, index) => testCosigner(`${key.name}/${index}`, 40 + index).key,
          );
          const whole = trustOf(shape, holders);
          const divided = (quorum: Quorum): Quorum => {
            if (quorum.kind === 'group') return { ...quorum, members: quorum.members.map(divided) };
            if (quorum.kind === 'none' || quorum.key !== key) return quorum;
            const members = extra.map((one): Quorum => ({ kind: 'witness', name: one.name, key: one }));
            return { kind: 'group', name: 'divided', threshold: copies, members };
          };
          const controllers = [...whole.controllers, { name: party, keys: extra.map(keyLabel) }];
          const policy = { ...whole.policy, quorum: divided(whole.policy.quorum) };
          expect(sizes({ ...whole, policy, controllers })).toEqual(sizes(whole));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('merging two controllers never raises a number', () => {
    fc.assert(
      fc.property(shapes, holdersWith(true), parties, parties, (shape, holders, one, other) => {
        const merged = holders.map(name => (name === other ? one : name));
        const [before, after] = [trustOf(shape, holders), trustOf(shape, merged)];
        expect(noneIsMore(worstSizes(after), worstSizes(before))).toBe(true);
        const best = (trust: Trust) => sizes(trust).map(([, size]) => size);
        expect(noneIsMore(best(after), best(before))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('keys and controllers that count for nothing change nothing', () => {
    fc.assert(
      fc.property(shapes, holdersWith(true), fc.nat(20), (shape, holders, count) => {
        const trust = trustOf(shape, holders);
        const sybils = Array.from({ length: count }, (_, index) => ({
          name: `S${index}`,
          keys: [`sybil+0000000${index}`],
        }));
        expect(sizes({ ...trust, controllers: [...sybils, ...trust.controllers] })).toEqual(sizes(trust));
      }),
      { numRuns: 100 },
    );
  });

  it('the order of controllers, keys and members means nothing', () => {
    fc.assert(
      fc.property(shapes, holdersWith(true), (shape, holders) => {
        const reversed = (part: Shape): Shape =>
          typeof part === 'number' ? part : { k: part.k, of: part.of.map(reversed).reverse() };
        const trust = trustOf(shape, holders);
        const other = trustOf(reversed(shape), holders, { controllers: trust.controllers.toReversed() });
        expect(sizes(other)).toEqual(sizes(trust));
      }),
      { numRuns: 200 },
    );
  });

  it('not saying who holds a key never makes the headline better, nor the range worse at its better end', () => {
    fc.assert(
      fc.property(
        shapes,
        holdersWith(false),
        fc.subarray([...Array(10).keys()]),
        (shape, holders, hidden) => {
          const known = sizes(trustOf(shape, holders));
          const less = holders.map((name, index) => (hidden.includes(index) ? '' : name));
          const unknown = sizes(trustOf(shape, less));
          for (const [index, [worst, best]] of unknown.entries()) {
            expect(worst).toBeLessThanOrEqual(known[index]?.[0] as number);
            expect(best).toBeGreaterThanOrEqual(known[index]?.[1] as number);
            expect(worst).toBeLessThanOrEqual(best);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('per cloud, jurisdiction and vendor never more than per controller', () => {
    const places = fc.option(fc.constantFrom('X', 'Y'), { nil: undefined });
    fc.assert(
      fc.property(
        shapes,
        holdersWith(true),
        fc.array(places, { minLength: 5, maxLength: 5 }),
        (shape, holders, at) => {
          const controllers = controllersOf(holders).map((controller, index) => ({
            ...controller,
            cloud: at[index],
            jurisdiction: at[index],
            hardware: at[index],
          }));
          const trust = trustOf(shape, holders, { controllers });
          const most = sizes(trust);
          for (const dimension of DIMENSIONS)
            for (const [index, ends] of sizes(trust, dimension).entries())
              for (const end of [0, 1] as const)
                expect(ends[end]).toBeLessThanOrEqual(most[index]?.[end] as number);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('the number is what trying every set of controllers finds', () => {
    fc.assert(
      fc.property(shapes, holdersWith(false), (shape, holders) => {
        const [, split, , without] = sizes(trustOf(shape, holders));
        expect(split?.[0]).toBe(
          byTrial(holders, bad => bad.has(holders[0] as string) && splits(shape, holders, bad)),
        );
        expect(without?.[0]).toBe(
          byTrial(holders.slice(2), bad => !meets(shape, key => !bad.has(holders[key + 2] as string))),
        );
      }),
      { numRuns: 200 },
    );
  });
});

/** The size of the smallest set of these names for which something holds. */
function byTrial(holders: readonly string[], holds: (bad: ReadonlySet<string>) => boolean): number {
  const names = [...new Set(holders)];
  let fewest = Number.POSITIVE_INFINITY;
  for (let mask = 0; mask < 1 << names.length; mask++) {
    const bad = new Set(names.filter((_, index) => (mask >> index) & 1));
    if (bad.size < fewest && holds(bad)) fewest = bad.size;
  }
  return fewest;
}

/** Whether some division of the honest witnesses lets both views meet the quorum. */
function splits(shape: Shape, holders: readonly string[], bad: ReadonlySet<string>): boolean {
  for (let side = 0; side < 256; side++) {
    const serves = (view: number) => (key: number) =>
      bad.has(holders[key + 2] as string) || ((side >> key) & 1) === view;
    if (meets(shape, serves(0)) && meets(shape, serves(1))) return true;
  }
  return false;
}

function meets(shape: Shape, serves: (key: number) => boolean): boolean {
  if (typeof shape === 'number') return serves(shape);
  return shape.of.filter(member => meets(member, serves)).length >= shape.k;
}

describe('at the size of a large network', () => {
  it('32 witnesses of 32 controllers, 22 of them needed: exact', () => {
    const keys = Array.from({ length: 32 }, (_, index) => testCosigner(`w${index}.example`, 50 + index).key);
    const trust = trustWith({
      policy: policyText(LOG.key, keys, 22),
      controllers: [
        { name: OPERATOR, keys: [LOG, ISSUER, ...WITNESSES].map(({ key }) => keyLabel(key)) },
        ...keys.map((key, index) => ({
          name: `C${index}`,
          keys: [keyLabel(key)],
          cloud: `cloud ${index % 4}`,
        })),
      ],
    });
    const { controller, cloud } = concentrationOf(trust);
    expect(controller.split.worst).toMatchObject({ atLeast: 13, atMost: 13 });
    expect(controller.blockByWitnesses.worst).toMatchObject({ atLeast: 11, atMost: 11 });
    expect(cloud.blockByWitnesses.worst).toMatchObject({ atLeast: 2, atMost: 2 });
  });
});
