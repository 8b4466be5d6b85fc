import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AT,
  type CollateralChanges,
  chainOf,
  FORMS,
  type Form,
  HOUSE,
  ISSUED,
  type Loose,
  makeCollateral,
  makePck,
  makeQuote,
  NEIGHBOUR,
  NEXT_UPDATE,
  OTHER_KEYS,
  type QuoteChanges,
  ROOT,
  STRANGER,
  sgxExtension,
} from '../../../test/support/evidence/dcap.js';
import {
  BEGIN,
  DURING,
  END,
  extension,
  keyUsage,
  makeAuthority,
  makeCertificate,
  makeRevocationList,
  pem,
  pinned,
} from '../../../test/support/evidence/x509-maker.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { install, portable, sha256 } from '../../bytes/cryptography.js';
import { utf8 } from '../../bytes/octets.js';
import type { ReasonCode } from '../../reason.js';
import { nodeCryptography } from '../../shell/node.js';
import { decidingCode, type EvidenceCheck, statusOf } from '../report.js';
import { DCAP_CHECKS, type DcapCheckName } from './checklist.js';
import { SGX_EXTENSION } from './pck.js';
import { INTEL_ROOTS } from './roots.js';
import { type DcapReport, verifyDcap } from './verify.js';

const DOCUMENTS = keyUsage('digitalSignature');
const teeOf = (form: Form | undefined) => (form?.startsWith('sgx') === true ? 'sgx' : 'tdx');

function verify(
  quote: QuoteChanges = {},
  collateral: CollateralChanges | null = {},
  asOf = DURING,
): Promise<DcapReport> {
  return verifyDcap({
    quote: makeQuote(quote),
    collateral: collateral === null ? null : makeCollateral({ tee: teeOf(quote.form), ...collateral }),
    asOf,
    roots: [ROOT],
  });
}

const failed = ({ checks }: DcapReport) =>
  checks.filter(({ status }) => status === 'fail').map(({ name }) => name);
const codeOf = (check: EvidenceCheck | undefined) =>
  check === undefined || check.status === 'pass' ? null : check.code;

/** One document that fails that one check, with that code. What rests on it is not checked; all else passes. */
type Row = readonly [
  check: DcapCheckName,
  code: ReasonCode,
  how: string,
  quote: QuoteChanges,
  collateral?: CollateralChanges,
];

const { root, authority, processor, signer } = HOUSE;
const under = (leaf: typeof processor) => ({ chain: [leaf, authority, root] });
const signerUnder = (options: Parameters<typeof makeCertificate>[0]) =>
  makeCertificate({ type: 'P-256', issuer: root, extensions: [DOCUMENTS], keys: signer.keys, ...options });
const revoked = (serial: number) => ({ revoked: [{ serial, at: ISSUED }] });

