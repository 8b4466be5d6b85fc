import { describe, expect, it } from 'vitest';
import {
  AT,
  type CollateralChanges,
  HOUSE,
  makeCollateral,
  makePck,
  makeQuote,
  type QuoteChanges,
  ROOT,
  sgxExtension,
} from '../../../test/support/evidence/dcap.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { describeGenuine, genuine } from '../../../test/support/vectors.js';
import '../../shell/node.js';
import { verifyDcap } from '../../evidence/dcap/verify.js';
import { decidingCode, statusOf } from '../../evidence/report.js';
import type { ReasonCode } from '../../reason.js';
import {
  checkDcapPolicy,
  type DcapPolicy,
  type DcapPolicyCheckName,
  SAFE_DCAP_POLICY,
} from './dcap-policy.js';

async function judge(
  quote: QuoteChanges = {},
  policy: Partial<DcapPolicy> = {},
  collateral: CollateralChanges | null = {},
) {
  const tee = quote.form?.startsWith('sgx') === true ? 'sgx' : 'tdx';
  const report = await verifyDcap({
    quote: makeQuote(quote),
    collateral: collateral === null ? null : makeCollateral({ tee, ...collateral }),
    asOf: DURING,
    roots: [ROOT],
  });
  return checkDcapPolicy(report, { ...SAFE_DCAP_POLICY, ...policy });
}

const ofPlatform = (pceSvn: number): QuoteChanges => ({
  chain: [makePck({ sgx: sgxExtension({ pceSvn }) }), HOUSE.authority, HOUSE.root],
});
const OLD = ofPlatform(12);
const tdAttribute = (byte: number, value: number, form: QuoteChanges['form'] = 'tdx-4'): QuoteChanges => ({
  form,
  body: body => body.fill(value, AT.td.tdAttributes + byte, AT.td.tdAttributes + byte + 1),
});
const enclaveFlags = (value: number): QuoteChanges => ({
  form: 'sgx-3',
  body: body => body.fill(value, AT.enclave.attributes, AT.enclave.attributes + 1),
});
const filled = (length: number, value: number) => new Uint8Array(length).fill(value);
const ADVISORIES = ['INTEL-SA-00837', 'INTEL-SA-01036'];
const LEVEL_DATE = Date.UTC(2024, 2, 13) / 1000;

