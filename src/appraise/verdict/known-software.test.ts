import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { makeQuote } from '../../../test/support/evidence/dcap.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { verifyDcap } from '../../evidence/dcap/verify.js';
import { SAFE_DCAP_POLICY } from '../evidence/dcap-policy.js';
import { USUAL_POLICY } from '../kept/policy-text.js';
import { isReleased, type MachineReport, measurementsOf, namesSoftware } from './known-software.js';

const reportOf = async (quote: Uint8Array) =>
  (await verifyDcap({ quote, collateral: null, asOf: DURING })) as unknown as MachineReport;

describe('the software of evidence', () => {
  it('in a trust domain is firmware, kernel and start: a release that names fewer is of something else', async () => {
    const report = await reportOf(makeQuote());
    const measured = measurementsOf(report);
    expect(measured).toHaveLength(3);
    expect(isReleased(report, [{ measurements: measured }])).toBe(true);
    // Whoever runs the machine chooses the kernel that the firmware starts.
    for (const missing of measured)
      expect(
        isReleased(report, [{ measurements: measured.map(each => (each === missing ? '' : each)) }]),
      ).toBe(false);
    // Each half of it in another release is none.
    expect(
      isReleased(
        report,
        measured.map(each => ({ measurements: [each] })),
      ),
    ).toBe(false);
  });

  it('of an enclave is one measurement', async () => {
    const report = await reportOf(makeQuote({ form: 'sgx-3' }));
    const [enclave = '', ...more] = measurementsOf(report);
    expect(more).toEqual([]);
    expect(isReleased(report, [{ measurements: ['00', enclave] }])).toBe(true);
    expect(isReleased(report, [{ measurements: ['00'] }])).toBe(false);
  });

  it.each([
    [['mrTd'], false],
    [['mrTd', 'rtMr1'], false],
    [['mrTd', 'rtMr1', 'rtMr2'], true],
  ] as const)('a policy of trust domains with %j names it: %s', (names, isNamed) => {
    const measurements = Object.fromEntries(names.map(name => [name, [new Uint8Array(48)]]));
    const evidence = { ...USUAL_POLICY, tdx: { ...SAFE_DCAP_POLICY, measurements } };
    expect(namesSoftware('tdx', [], evidence)).toBe(isNamed);
  });

  it('is named by no policy that nobody has written', () => {
    for (const kind of ['nitro', 'sev-snp', 'tdx', 'sgx'] as const)
      expect(namesSoftware(kind, [], USUAL_POLICY)).toBe(false);
  });
});