const ROWS: readonly Row[] = [
  ['vendor', 'quote/vendor-unknown', 'another maker', { vendor: new Uint8Array(16).fill(1) }],
  ['quote-signature', 'quote/signature-invalid', 'by another key', { quoteSigner: OTHER_KEYS }],
  [
    'quote-signature',
    'quote/signature-invalid',
    'a key that is no point of the curve',
    { attestationKey: new Uint8Array(64).fill(7) },
  ],
  [
    'attestation-key',
    'quote/key-unbound',
    'a report about another key',
    { qeReport: report => report.fill(9, AT.enclave.reportData, AT.enclave.reportData + 32) },
  ],
  [
    'attestation-key',
    'quote/key-unbound',
    'something behind the digest',
    { qeReport: report => report.fill(9, AT.enclave.reportData + 63) },
  ],
  [
    'pck-chain',
    'quote/certification-unsupported',
    'an encrypted processor identity in place of certificates',
    { certification: { type: 3, data: new Uint8Array(404) } },
  ],
  [
    'pck-chain',
    'certificate/root-unknown',
    'a root that is not pinned',
    { chain: [STRANGER.processor, STRANGER.authority, STRANGER.root] },
  ],
  [
    'pck-chain',
    'certificate/signature-invalid',
    'a processor that another authority has certified',
    { chain: [NEIGHBOUR.processor, authority, root] },
  ],
  ['pck-chain', 'quote/role-mismatch', 'two certificates', { chain: [makePck({ issuer: root }), root] }],
  ['pck-chain', 'quote/role-mismatch', 'four certificates', { chain: [processor, authority, root, root] }],
  [
    'pck-chain',
    'certificate/malformed',
    'bytes that are no text',
    { certification: { data: new Uint8Array(100).fill(0xff) } },
  ],
  ['pck-chain', 'certificate/malformed', 'an empty text', { certification: { data: new Uint8Array() } }],
  [
    'pck-chain',
    'certificate/chain-too-long',
    'a hundred certificates',
    { certification: { data: utf8(chainOf(processor).repeat(16)) } },
  ],
  [
    'pck-chain',
    'quote/role-mismatch',
    'the certificate of whoever signs TCB info',
    under(makePck({ subject: 'Intel SGX TCB Signing' })),
  ],
  [
    'pck-chain',
    'quote/role-mismatch',
    'a key that may not sign documents',
    under(makePck({ extensions: [keyUsage('keyAgreement'), extension(SGX_EXTENSION, sgxExtension())] })),
  ],
  [
    'pck-chain',
    'quote/role-mismatch',
    'a processor that is an authority',
    under(
      makeAuthority({
        subject: 'Intel SGX PCK Certificate',
        issuer: authority,
        type: 'P-256',
        extensions: [
          extension('2.5.29.19', Uint8Array.of(0x30, 3, 1, 1, 0xff)),
          extension(SGX_EXTENSION, sgxExtension()),
        ],
      }),
    ),
  ],
  ['pck-chain', 'certificate/expired', 'a certificate from before', under(makePck({ notAfter: DURING - 1 }))],
  [
    'pck-chain',
    'certificate/not-yet-valid',
    'a certificate from later',
    under(makePck({ notBefore: DURING + 1 })),
  ],
  [
    'pck-chain',
    'certificate/extension-unknown',
    'a critical extension that nobody knows',
    under(makePck({ extensions: [DOCUMENTS, extension('1.2.3', new Uint8Array(), true)] })),
  ],
  ['qe-report-signature', 'quote/qe-signature-invalid', 'by another key', { qeReportSigner: OTHER_KEYS }],
  ['pck-certificate', 'quote/pck-malformed', 'it says nothing', under(makePck({ sgx: null }))],
  ['pck-certificate', 'quote/pck-malformed', 'no DER', under(makePck({ sgx: Uint8Array.of(0x30, 0x80) }))],

  ...(['tcb-info', 'qe-identity'] as const).flatMap((name): Row[] => {
    const isInfo = name === 'tcb-info';
    const chain = (text: string) => (isInfo ? { tcbInfoChain: text } : { qeIdentityChain: text });
    const json = (change: (value: Loose) => void) => (isInfo ? { tcbInfo: change } : { qeIdentity: change });
    const text = (change: (text: string) => string) =>
      isInfo ? { tcbInfoText: change } : { qeIdentityText: change };
    return [
      [
        `${name}-chain`,
        'certificate/root-unknown',
        'a root that is not pinned',
        {},
        chain(chainOf(STRANGER.signer, STRANGER.root)),
      ],
      [`${name}-chain`, 'certificate/malformed', 'no certificates', {}, chain('')],
      [`${name}-chain`, 'quote/role-mismatch', 'a root alone', {}, chain(chainOf(root))],
      [
        `${name}-chain`,
        'quote/role-mismatch',
        "a processor's chain",
        {},
        chain(chainOf(processor, authority, root)),
      ],
      [
        `${name}-chain`,
        'quote/role-mismatch',
        'a certificate for something else',
        {},
        chain(chainOf(signerUnder({ subject: 'Intel SGX PCK Certificate' }), root)),
      ],
      [
        `${name}-chain`,
        'quote/role-mismatch',
        'a key that may not sign documents',
        {},
        chain(
          chainOf(signerUnder({ subject: 'Intel SGX TCB Signing', extensions: [keyUsage('cRLSign')] }), root),
        ),
      ],
      [
        `${name}-chain`,
        'certificate/expired',
        'a certificate from before',
        {},
        chain(chainOf(signerUnder({ subject: 'Intel SGX TCB Signing', notAfter: DURING - 1 }), root)),
      ],
      [
        `${name}-signature`,
        isInfo ? 'collateral/tcb-info-signature-invalid' : 'collateral/qe-identity-signature-invalid',
        'by another key',
        {},
        isInfo ? { tcbInfoSigner: OTHER_KEYS } : { qeIdentitySigner: OTHER_KEYS },
      ],
      [
        `${name}-signature`,
        isInfo ? 'collateral/tcb-info-signature-invalid' : 'collateral/qe-identity-signature-invalid',
        'reformatted after it was signed',
        {},
        {
          members: members => {
            const member = isInfo ? 'tcb_info' : 'qe_identity';
            members[member] = JSON.stringify(JSON.parse(members[member] as string), null, 1);
          },
        },
      ],
      [
        `${name}-content`,
        isInfo ? 'collateral/tcb-info-malformed' : 'collateral/qe-identity-malformed',
        'signed, but no JSON',
        {},
        text(() => 'TCB'),
      ],
      [
        `${name}-time`,
        isInfo ? 'collateral/tcb-info-not-yet-valid' : 'collateral/qe-identity-not-yet-valid',
        'from later',
        {},
        json(value => {
          value.issueDate = new Date((DURING + 1) * 1000).toISOString().replace('.000', '');
        }),
      ],
      [
        `${name}-time`,
        isInfo ? 'collateral/tcb-info-expired' : 'collateral/qe-identity-expired',
        'from before',
        {},
        json(value => {
          value.nextUpdate = new Date((DURING - 1) * 1000).toISOString().replace('.000', '');
        }),
      ],
    ];
  }),

  [
    'revocation-chain',
    'collateral/revocation-chain-mismatch',
    'another authority of the same root',
    {},
    { pckCrlChain: chainOf(NEIGHBOUR.authority, root) },
  ],
  [
    'revocation-chain',
    'certificate/root-unknown',
    'the same authority, certified by another root',
    {},
    {
      pckCrlChain: chainOf(
        makeAuthority({ subject: 'Intel SGX PCK Platform CA', keys: authority.keys, issuer: STRANGER.root }),
        STRANGER.root,
      ),
    },
  ],
  ['revocation-chain', 'certificate/malformed', 'no certificates', {}, { pckCrlChain: 'none' }],
  ['pck-revocation', 'certificate/revoked', 'this processor is on it', {}, { pckCrl: revoked(3) }],
  ['pck-revocation', 'revocation/expired', 'a list from before', {}, { pckCrl: { nextUpdate: DURING - 1 } }],
  [
    'pck-revocation',
    'revocation/not-yet-valid',
    'a list from later',
    {},
    { pckCrl: { thisUpdate: DURING + 1 } },
  ],
  [
    'pck-revocation',
    'revocation/issuer-mismatch',
    "the root's list",
    {},
    { pckCrl: makeRevocationList({ issuer: root }) },
  ],
  [
    'pck-revocation',
    'revocation/signature-invalid',
    'by another key',
    {},
    { pckCrl: { issuer: { name: authority.name, keys: OTHER_KEYS } } },
  ],
  ['pck-revocation', 'revocation/malformed', 'no list', {}, { pckCrl: Uint8Array.of(0x30, 0) }],
  ['authority-revocation', 'certificate/revoked', 'this authority is on it', {}, { rootCrl: revoked(2) }],
  ['signer-revocation', 'certificate/revoked', 'who signs TCB info is on it', {}, { rootCrl: revoked(4) }],

  [
    'tcb-info-platform',
    'collateral/tcb-info-mismatch',
    'TCB info for SGX',
    {},
    { tcbInfoText: () => sgxInfoText },
  ],
  [
    'tcb-info-platform',
    'collateral/tcb-info-mismatch',
    'of another kind of platform',
    {},
    {
      tcbInfo: info => {
        info.fmspc = '00906ED50000';
      },
    },
  ],
  [
    'tcb-info-platform',
    'collateral/tcb-info-mismatch',
    'of another PCE',
    {},
    {
      tcbInfo: info => {
        info.pceId = '0001';
      },
    },
  ],
  [
    'quoting-enclave',
    'collateral/qe-identity-mismatch',
    'the identity for SGX',
    {},
    {
      qeIdentity: identity => {
        identity.id = 'QE';
      },
    },
  ],
  [
    'quoting-enclave',
    'quote/qe-signer-mismatch',
    'an enclave of somebody else',
    { qeReport: report => report.fill(1, AT.enclave.mrSigner, AT.enclave.mrSigner + 32) },
  ],
  [
    'quoting-enclave',
    'quote/qe-product-mismatch',
    'another enclave of Intel',
    { qeReport: report => report.fill(1, AT.enclave.isvProdId, AT.enclave.isvProdId + 1) },
  ],
  [
    'quoting-enclave',
    'quote/qe-attributes-mismatch',
    'a quoting enclave for debugging',
    { qeReport: report => report.fill(0x17, AT.enclave.attributes, AT.enclave.attributes + 1) },
  ],
  [
    'quoting-enclave',
    'quote/qe-miscselect-mismatch',
    'other features',
    { qeReport: report => report.fill(1, AT.enclave.miscSelect, AT.enclave.miscSelect + 1) },
  ],
  [
    'tcb-level',
    'quote/tcb-unsupported',
    'a component below all levels',
    under(makePck({ sgx: sgxExtension({ components: [1, 3, 2, 2, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0] }) })),
  ],
  [
    'tcb-level',
    'quote/tcb-unsupported',
    'a PCE below all levels',
    under(makePck({ sgx: sgxExtension({ pceSvn: 10 }) })),
  ],
  [
    'tcb-level',
    'quote/tcb-unsupported',
    'microcode for TDX below all levels',
    { body: body => body.fill(1, AT.td.teeTcbSvn + 2, AT.td.teeTcbSvn + 3) },
  ],
  [
    'qe-level',
    'quote/qe-tcb-unsupported',
    'below all levels',
    { qeReport: report => report.fill(5, AT.enclave.isvSvn, AT.enclave.isvSvn + 1) },
  ],
  [
    'tdx-module',
    'tdx/module-unknown',
    'a version that Intel has not published',
    { body: body => body.fill(2, AT.td.teeTcbSvn + 1, AT.td.teeTcbSvn + 2) },
  ],
  [
    'tdx-module',
    'tdx/module-signer-mismatch',
    'a module of somebody else',
    { body: body => body.fill(1, AT.td.mrSignerSeam, AT.td.mrSignerSeam + 1) },
  ],
  [
    'tdx-module',
    'tdx/module-attributes-mismatch',
    'a module for debugging',
    { body: body => body.fill(1, AT.td.seamAttributes, AT.td.seamAttributes + 1) },
  ],
  [
    'tdx-module-level',
    'tdx/module-tcb-unsupported',
    'below all levels',
    { body: body => body.fill(3, AT.td.teeTcbSvn, AT.td.teeTcbSvn + 1) },
  ],
];

