/** Runs that are forged in one way each, and honest ones: what appraising says of them, and with it every validator. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ATTESTING_MACHINES,
  type AttestedRun,
  attestedRun,
  RUN_POLICY,
  RUN_RELEASES,
  RUN_ROOTS,
} from '../../../test/support/attested-runs.js';
import { AT, ISSUED } from '../../../test/support/evidence/dcap.js';
import { STRANGER, TRUST_FILE } from '../../../test/support/parties.js';
import { make } from '../../../test/support/sample-exchange.js';
import { thorough } from '../../../test/support/thoroughness.js';
import type { Json } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import { keyLabel } from '../../note/key.js';
import { parseTrust } from '../trust.js';
import { appraisalPolicyOf } from './appraisal-policy.js';
import { appraise } from './appraise.js';

const TRUST_BYTES = utf8(JSON.stringify(TRUST_FILE));
const TRUST = { trust: parseTrust(TRUST_BYTES), bytes: TRUST_BYTES };

async function judged({ recipe, evidence }: AttestedRun, policy: Json = RUN_POLICY) {
  const { bundle, asOf } = await make(recipe);
  const { verdict } = await appraise({
    ...{ bundle, trust: TRUST, asOf, roots: RUN_ROOTS },
    policy: appraisalPolicyOf(policy),
    evidence: [evidence],
  });
  return verdict;
}

const NONCE = new Uint8Array(32).fill(7);
const OTHER_NONCE = new Uint8Array(32).fill(8);
const HOUR = 3_600_000;
const policyWith = (change: Readonly<Record<string, Json>>): Json => ({
  ...(RUN_POLICY as object),
  ...change,
});

/** What is forged, and how; the clause that refutes it, with its code; and the policy, where the usual one does not ask for that. */
type Row = readonly [what: string, run: AttestedRun, clause: string, code: string, policy?: Json];

const FORGED: readonly Row[] = [
  [
    'a nonce that was another',
    attestedRun({ statement: { nonce: NONCE }, carried: { nonce: OTHER_NONCE } }),
    'binding',
    'binding/value-mismatch',
  ],
  [
    'the evidence of one run beside the statement of another',
    { recipe: attestedRun().recipe, evidence: attestedRun({ carried: { issuer: STRANGER.key } }).evidence },
    'binding',
    'binding/value-mismatch',
  ],
  [
    'evidence and statement of a machine that did not sign the receipt',
    attestedRun({ statement: { issuer: STRANGER.key } }),
    'binding',
    'binding/receipt-key-mismatch',
  ],
  [
    'evidence that is older than the policy allows',
    attestedRun({ machine: 'nitro', later: 2.4 * HOUR }),
    'evidence',
    'nitro/stale',
    policyWith({ evidence: { nitro: { maximumAge: 3600 } } }),
  ],
  [
    'evidence whose certificate had expired before the answer',
    attestedRun({ machine: 'nitro', later: 4 * HOUR }),
    'evidence',
    'certificate/expired',
  ],
  [
    'collateral that had expired before the answer',
    attestedRun({ later: 40 * 24 * HOUR }),
    'evidence',
    'collateral/tcb-info-expired',
  ],
  [
    'a processor that was revoked',
    attestedRun({ collateral: { pckCrl: { revoked: [{ serial: 3, at: ISSUED - 60 }] } } }),
    'evidence',
    'certificate/revoked',
  ],
  [
    'an enclave in debug mode',
    attestedRun({
      machine: 'nitro',
      nitro: { pcrs: new Map([0, 1, 2, 3].map(register => [register, new Uint8Array(48)])) },
    }),
    'evidence',
    'nitro/debug',
  ],
  [
    'a virtual machine in debug mode',
    attestedRun({ machine: 'sev-snp', snp: { edit: view => view.setBigUint64(0x08, 0xb001fn, true) } }),
    'evidence',
    'snp/debug',
  ],
  [
    'a trust domain in debug mode',
    attestedRun({ quote: { body: body => body.set([1], AT.td.tdAttributes) } }),
    'evidence',
    'quote/debug',
  ],
  [
    'the TCB of a trust domain set back',
    attestedRun({ quote: { body: body => body.set([4], AT.td.teeTcbSvn) } }),
    'evidence',
    'quote/tcb-status-refused',
  ],
  [
    'the TCB of a virtual machine behind the least',
    attestedRun({ machine: 'sev-snp' }),
    'evidence',
    'snp/tcb-refused',
    policyWith({
      evidence: {
        'sev-snp': { minimumTcb: { milan: { bootLoader: 200, tee: 0, snp: 0, microcode: 0 } } },
      },
    }),
  ],
  [
    'another release in the enclave',
    attestedRun({ machine: 'nitro' }),
    'evidence',
    'appraisal/release-unknown',
    policyWith({ releases: RUN_RELEASES.slice(1) }),
  ],
  [
    'another release in the virtual machine',
    attestedRun({ machine: 'sev-snp', snp: { edit: (_, bytes) => bytes.fill(0x34, 0x90, 0xc0) } }),
    'evidence',
    'appraisal/release-unknown',
  ],
  [
    'another kernel in the trust domain',
    attestedRun({ quote: { body: body => body.fill(0xa9, 328 + 48, 376 + 48) } }),
    'evidence',
    'appraisal/release-unknown',
  ],
  [
    'the receipt of an issuer whom nobody knows',
    attestedRun({
      seal: () => ({ keyId: keyLabel(STRANGER.key), signer: STRANGER.signer }),
      receipt: receipt => ({ ...receipt, issuer: keyLabel(STRANGER.key) }),
    }),
    'signature',
    'envelope/issuer-unknown',
  ],
  [
    'evidence of an earlier epoch, replayed',
    attestedRun({ statement: { epoch: 'anotheranotheranotherother' } }),
    'binding',
    'binding/epoch-mismatch',
  ],
];

describe('a forged run', () => {
  for (const [what, run, clause, code, policy] of FORGED)
    it(`with ${what} is refuted`, async () => {
      const { clauses, outcome } = await judged(run, policy);
      expect(clauses.find(({ status }) => status === 'fail')).toMatchObject({ clause, code });
      expect(clauses.find(each => each.clause === 'place')).toMatchObject({ status: 'fail' });
      expect(outcome).toBe('fail');
    });

  it.each(ATTESTING_MACHINES)('differs in that one thing: without it, one of %s passes', async machine => {
    const { outcome } = await judged(attestedRun({ machine }));
    expect(outcome).toBe('pass');
  });
});

describe('an honest run', () => {
  it('is never refuted, whatever the machine, the nonce, the key of the connection and the time between', async () => {
    const machines = fc.constantFrom(...ATTESTING_MACHINES);
    const octets = fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }));
    const later = fc.integer({ min: 0, max: 2 * HOUR });
    await fc.assert(
      fc.asyncProperty(machines, octets, octets, later, async (machine, nonce, tls, later) => {
        const { clauses } = await judged(attestedRun({ machine, later, statement: { nonce, tls } }));
        expect(clauses.filter(({ status }) => status !== 'pass')).toEqual([]);
      }),
      { numRuns: thorough(1000, 40) },
    );
  }, 120_000);
});
