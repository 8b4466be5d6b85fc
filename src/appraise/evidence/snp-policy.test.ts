import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { makeSnp, type SnpOptions, snpPki, tcbOctets } from '../../../test/support/evidence/snp.js';
import { BEGIN, makeRevocationList } from '../../../test/support/evidence/x509-maker.js';
import { describeGenuine, genuine, genuineText } from '../../../test/support/vectors.js';
import { concat, utf8 } from '../../bytes/octets.js';
import { decidingCode, statusOf } from '../../evidence/report.js';
import { type SnpProduct, type SnpTcb, tcbOf } from '../../evidence/snp/product.js';
import { type SnpInput, type SnpReport, verifySnp } from '../../evidence/snp/verify.js';
import { certificatesFromPem } from '../../evidence/x509/pem.js';
import { appraiseSnp, SAFE_SNP_POLICY, type SnpPolicy } from './snp-policy.js';

const all = async (input: SnpInput, policy: Partial<SnpPolicy> = {}) =>
  appraiseSnp(await verifySnp(input), { ...SAFE_SNP_POLICY, ...policy });

/** Each of the policy's own checks with its code, or as passed. */
async function outcome(options: SnpOptions, policy: Partial<SnpPolicy> = {}, more: Partial<SnpInput> = {}) {
  return outcomeOf(await verifySnp({ ...makeSnp(options), ...more }), policy);
}

async function outcomeOf(report: SnpReport, policy: Partial<SnpPolicy>) {
  const checks = await appraiseSnp(report, { ...SAFE_SNP_POLICY, ...policy });
  // Whether the firmware's age was judged has a test of its own.
  const own = checks
    .slice(report.checks.length)
    .filter(check => check.status === 'pass' || check.code !== 'snp/minimum-tcb-not-given');
  return Object.fromEntries(own.map(check => [check.name, check.status === 'pass' ? 'pass' : check.code]));
}

const SAFE = { debug: 'pass', migration: 'pass', vmpl: 'pass' };
const policyBits = (bits: bigint) => (view: DataView) => view.setBigUint64(8, 0x3001fn | bits, true);

describe('the safe policy', () => {
  it.each(['milan', 'genoa', 'turin'] as const)('%s: accepts what nobody can look into', async product => {
    for (const kind of ['vcek', 'vlek'] as const) {
      const checks = await all(makeSnp({ product, kind }));
      expect(statusOf(checks)).toBe('accepted');
      expect(decidingCode(checks)).toBeNull();
    }
    expect(await outcome({ product })).toEqual(SAFE);
  });

  it('does not judge how old the firmware is, and says so', async () => {
    const unjudged = { name: 'minimum-tcb', status: 'not-checked', waived: true };
    const checks = await all(makeSnp());
    expect(checks.filter(({ name }) => name === 'minimum-tcb')).toEqual([
      expect.objectContaining({ ...unjudged, code: 'snp/minimum-tcb-not-given' }),
    ]);
    const least = tcbOf(tcbOctets('milan'), 'milan');
    const judged = await all(makeSnp(), { minimumTcb: { milan: least } });
    expect(judged.filter(({ name }) => name === 'minimum-tcb')).toMatchObject([{ status: 'pass' }]);
  });

  it('refuses a guest that may be debugged, whatever else the policy accepts', async () => {
    const anything = { migrationAgent: true, vmpls: [0, 1, 2, 3], maskedChip: true };
    expect(await outcome({ edit: policyBits(1n << 19n) })).toEqual({ ...SAFE, debug: 'snp/debug' });
    expect(await outcome({ edit: policyBits(1n << 19n) }, anything)).toEqual({
      debug: 'snp/debug',
      vmpl: 'pass',
    });
  });

  it.each([
    ['that its policy lets it have', policyBits(1n << 18n)],
    ['that it has', (_: DataView, bytes: Uint8Array) => bytes.fill(0x12, 0x160, 0x180)],
    ['that it has, with an id of zeros', (_: DataView, bytes: Uint8Array) => bytes.fill(0, 0x160, 0x180)],
    [
      'that it has, with an id of almost all ones',
      (_: DataView, bytes: Uint8Array) => bytes.fill(0xfe, 0x17f, 0x180),
    ],
  ])('refuses a migration agent %s', async (_, edit) => {
    expect(await outcome({ edit })).toEqual({ ...SAFE, migration: 'snp/migration-agent' });
    expect(await outcome({ edit }, { migrationAgent: true })).toEqual({ debug: 'pass', vmpl: 'pass' });
  });

  it('refuses a report from a level that may do less', async () => {
    const edit = (view: DataView) => view.setUint32(0x30, 2, true);
    expect(await outcome({ edit })).toEqual({ ...SAFE, vmpl: 'snp/vmpl-refused' });
    expect(await outcome({ edit }, { vmpls: [1, 2] })).toEqual(SAFE);
    expect(await outcome({}, { vmpls: [1, 2] })).toEqual({ ...SAFE, vmpl: 'snp/vmpl-refused' });
  });

  it('does not wait for a revocation list, which is still not reported as looked at; one that is there counts', async () => {
    const input = makeSnp();
    const without = await all(input);
    expect(without.find(({ name }) => name === 'revocation')).toMatchObject({
      status: 'not-checked',
      code: 'snp/revocation-unknown',
      waived: true,
    });
    const required = await all(input, { revocation: 'required' });
    expect([statusOf(required), decidingCode(required)]).toEqual(['inconclusive', 'snp/revocation-unknown']);
    const { ark } = snpPki('milan');
    const good = makeRevocationList({ issuer: ark });
    expect(statusOf(await all({ ...input, revocations: good }, { revocation: 'required' }))).toBe('accepted');
    const revocations = makeRevocationList({ issuer: ark, revoked: [{ serial: 2, at: BEGIN }] });
    expect(decidingCode(await all({ ...input, revocations }))).toBe('certificate/revoked');
  });

  it('cannot tell which chip it is where that is hidden; a policy may do without', async () => {
    const input = makeSnp({ edit: (_, bytes) => bytes.fill(0, 0x1a0, 0x1e0) });
    const safe = await all(input);
    expect([statusOf(safe), decidingCode(safe)]).toEqual(['inconclusive', 'snp/chip-masked']);
    expect(statusOf(await all(input, { maskedChip: true }))).toBe('accepted');
  });
});

