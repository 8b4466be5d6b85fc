import { describe, expect, it } from 'vitest';
import {
  ATTESTING_MACHINES,
  type AttestedRun,
  attestedRun,
  RUN_POLICY,
  RUN_ROOTS,
} from '../../../test/support/attested-runs.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { STRANGER, TRUST_FILE } from '../../../test/support/parties.js';
import { listed } from '../../../test/support/revocations.js';
import { make } from '../../../test/support/sample-exchange.js';
import { AS_OF, SAMPLE_RECEIPT } from '../../../test/support/sample-receipt.js';
import type { Json } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import { keyLabel } from '../../note/key.js';
import { parseTrust, type Trust } from '../trust.js';
import { verify } from '../verify.js';
import { appraisalPolicyOf } from './appraisal-policy.js';
import { type EvidenceVerification, verifyWithEvidence } from './verify-evidence.js';
import type { EvidenceArtefact } from './weighed-evidence.js';

const TRUST = parseTrust(utf8(JSON.stringify(TRUST_FILE)));
const UNNAMED: Json = { name: 'none', evidence: { 'sev-snp': { minimumTcb: null } } };

interface Case {
  readonly run?: AttestedRun;
  readonly policy?: Json;
  readonly trust?: Trust | null;
  /** In the place of the run's own. */
  readonly evidence?: readonly EvidenceArtefact[];
}

async function inputOf({ run = attestedRun(), trust = TRUST }: Case) {
  return { ...(await make(run.recipe)), content: { opening: null, request: null, response: null }, trust };
}

async function verified(given: Case = {}): Promise<EvidenceVerification> {
  const { run = attestedRun(), policy = RUN_POLICY, evidence = [run.evidence] } = given;
  const measure = appraisalPolicyOf(policy);
  return verifyWithEvidence(await inputOf(given), { evidence, measure, roots: RUN_ROOTS });
}

const checksOf = ({ checks }: EvidenceVerification) =>
  Object.fromEntries(checks.map(check => [check.name, check.status === 'pass' ? 'pass' : check.code]));