/** The text of TCB info for SGX of the same platform. */
const sgxInfoText = (JSON.parse(new TextDecoder().decode(makeCollateral({ tee: 'sgx' }))) as Loose).tcb_info;

describe('a quote that is right in every way', () => {
  it.each(FORMS)('%s: is accepted, with every check made once and in order', async form => {
    const report = await verify({ form });
    expect(statusOf(report.checks)).toBe('accepted');
    const names = DCAP_CHECKS.filter(name => form.startsWith('tdx') || !name.startsWith('tdx'));
    expect(report.checks.map(({ name }) => name)).toEqual(names);
    expect(report.kind).toBe(teeOf(form));
    expect(report.fields.tcb).toMatchObject({ status: 'UpToDate', advisories: [] });
    expect(report.fields.nextUpdate).toBe(NEXT_UPDATE);
    expect(report.root).toEqual({ name: ROOT.name, simulated: false });
  });

  it.each(FORMS)(
    '%s: without collateral its chain is checked, and nothing is said of its TCB',
    async form => {
      const report = await verify({ form }, null);
      expect(statusOf(report.checks)).toBe('inconclusive');
      expect(decidingCode(report.checks)).toBe('collateral/missing');
      const made = report.checks.filter(({ status }) => status === 'pass').map(({ name }) => name);
      expect(made).toEqual(DCAP_CHECKS.slice(0, 6));
      expect(report.checks.slice(6).map(codeOf)).toEqual(
        report.checks.slice(6).map(() => 'collateral/missing'),
      );
      expect(report.fields).toMatchObject({ tcb: null, nextUpdate: null });
    },
  );

  it("is nothing under Intel's root", async () => {
    const report = await verifyDcap({ quote: makeQuote(), collateral: makeCollateral(), asOf: DURING });
    expect(failed(report)).toEqual(['pck-chain', 'tcb-info-chain', 'qe-identity-chain']);
    expect(decidingCode(report.checks)).toBe('certificate/root-unknown');
    expect(report.root).toBeNull();
  });

  it('is identified by what the attestation key has signed, whatever else is in it', async () => {
    const [one, other] = [
      await verify({}),
      await verify({ authData: new Uint8Array(3), trailing: new Uint8Array(9) }),
    ];
    expect(one.signedRegion).toEqual(sha256(makeQuote().slice(0, 632)));
    expect(other.signedRegion).toEqual(one.signedRegion);
    expect(other.whole).not.toEqual(one.whole);
    expect(statusOf(other.checks)).toBe('accepted');
  });

  it('may be of a Processor CA, and have a list from a certificate of the authority that was renewed', async () => {
    const ca = makeAuthority({
      subject: 'Intel SGX PCK Processor CA',
      type: 'P-256',
      issuer: root,
      serial: 7,
    });
    const renewed = makeAuthority({
      subject: 'Intel SGX PCK Processor CA',
      keys: ca.keys,
      issuer: root,
      serial: 8,
    });
    const report = await verify(
      { chain: [makePck({}, ca), ca, root] },
      { pckCrl: { issuer: ca }, pckCrlChain: chainOf(renewed, root) },
    );
    expect(failed(report)).toEqual([]);
  });

  it('says which root it leads to', async () => {
    const quote = makeQuote({ chain: [STRANGER.processor, STRANGER.authority, STRANGER.root] });
    const stranger = pinned(STRANGER.root, 'the stranger');
    const report = await verifyDcap({ quote, collateral: null, asOf: DURING, roots: [ROOT, stranger] });
    expect(report.root).toEqual({ name: 'the stranger', simulated: false });
  });

  it('takes no collateral of another root, though both are pinned', async () => {
    const quote = makeQuote({ chain: [STRANGER.processor, STRANGER.authority, STRANGER.root] });
    const roots = [ROOT, pinned(STRANGER.root, 'the stranger')];
    const report = await verifyDcap({ quote, collateral: makeCollateral(), asOf: DURING, roots });
    expect(failed(report).slice(0, 2)).toEqual(['tcb-info-chain', 'qe-identity-chain']);
    expect(report.fields.tcb).toBeNull();
  });
});