/** Refused by that one check, with that code. */
const REFUSED: readonly {
  readonly check: DcapPolicyCheckName;
  readonly code: ReasonCode;
  readonly how: string;
  readonly quote: QuoteChanges;
  readonly policy?: Partial<DcapPolicy>;
}[] = [
  {
    check: 'tcb-status',
    code: 'quote/tcb-status-refused',
    how: 'out of date, whatever advisories may be open',
    quote: OLD,
    policy: { advisories: null },
  },
  {
    check: 'tcb-advisories',
    code: 'quote/advisory-open',
    how: 'out of date, which is accepted, with an advisory that is not',
    quote: OLD,
    policy: { statuses: ['OutOfDate'], advisories: ['INTEL-SA-00837'] },
  },
  {
    check: 'tcb-date',
    code: 'quote/tcb-date-early',
    how: 'fixes of the next second are missing',
    quote: OLD,
    policy: { statuses: ['OutOfDate'], advisories: null, minimumTcbDate: LEVEL_DATE + 1 },
  },
  ...[0x01, 0x02, 0x10, 0x80].map(value => ({
    check: 'debug' as const,
    code: 'quote/debug' as const,
    how: `a trust domain under debugging (${value})`,
    quote: tdAttribute(0, value),
  })),
  { check: 'debug', code: 'quote/debug', how: 'an enclave for debugging', quote: enclaveFlags(0x17) },
  {
    check: 'migration',
    code: 'tdx/migration-possible',
    how: 'it may be moved',
    quote: tdAttribute(3, 0x30),
  },
  {
    check: 'migration',
    code: 'tdx/migration-possible',
    how: 'a service may move it',
    quote: { form: 'tdx-5-1.5', body: body => body.fill(1, AT.td.mrServiceTd + 47) },
  },
  {
    check: 'memory-exceptions',
    code: 'tdx/memory-exceptions-possible',
    how: 'SEPT_VE_DISABLE is not set',
    quote: tdAttribute(3, 0),
  },
  {
    check: 'measurements',
    code: 'quote/measurement-refused',
    how: 'another trust domain',
    quote: {},
    policy: { measurements: { mrTd: [filled(48, 0xd1), filled(32, 0xd0)] } },
  },
  ...(['rtMr0', 'rtMr1', 'rtMr2', 'rtMr3', 'mrSeam', 'mrConfigId', 'mrOwner', 'mrOwnerConfig'] as const).map(
    name => ({
      check: 'measurements' as const,
      code: 'quote/measurement-refused' as const,
      how: `another ${name}`,
      quote: {},
      policy: { measurements: { [name]: [filled(48, 0x77)] } },
    }),
  ),
  {
    check: 'measurements',
    code: 'quote/measurement-refused',
    how: 'nothing is allowed',
    quote: {},
    policy: { measurements: { mrTd: [] } },
  },
  ...(['mrEnclave', 'mrSigner'] as const).map(name => ({
    check: 'measurements' as const,
    code: 'quote/measurement-refused' as const,
    how: `another ${name}`,
    quote: { form: 'sgx-3' as const },
    policy: { measurements: { [name]: [filled(32, 0x77)] } },
  })),
  {
    check: 'measurements',
    code: 'quote/measurement-refused',
    how: 'a measurement that a trust domain does not have',
    quote: {},
    policy: { measurements: { mrEnclave: [filled(32, 0xae)] } },
  },
  {
    check: 'report-data',
    code: 'quote/report-data-mismatch',
    how: 'another conversation',
    quote: {},
    policy: { reportData: filled(64, 0x0e) },
  },
  {
    check: 'report-data',
    code: 'quote/report-data-mismatch',
    how: 'something behind what was demanded',
    quote: {},
    policy: { reportData: filled(63, 0x0d) },
  },
  {
    check: 'report-data',
    code: 'quote/report-data-mismatch',
    how: 'more than there is room for',
    quote: {},
    policy: { reportData: filled(65, 0x0d) },
  },
];

describe('a policy refuses', () => {
  it.each(REFUSED)('$check: $code: $how', async ({ check, code, quote, policy }) => {
    const checks = await judge(quote, policy);
    expect(checks.filter(({ status }) => status !== 'pass').map(({ name }) => name)).toEqual([check]);
    expect(decidingCode(checks)).toBe(code);
  });
});

describe('a policy accepts', () => {
  it.each<[string, QuoteChanges, Partial<DcapPolicy>]>([
    ['a trust domain, by default', {}, {}],
    ['a trust domain of 1.5, by default', { form: 'tdx-5-1.5' }, {}],
    ['an enclave, by default', { form: 'sgx-3' }, {}],
    [
      'what is out of date, with its advisories looked at',
      OLD,
      { statuses: ['OutOfDate'], advisories: ADVISORIES },
    ],
    [
      'what is out of date, with any advisory',
      OLD,
      { statuses: ['UpToDate', 'OutOfDate'], advisories: null },
    ],
    [
      'fixes of that very day',
      OLD,
      { statuses: ['OutOfDate'], advisories: null, minimumTcbDate: LEVEL_DATE },
    ],
    ['what may be moved', tdAttribute(3, 0x30), { migration: true }],
    ['a guest that expects exceptions', tdAttribute(3, 0), { memoryExceptions: true }],
    [
      'allowed measurements, one of several each',
      {},
      {
        measurements: {
          mrTd: [filled(48, 1), filled(48, 0xd0)],
          rtMr0: [filled(48, 0xa0)],
          rtMr1: [filled(48, 0xa1)],
          rtMr2: [filled(48, 0xa2)],
          rtMr3: [filled(48, 0xa3)],
          mrSeam: [filled(48, 0x5e)],
          mrConfigId: [filled(48, 0)],
          mrOwner: [filled(48, 0)],
          mrOwnerConfig: [filled(48, 0)],
        },
      },
    ],
    [
      'an allowed enclave',
      { form: 'sgx-5' },
      { measurements: { mrEnclave: [filled(32, 0xae)], mrSigner: [filled(32, 0x22)] } },
    ],
    ['the report data', {}, { reportData: filled(64, 0x0d) }],
    [
      'a digest as report data, with zeros behind it',
      { body: body => body.fill(0, AT.td.reportData + 32) },
      { reportData: filled(32, 0x0d) },
    ],
  ])('%s', async (_what, quote, policy) => {
    expect(statusOf(await judge(quote, policy))).toBe('accepted');
  });
});