describe('verifying with evidence', () => {
  it.each(ATTESTING_MACHINES)('shows where it ran: %s', async machine => {
    const found = await verified({ run: attestedRun({ machine }) });
    expect(found.outcome).toBe('pass');
    expect(checksOf(found)).toMatchObject({ evidence: 'pass', binding: 'pass', witnesses: 'pass' });
    expect(found.facts.place.grade).toBe('hardware');
    expect(found.facts.place.because).toContain(machine);
    expect(found.evidence).toMatchObject([{ status: 'accepted', binding: { status: 'accepted' } }]);
  });

  it('of a machine that asked somebody else shows who handed it on, and no more', async () => {
    const run = attestedRun({ receipt: receipt => ({ ...receipt, upstream: SAMPLE_RECEIPT.upstream }) });
    const { outcome, facts } = await verified({ run });
    expect([outcome, facts.place.grade]).toEqual(['pass', 'handoff']);
  });

  it('shows nothing where nobody has named the software, and says so', async () => {
    const { outcome, facts } = await verified({ policy: UNNAMED });
    expect([outcome, facts.place.grade]).toEqual(['pass', 'asserted']);
    expect(facts.place.because).toContain('nobody has named the software');
  });

  it('that nothing binds to the receipt is open', async () => {
    const run = attestedRun();
    const evidence = [{ ...run.evidence, statement: null } as EvidenceArtefact];
    const found = await verified({ run, evidence });
    expect(found.outcome).toBe('inconclusive');
    expect(checksOf(found)).toMatchObject({ evidence: 'pass', binding: 'binding/part-missing' });
    expect(found.facts.place.grade).toBe('asserted');
  });

  it('names which of several is refused', async () => {
    const [good, bad] = [
      attestedRun(),
      attestedRun({ machine: 'nitro', statement: { issuer: STRANGER.key } }),
    ];
    for (const evidence of [
      [good.evidence, bad.evidence],
      [bad.evidence, good.evidence],
    ]) {
      const found = await verified({ run: good, evidence });
      expect(found.outcome).toBe('fail');
      // By its place in what is shown, in whatever order it was handed in.
      const place = found.evidence.findIndex(({ judged }) => judged.kind === 'nitro');
      expect(found.checks.filter(({ status }) => status === 'fail')).toMatchObject([
        { name: 'binding', code: 'binding/receipt-key-mismatch', field: `evidence.${place}` },
      ]);
    }
  });

  it('asks how fresh it was where the policy does', async () => {
    const policyOf = (maximumAgeSeconds: number): Json => ({
      ...(RUN_POLICY as object),
      evidence: { maximumAgeSeconds, 'sev-snp': { minimumTcb: null } },
    });
    const run = attestedRun({ machine: 'nitro', later: 60_000 });
    expect(checksOf(await verified({ run, policy: policyOf(61) })).freshness).toBe('pass');
    const old = await verified({ run, policy: policyOf(59) });
    expect([old.outcome, checksOf(old).freshness]).toEqual(['fail', 'appraisal/evidence-old']);
    const undated = await verified({ policy: policyOf(61) });
    expect([undated.outcome, checksOf(undated).freshness]).toEqual([
      'inconclusive',
      'appraisal/evidence-undated',
    ]);
  });

  it('that rests on what was revoked fails, and says what it was worth', async () => {
    const value = 'd0'.repeat(48);
    const decided = AS_OF - 60_000;
    const revocation = { field: 'measurement', reason: 'defective', since: null, value } as const;
    const trust = parseTrust(
      utf8(JSON.stringify({ ...TRUST_FILE, revocations: [listed(revocation, decided)] })),
    );
    const { outcome, facts, checks } = await verified({ trust });
    expect(outcome).toBe('fail');
    expect(checks.at(-2)).toMatchObject({ name: 'evidence', code: 'revocation/measurement' });
    expect(facts.place).toMatchObject({
      grade: 'asserted',
      revoked: { code: 'revocation/measurement', was: 'hardware', until: decided },
    });
  });
});

describe('verifying with evidence adds nothing', () => {
  it('where there is none', async () => {
    const { evidence, ...rest } = await verified({ evidence: [] });
    expect(evidence).toEqual([]);
    expect(rest).toEqual(await verify(await inputOf({})));
  });

  it('to a receipt that fails, or that nobody can judge', async () => {
    const run = attestedRun({
      seal: () => ({ keyId: keyLabel(STRANGER.key), signer: STRANGER.signer }),
      receipt: receipt => ({ ...receipt, issuer: keyLabel(STRANGER.key) }),
    });
    const stranger = await verified({ run });
    expect(checksOf(stranger)).toMatchObject({
      signature: 'envelope/issuer-unknown',
      evidence: 'evidence/prerequisite-failed',
    });
    expect([stranger.outcome, stranger.facts.place.grade]).toEqual(['fail', 'none']);
    const untrusting = await verified({ trust: null });
    expect([untrusting.outcome, untrusting.facts.place.grade]).toEqual(['inconclusive', 'none']);
    expect(checksOf(untrusting)).toMatchObject({ signature: 'trust/missing', evidence: 'pass' });
    const later = await verified({
      run: attestedRun({ receipt: receipt => ({ ...receipt, issuer: keyLabel(STRANGER.key) }) }),
    });
    expect([later.outcome, later.facts.place.grade]).toEqual(['fail', 'none']);
  });

  it('that could be read in no way', async () => {
    const evidence: EvidenceArtefact[] = [
      { kind: 'tdx', pieces: [{ role: 'quote', bytes: utf8('no quote') }], statement: null },
    ];
    expect(await reasonOfAsync(() => verified({ evidence }))).toBe('appraisal/evidence-unreadable');
    const { evidence: twice } = attestedRun();
    expect(await reasonOfAsync(() => verified({ evidence: [twice, twice] }))).toBe(
      'appraisal/evidence-unreadable',
    );
  });
});