describe('each check has a document that fails it alone', () => {
  const rows = ROWS.map(([check, code, how, quote, collateral]) => ({ check, code, how, quote, collateral }));
  it.each(rows)('$check: $code: $how', async ({ check, code, quote, collateral }) => {
    const report = await verify(quote, collateral);
    expect(failed(report)).toEqual([check]);
    expect(codeOf(report.checks.find(({ name }) => name === check))).toBe(code);
    expect(statusOf(report.checks)).toBe('refused');
    const unmade = report.checks.filter(({ status }) => status === 'not-checked');
    expect(new Set(unmade.map(codeOf))).toEqual(
      new Set(unmade.length > 0 ? ['evidence/prerequisite-failed'] : []),
    );
  });

  it('and goes on after one has failed: with two wrongs at once no third check fails', async () => {
    const inQuote = ROWS.filter(([, , , quote]) => Object.keys(quote).length > 0);
    const inCollateral = ROWS.filter(([, , , , collateral]) => collateral !== undefined);
    const place = (rows: readonly Row[]) => fc.nat({ max: rows.length - 1 });
    await fc.assert(
      fc.asyncProperty(place(inQuote), place(inCollateral), async (i, j) => {
        const [one, other] = [inQuote[i], inCollateral[j]] as readonly [Row, Row];
        const { checks } = await verify(one[3], other[4]);
        // What rests on the other wrong is not checked: neither passes.
        const wrongs = [one[0], other[0]];
        for (const { name, status } of checks)
          if (wrongs.includes(name)) expect(status).not.toBe('pass');
          else expect(status).not.toBe('fail');
        expect(statusOf(checks)).toBe('refused');
      }),
      { numRuns: thorough(300, 25) },
    );
  });

  it('whichever library verifies the signatures', async () => {
    try {
      install(portable);
      for (const [check, code, , quote, collateral] of ROWS.filter((_, i) => i % thorough(1, 9) === 0)) {
        const report = await verify(quote, collateral ?? {});
        expect([failed(report), decidingCode(report.checks)]).toEqual([[check], code]);
      }
    } finally {
      install(nodeCryptography);
    }
  });

  it('there is one for every check', () => {
    expect(new Set(ROWS.map(([check]) => check))).toEqual(new Set(DCAP_CHECKS));
  });
});