describe('the least TCB', () => {
  const least = (product: SnpProduct): SnpTcb => tcbOf(tcbOctets(product), product);
  const refused = { ...SAFE, 'minimum-tcb': 'snp/tcb-refused' };
  const accepted = { ...SAFE, 'minimum-tcb': 'pass' };
  const allOf = { milan: least('milan'), genoa: least('genoa'), turin: least('turin') };

  it.each(['milan', 'genoa', 'turin'] as const)('%s: each part of it counts', async product => {
    const report = await verifySnp(makeSnp({ product }));
    expect(await outcomeOf(report, { minimumTcb: allOf })).toEqual(accepted);
    for (const part of ['fmc', 'bootLoader', 'tee', 'snp', 'microcode'] as const) {
      const own = least(product);
      if (own[part] === null) continue;
      const more = { ...allOf, [product]: { ...own, [part]: own[part] + 1 } };
      const less = { ...allOf, [product]: { ...own, [part]: own[part] - 1 } };
      expect(await outcomeOf(report, { minimumTcb: more })).toEqual(refused);
      expect(await outcomeOf(report, { minimumTcb: less })).toEqual(accepted);
      expect(await outcomeOf(report, { minimumTcb: { [product]: { ...own, [part]: Number.NaN } } })).toEqual(
        refused,
      );
    }
  });

  it('counts part by part: whatever is in the report, and whatever is asked', async () => {
    const octet = fc.nat(255);
    const tcb = fc.record({ fmc: octet, bootLoader: octet, tee: octet, snp: octet, microcode: octet });
    const octets = fc.uint8Array({ minLength: 8, maxLength: 8 });
    const report = await verifySnp(makeSnp({ product: 'turin' }));
    await fc.assert(
      fc.asyncProperty(tcb, octets, octets, async (turin, one, other) => {
        const fields = { reportedTcb: one, currentTcb: other, committedTcb: one, launchTcb: other };
        const found = await outcomeOf(
          { ...report, fields: { ...report.fields, ...fields } },
          { minimumTcb: { turin } },
        );
        const isEnough = [one, other]
          .map(each => tcbOf(each, 'turin'))
          .every(({ fmc, bootLoader, tee, snp, microcode }) =>
            [
              (fmc ?? 0) - turin.fmc,
              bootLoader - turin.bootLoader,
              tee - turin.tee,
              snp - turin.snp,
              microcode - turin.microcode,
            ].every(difference => difference >= 0),
          );
        expect(found['minimum-tcb']).toBe(isEnough ? 'pass' : 'snp/tcb-refused');
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['CURRENT_TCB', 0x38],
    ['COMMITTED_TCB', 0x1e0],
    ['LAUNCH_TCB', 0x1f0],
  ])('counts for the %s as well', async (field, at) => {
    const input = makeSnp({ edit: (_, bytes) => bytes.fill(1, at, at + 8) });
    const checks = await all(input, { minimumTcb: allOf });
    expect(checks.at(-1)).toMatchObject({
      name: 'minimum-tcb',
      status: 'fail',
      code: 'snp/tcb-refused',
      field,
    });
  });

  it('product lines that are not named are refused', async () => {
    const { turin } = allOf;
    expect(await outcome({ product: 'milan' }, { minimumTcb: { turin } })).toEqual({
      ...SAFE,
      'minimum-tcb': 'snp/product-refused',
    });
    expect(await outcome({ product: 'turin' }, { minimumTcb: { turin } })).toEqual(accepted);
  });
});

describe('a policy that asks for more', () => {
  const measured = new Uint8Array(48).fill(0x33);
  const other = new Uint8Array(48).fill(0x34);

  it.each([
    ['the one', [measured], 'pass'],
    ['one of several', [other, measured], 'pass'],
    ['another', [other], 'snp/measurement-refused'],
    ['the beginning of it', [measured.slice(1)], 'snp/measurement-refused'],
    ['none', [], 'snp/measurement-refused'],
  ])('measurement: %s', async (_, measurements, verdict) => {
    expect(await outcome({}, { measurements })).toEqual({ ...SAFE, measurement: verdict });
  });

  const whole = Uint8Array.from({ length: 64 }, (_, at) => 0x80 + at);

  it.each([
    ['all of it', whole, 'pass'],
    ['its beginning, with more behind', whole.slice(0, 32), 'snp/report-data-mismatch'],
    ['one byte too many', concat(whole, Uint8Array.of(0)), 'snp/report-data-mismatch'],
    ['another', whole.toReversed(), 'snp/report-data-mismatch'],
    ['nothing', new Uint8Array(), 'snp/report-data-mismatch'],
  ])('report data: %s', async (_, reportData, verdict) => {
    expect(await outcome({}, { reportData })).toEqual({ ...SAFE, 'report-data': verdict });
  });

  it('report data that is shorter has zeros behind it', async () => {
    const edit = (_: DataView, bytes: Uint8Array) => bytes.fill(0, 0x50, 0x90).set(utf8('nonce'), 0x50);
    expect(await outcome({ edit }, { reportData: utf8('nonce') })).toEqual({
      ...SAFE,
      'report-data': 'pass',
    });
    expect(await outcome({ edit }, { reportData: utf8('nonc') })).toMatchObject({
      'report-data': 'snp/report-data-mismatch',
    });
  });

  it('host data', async () => {
    const hostData = new Uint8Array(32).fill(0x44);
    expect(await outcome({}, { hostData })).toEqual({ ...SAFE, 'host-data': 'pass' });
    for (const wrong of [hostData.slice(1), concat(hostData, hostData), new Uint8Array(32)])
      expect(await outcome({}, { hostData: wrong })).toEqual({
        ...SAFE,
        'host-data': 'snp/host-data-mismatch',
      });
  });
});

describe('what nobody has signed', () => {
  it('is not judged: no check of the policy is made, let alone passed', async () => {
    const policy = {
      measurements: [new Uint8Array(48)],
      minimumTcb: {},
      reportData: utf8(''),
      hostData: utf8(''),
    };
    const unmade = 'evidence/prerequisite-failed';
    const expected = {
      debug: unmade,
      migration: unmade,
      vmpl: unmade,
      'minimum-tcb': unmade,
      measurement: unmade,
      'report-data': unmade,
      'host-data': unmade,
    };
    expect(await outcome({}, policy, { roots: [] })).toEqual(expected);
    const input = makeSnp();
    const checks = await all({ ...input, report: input.report.slice().fill(0, 0x2a0) }, policy);
    expect(checks.slice(-7).map(check => check.status)).toEqual(Array(7).fill('not-checked'));
    expect(decidingCode(checks)).toBe('snp/signature-invalid');
  });
});

describeGenuine('reports of AMD under the safe policy', () => {
  const asOf = Date.UTC(2026, 5, 1) / 1000;
  const vcek = (certificate: Uint8Array) => ({ kind: 'vcek', certificate }) as const;

  it.each(['milan', 'genoa', 'turin'])('%s: accepted', async product => {
    const [signer] = certificatesFromPem(genuineText(`sev-snp/${product}_vcek.pem`));
    const report = genuine(`sev-snp/${product}_attestation_report.bin`);
    const checks = await all({ report, signer: vcek(signer?.bytes ?? utf8('')), asOf });
    expect([statusOf(checks), decidingCode(checks)]).toEqual(['accepted', null]);
  });

  it('a guest that is debugged: refused for that alone', async () => {
    const input = {
      report: genuine('sev-snp/debug_report.bin'),
      signer: vcek(genuine('sev-snp/debug_vcek.der')),
      asOf,
    };
    const checks = await all(input);
    expect([statusOf(checks), decidingCode(checks)]).toEqual(['refused', 'snp/debug']);
    expect(checks.filter(({ status }) => status === 'fail')).toHaveLength(1);
  });
});
