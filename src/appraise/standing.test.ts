import { describe, expect, it } from 'vitest';
import { nextKey } from '../../test/support/key-changes.js';
import { ISSUER, LOG, ORIGIN, STRANGER, trustWith, WITNESSES } from '../../test/support/parties.js';
import { formatVerifierKey, keyLabel } from '../note/key.js';
import { fail, pass } from './check.js';
import { beginningOf, checkStanding } from './standing.js';
import type { RetiredKey } from './trust.js';

const SECOND = nextKey('issuer', 1);
const vkey = ({ key }: { readonly key: Parameters<typeof formatVerifierKey>[0] }) => formatVerifierKey(key);

describe('the history that a trust file begins with', () => {
  const labels = (trust: ReturnType<typeof trustWith>) =>
    beginningOf(trust).tenures.map(({ role, key }) => `${role} ${keyLabel(key)}`);
  const original = [
    `log ${keyLabel(LOG.key)}`,
    `issuer ${keyLabel(ISSUER.key)}`,
    ...WITNESSES.map(({ key }) => `witness ${keyLabel(key)}`),
  ];

  it('has the keys in it, when none has changed', () => {
    expect(labels(trustWith())).toEqual(original);
    expect(beginningOf(trustWith()).origin).toBe(ORIGIN);
  });

  it('has those that came first, when some have: a retired key, but none that followed another or never counted', () => {
    const later = trustWith({
      issuers: [vkey(SECOND)],
      retired: [
        { key: vkey(ISSUER), role: 'issuer', why: 'rotated', until: 7, successor: keyLabel(SECOND.key) },
        { key: vkey(STRANGER), role: 'issuer', why: 'revoked', until: 0 },
      ],
    });
    expect(new Set(labels(later))).toEqual(new Set(original));
  });
});

describe('spec/keys.md §7: the standing of a signature', () => {
  const signature = pass('signature', 'signed');
  const retired: RetiredKey = {
    key: ISSUER.key,
    role: 'issuer',
    why: 'revoked',
    until: 5,
    announced: 9,
    successor: null,
  };
  const code = (index: number | null, key: RetiredKey | null = retired) => {
    const check = checkStanding(signature, key, index);
    return check.status === 'pass' ? 'pass' : check.code;
  };

  it.each([
    [0, 'pass'],
    [4, 'pass'],
    [5, 'key/disowned'],
    [8, 'key/disowned'],
    [9, 'key/revoked'],
    [null, 'key/standing-unknown'],
  ] as const)('at index %s: %s', (index, expected) => {
    expect(code(index)).toBe(expected);
  });

  it('of a rotated key: key/retired from its end on', () => {
    const rotated: RetiredKey = { ...retired, why: 'rotated', announced: undefined };
    expect([4, 5].map(index => code(index, rotated))).toEqual(['pass', 'key/retired']);
  });

  it('of a key in force, or of a signature that failed, is what it was', () => {
    const broken = fail('signature', 'envelope/signature-invalid');
    expect(checkStanding(signature, null, null)).toBe(signature);
    expect(checkStanding(broken, retired, 0)).toBe(broken);
  });
});