describe('a policy without what it needs', () => {
  it('is inconclusive about the TCB without collateral, and still says the rest', async () => {
    const checks = await judge({}, { minimumTcbDate: 1 }, null);
    expect(statusOf(checks)).toBe('inconclusive');
    expect(decidingCode(checks)).toBe('collateral/missing');
    expect(checks.filter(({ status }) => status === 'pass').map(({ name }) => name)).toEqual([
      'debug',
      'migration',
      'memory-exceptions',
    ]);
    expect(statusOf(await judge(tdAttribute(0, 1), {}, null))).toBe('refused');
  });

  it('says nothing of a quote that was refused', async () => {
    const checks = await judge(
      { vendor: new Uint8Array(16) },
      { minimumTcbDate: 1, reportData: filled(64, 0x0d) },
    );
    expect(checks).toHaveLength(7);
    for (const check of checks)
      expect(check).toMatchObject({ status: 'not-checked', code: 'evidence/prerequisite-failed' });
  });

  it('accepts no platform below all levels, even where it accepts what is out of date', async () => {
    const checks = await judge(ofPlatform(1), { statuses: ['OutOfDate'], advisories: null });
    expect(statusOf(checks)).toBe('inconclusive');
    expect(decidingCode(checks)).toBe('evidence/prerequisite-failed');
  });

  it('accepts no revoked platform, whatever it says', async () => {
    const revoked: CollateralChanges = {
      tcbInfo: info => {
        info.tcbLevels[0].tcbStatus = 'Revoked';
      },
    };
    const statuses = ['UpToDate', 'OutOfDate', 'Revoked'] as unknown as DcapPolicy['statuses'];
    expect(decidingCode(await judge({}, { statuses }, revoked))).toBe('quote/tcb-status-refused');
  });
});

describeGenuine('genuine quotes under the safe policy', () => {
  const judgeGenuine = async (name: string, policy: Partial<DcapPolicy> = {}) => {
    const report = await verifyDcap({
      quote: genuine(`tdx/${name}`),
      collateral: genuine(`tdx/${name}_collateral.json`),
      asOf: Date.UTC(2025, 6, 1) / 1000,
    });
    return checkDcapPolicy(report, { ...SAFE_DCAP_POLICY, ...policy });
  };

  it('tdx_quote is accepted', async () => {
    expect(statusOf(await judgeGenuine('tdx_quote'))).toBe('accepted');
  });

  it('sgx_quote is refused for its status, and accepted by who has looked into its advisories', async () => {
    expect(decidingCode(await judgeGenuine('sgx_quote'))).toBe('quote/tcb-status-refused');
    const checks = await judgeGenuine('sgx_quote', {
      statuses: ['ConfigurationAndSWHardeningNeeded'],
      advisories: ['INTEL-SA-00289', 'INTEL-SA-00615'],
    });
    expect(statusOf(checks)).toBe('accepted');
  });
});
