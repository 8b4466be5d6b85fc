import { describe, expect, it } from 'vitest';
import { decidingCode, type EvidenceCheck, notMade, passed, statusOf, waive } from '../../evidence/report.js';
import { hardwareChecks, inDevelopment, isGoodSimulation } from './simulation.js';

const ROOT = { name: 'simulated root', simulated: true };
const DEVELOPMENT = { [inDevelopment]: true } as const;

describe('the check that evidence is of hardware', () => {
  it.each([
    ['a root of hardware', { name: 'AWS', simulated: false }],
    ['no root, which is refused for that', null],
  ])('is not made of %s', (_, root) => {
    expect(hardwareChecks(root, {})).toEqual([]);
    expect(hardwareChecks(root, DEVELOPMENT)).toEqual([]);
  });

  it('fails under a simulated root, and is not made in development', () => {
    expect(hardwareChecks(ROOT, {})).toMatchObject([
      { name: 'hardware', status: 'fail', code: 'evidence/simulated', field: 'root', detail: ROOT.name },
    ]);
    expect(hardwareChecks(ROOT, DEVELOPMENT)).toMatchObject([
      { name: 'hardware', status: 'not-checked', code: 'evidence/simulated', field: ROOT.name },
    ]);
  });

  it('cannot be lifted by what JSON can hold', () => {
    const copied = JSON.parse(JSON.stringify(DEVELOPMENT)) as object;
    for (const policy of [copied, JSON.parse('{"inDevelopment":true,"Symbol(inDevelopment)":true}')])
      expect(hardwareChecks(ROOT, policy)).toMatchObject([{ status: 'fail' }]);
    // Nor by a value that is almost the one.
    expect(hardwareChecks(ROOT, { [inDevelopment]: 'true' as never })).toMatchObject([{ status: 'fail' }]);
  });

  it('keeps everything from being accepted', () => {
    const others = [passed('chain', 'ok'), passed('signature', 'ok')];
    expect(statusOf([...others, ...hardwareChecks(ROOT, {})])).toBe('refused');
    const checks = [...others, ...hardwareChecks(ROOT, DEVELOPMENT)];
    expect(statusOf(checks)).toBe('inconclusive');
    expect(decidingCode(checks)).toBe('evidence/simulated');
  });
});

describe('a good simulation', () => {
  const sound: readonly EvidenceCheck[] = [passed('chain', 'ok')];
  const unmade = notMade('revocation', 'snp/revocation-unknown');

  it.each<[string, readonly EvidenceCheck[], boolean]>([
    ['everything else passed', [...sound, ...hardwareChecks(ROOT, DEVELOPMENT)], true],
    ['everything else passed, and it is refused', [...sound, ...hardwareChecks(ROOT, {})], true],
    ['of hardware', sound, false],
    ['something else is missing', [...sound, unmade, ...hardwareChecks(ROOT, DEVELOPMENT)], false],
    [
      'something else is missing that the policy does without',
      [...sound, ...waive([unmade], ['revocation']), ...hardwareChecks(ROOT, DEVELOPMENT)],
      true,
    ],
  ])('%s', (_, checks, expected) => {
    expect(isGoodSimulation(checks)).toBe(expected);
  });
});
