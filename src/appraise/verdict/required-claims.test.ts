import { describe, expect, it } from 'vitest';
import { TRUST_FILE } from '../../../test/support/parties.js';
import { make } from '../../../test/support/sample-exchange.js';
import { utf8 } from '../../bytes/octets.js';
import type { ReasonCode } from '../../reason.js';
import { parseTrust } from '../trust.js';
import { appraisalPolicyOf } from './appraisal-policy.js';
import type { RequiredClaim } from './appraisal-policy-schema.js';
import { appraise } from './appraise.js';
import { type Claim, POSSIBLE_CLAIMS } from './claim.js';
import { canBeMet, whyUnmet } from './required-claims.js';

const PLACE: Claim = {
  about: 'place',
  status: 'verified',
  source: 'hardware-proven',
  strength: 'hardware',
  coverage: 'run',
  asOf: 0,
  revocableBy: ['issuer', 'vendor'],
};

describe('a claim that is required', () => {
  it.each<[string, Partial<RequiredClaim>, Partial<Claim>, ReasonCode | null]>([
    ['verified, and it is', {}, {}, null],
    ['asserted, and it is verified', { status: 'asserted' }, {}, null],
    ['asserted, and it is', { status: 'asserted' }, { status: 'asserted' }, null],
    ['from a source that it has', { sources: ['verifier-derived', 'hardware-proven'] }, {}, null],
    ['of a whole run, and it is', { coverage: 'run' }, {}, null],
    ['revocable by no more than it is', { revocableBy: ['vendor', 'log', 'issuer'] }, {}, null],
    ['verified, and it is asserted', {}, { status: 'asserted' }, 'appraisal/claim-unverified'],
    ['and unknown', { status: 'asserted' }, { status: 'unknown' }, 'appraisal/claim-unknown'],
    ['and not applicable', { status: 'asserted' }, { status: 'not-applicable' }, 'appraisal/claim-unknown'],
    ['and refuted', { status: 'asserted' }, { status: 'refuted' }, 'appraisal/claim-refuted'],
    ['from another source', { sources: ['operator-asserted'] }, {}, 'appraisal/claim-source-refused'],
    ['of the exchange', { coverage: 'exchange' }, {}, 'appraisal/claim-coverage-differs'],
    ['revocable by fewer', { revocableBy: ['issuer'] }, {}, 'appraisal/claim-revocable'],
  ])('%s', (_, required, claim, code) => {
    expect(whyUnmet({ about: 'place', status: 'verified', ...required }, { ...PLACE, ...claim })).toBe(code);
  });

  it('can be met exactly where a claim of that kind comes out', () => {
    expect(canBeMet({ about: 'record', status: 'verified' })).toBe(true);
    expect(canBeMet({ about: 'record', status: 'verified', sources: ['operator-asserted'] })).toBe(false);
  });
});

describe('claims that come out', () => {
  it('are among those that a policy can ask for', async () => {
    const bytes = utf8(JSON.stringify(TRUST_FILE));
    for (const trust of [{ trust: parseTrust(bytes), bytes }, null]) {
      const { bundle, asOf } = await make();
      const policy = appraisalPolicyOf({ name: 'plain' });
      const { claims } = await appraise({ bundle, trust, policy, evidence: [], asOf });
      for (const { asOf: _, strength: __, ...claim } of claims.filter(({ status }) => status !== 'unknown'))
        expect(POSSIBLE_CLAIMS).toContainEqual(claim);
    }
  });
});