describe('time', () => {
  it.each([
    ['before everything', BEGIN - 1, 'certificate/not-yet-valid'],
    ['before the collateral', ISSUED - 1, 'collateral/tcb-info-not-yet-valid'],
    ['in its first second', ISSUED, null],
    ['in its last second', NEXT_UPDATE, null],
    ['after the collateral', NEXT_UPDATE + 1, 'collateral/tcb-info-expired'],
    ['after everything', END + 1, 'certificate/expired'],
  ])('%s', async (_when, asOf, code) => {
    expect(decidingCode((await verify({}, {}, asOf)).checks)).toBe(code);
  });

  it('what the TCB was at the time of collateral from before is still said', async () => {
    const { fields } = await verify({}, {}, NEXT_UPDATE + 1);
    expect(fields.tcb?.status).toBe('UpToDate');
    expect(fields.nextUpdate).toBe(NEXT_UPDATE);
  });
});

describe('what rests on something that could not be believed', () => {
  it("is not checked: nothing of a platform whose certificate is a stranger's", async () => {
    const report = await verify({ chain: [STRANGER.processor, STRANGER.authority, STRANGER.root] });
    expect(report.fields).toMatchObject({ platform: null, tcb: null, nextUpdate: null });
    expect(report.checks.filter(({ status }) => status === 'not-checked').map(({ name }) => name)).toEqual([
      'pck-certificate',
      'revocation-chain',
      'pck-revocation',
      'authority-revocation',
      'tcb-info-platform',
      'tcb-level',
      'tdx-module',
      'tdx-module-level',
    ]);
  });

  it('JSON that Intel has not signed is not read at all', async () => {
    const hostile = '['.repeat(100_000);
    const report = await verify({}, { tcbInfoSigner: OTHER_KEYS, tcbInfoText: () => hostile });
    expect(failed(report)).toEqual(['tcb-info-signature']);
  });
});

