import { expect, it } from 'vitest';
import type { KnownRevocation } from '../../../appraise/trust.js';
import { RevokedFacts } from './revoked-facts.js';

const revoked = (field: 'chip' | 'tcb' | 'signer', value: string, decided: number): KnownRevocation => ({
  revocation: { field, value, reason: 'vulnerable', since: null },
  decided,
  entry: decided,
});
const FACTS = [
  { field: 'chip', value: 'ab' },
  { field: 'tcb', value: 'milan:01' },
] as const;

it('says which of the facts was revoked first, and of others nothing', () => {
  const known = new RevokedFacts();
  expect(known.of(FACTS)).toBeNull();
  known.replace([revoked('chip', 'ab', 9), revoked('tcb', 'milan:01', 5), revoked('chip', 'ab', 7)]);
  expect(known.of(FACTS)).toBe('revocation/tcb');
  known.replace([revoked('chip', 'ab', 4), revoked('tcb', 'milan:01', 5), revoked('chip', 'ab', 7)]);
  expect(known.of(FACTS)).toBe('revocation/chip');
  // The same value under another name is something else.
  known.replace([revoked('signer', 'ab', 4)]);
  expect(known.of(FACTS)).toBeNull();
  known.replace([]);
  expect(known.of(FACTS)).toBeNull();
});
