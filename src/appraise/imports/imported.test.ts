import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EvidenceCheck, failed, notMade, passed } from '../../evidence/report.js';
import { Failure } from '../../reason.js';
import { claimsOf, placeFact, type Statement } from './imported.js';

const PASS = (name: string) => passed(name, 'It is so.');
const FAIL = (name: string) => failed(name, new Failure('air/signature-invalid'));
const UNMADE = (name: string) => notMade(name, 'import/part-missing');
const statement = (...needs: readonly string[]): Statement<string> => ({ says: 'It is so.', needs });
const claim = (checks: readonly EvidenceCheck[], ...needs: readonly string[]) =>
  claimsOf([statement(...needs)], checks)[0];

describe('a claim', () => {
  it('is verified where all that it needs has passed', () => {
    expect(claim([PASS('a'), PASS('b'), FAIL('c')], 'a', 'b')).toEqual({
      says: 'It is so.',
      status: 'verified',
      code: null,
    });
  });

  it('is refuted by one that failed, whatever else was not made', () => {
    expect(claim([UNMADE('a'), FAIL('b'), PASS('c')], 'a', 'b', 'c')).toMatchObject({
      status: 'refuted',
      code: 'air/signature-invalid',
    });
  });

  it('is unknown where one was not made, also where a policy does without', () => {
    const waived = { ...UNMADE('a'), waived: true } as EvidenceCheck;
    for (const check of [UNMADE('a'), waived])
      expect(claim([check, PASS('b')], 'a', 'b')).toMatchObject({
        status: 'unknown',
        code: 'import/part-missing',
      });
  });

  it('about what is not there is not made', () => {
    expect(claim([PASS('a')], 'a', 'b')).toBeUndefined();
  });

  it('that no check can show is somebody’s word, or nobody’s', () => {
    const statements: Statement<string>[] = [statement(), { ...statement(), otherwise: 'asserted' }];
    expect(claimsOf(statements, [PASS('a')]).map(({ status, code }) => [status, code])).toEqual([
      ['unknown', null],
      ['asserted', null],
    ]);
  });

  it('is never verified unless every check that it needs is there and has passed', () => {
    const check = fc.constantFrom(PASS, FAIL, UNMADE);
    const checks = fc
      .dictionary(fc.constantFrom('a', 'b', 'c', 'd'), check)
      .map(made => Object.entries(made).map(([name, make]) => make(name)));
    const needs = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 });
    fc.assert(
      fc.property(checks, needs, (made, needed) => {
        const isSo = needed.every(name => made.some(each => each.name === name && each.status === 'pass'));
        expect(claim(made, ...needed)?.status === 'verified').toBe(isSo);
      }),
    );
  });
});

describe('the grade of a place', () => {
  const because = { handoff: 'attested', asserted: 'said' };
  it.each<readonly [string, readonly EvidenceCheck[]]>([
    ['handoff', [PASS('a'), PASS('b'), FAIL('c')]],
    ['asserted', [PASS('a'), UNMADE('b')]],
    ['none', [PASS('a'), FAIL('b')]],
    ['none', [PASS('a'), UNMADE('b'), FAIL('c')]],
  ])('is %s', (grade, checks) => {
    expect(placeFact(checks, ['a', 'b'], because).grade).toBe(grade);
  });
});