describe('the TCB of the whole', () => {
  it('is out of date with the platform, and names the advisories of all parts', async () => {
    const { fields } = await verify({
      ...under(makePck({ sgx: sgxExtension({ pceSvn: 12 }) })),
      body: body => body.fill(4, AT.td.teeTcbSvn, AT.td.teeTcbSvn + 1),
      qeReport: report => report.fill(7, AT.enclave.isvSvn, AT.enclave.isvSvn + 1),
    });
    expect(fields.tcb).toMatchObject({
      status: 'OutOfDate',
      date: Date.UTC(2021, 10, 10) / 1000,
      advisories: ['INTEL-SA-00615', 'INTEL-SA-00837', 'INTEL-SA-01036', 'INTEL-SA-01099'],
    });
  });

  it.each([
    ['the platform', under(makePck({ sgx: sgxExtension({ pceSvn: 1 }) })), 'platform'],
    [
      'the quoting enclave',
      { qeReport: (r: Uint8Array) => r.fill(0, AT.enclave.isvSvn, AT.enclave.isvSvn + 1) },
      'quotingEnclave',
    ],
    ['the module', { body: (b: Uint8Array) => b.fill(0, 0, 1) }, 'module'],
  ] as const)('is out of date, with no date, where %s is below all levels', async (_what, quote, part) => {
    const { fields } = await verify(quote);
    expect(fields.tcb).toMatchObject({ status: 'OutOfDate', date: null });
    expect(fields.tcb?.[part]).toEqual({ status: 'OutOfDate', date: null, advisories: [] });
  });

  it('of the first version of the module is judged with the platform', async () => {
    const { checks, fields } = await verify({ body: body => body.fill(0, 1, 2) });
    expect(statusOf(checks)).toBe('accepted');
    expect(fields.tcb).toMatchObject({ status: 'UpToDate', module: null });
  });

  it('advises to start a trust domain again where only its module was old', async () => {
    const { checks, fields } = await verify({
      form: 'tdx-5-1.5',
      body: body => body.fill(5, AT.td.teeTcbSvn, AT.td.teeTcbSvn + 1),
    });
    expect(statusOf(checks)).toBe('accepted');
    expect(fields.tcb?.status).toBe('TDRelaunchAdvised');
  });
});

describe('the root', () => {
  it('that is pinned is one, and never simulated', () => {
    expect(INTEL_ROOTS.map(({ name, simulated }) => ({ name, simulated }))).toEqual([
      { name: 'Intel SGX Root CA', simulated: undefined },
    ]);
  });

  it('counts by its key: a certificate of the same name does not', async () => {
    const impostor = makeAuthority({ subject: 'Intel SGX Root CA', type: 'P-256' });
    const report = await verify({}, { tcbInfoChain: pem(signer.certificate, impostor.certificate) });
    expect(failed(report)).toEqual(['tcb-info-chain']);
  });
});
