import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  makeSnp,
  type SnpOptions,
  snpPki,
  snpTestRoots,
  tcbOctets,
} from '../../../test/support/evidence/snp.js';
import {
  BEGIN,
  DURING,
  extension,
  keyUsage,
  makeAuthority,
  makeRevocationList,
  pinned,
  testKeys,
} from '../../../test/support/evidence/x509-maker.js';
import { describeGenuine, genuine, genuineText } from '../../../test/support/vectors.js';
import { install, portable, sha256 } from '../../bytes/cryptography.js';
import { DER } from '../../bytes/der.js';
import { element, integer, text } from '../../bytes/der-writer.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { nodeCryptography } from '../../shell/node.js';
import { decidingCode, statusOf } from '../report.js';
import { certificatesFromPem } from '../x509/pem.js';
import { type SnpInput, type SnpReport, verifySnp } from './verify.js';

/** Each check with its code, or as passed. */
const outcome = ({ checks }: SnpReport) =>
  Object.fromEntries(checks.map(check => [check.name, check.status === 'pass' ? 'pass' : check.code]));

const UNMADE = 'evidence/prerequisite-failed';
const PASS = {
  chain: 'pass',
  signature: 'pass',
  'signing-key': 'pass',
  product: 'pass',
  tcb: 'pass',
  chip: 'pass',
  revocation: 'snp/revocation-unknown',
};
const { chip: _, ...PASS_OF_CLOUD } = PASS;
const WITHOUT_GROUND = { 'signing-key': UNMADE, product: UNMADE, tcb: UNMADE, chip: UNMADE };

const verified = (options: SnpOptions = {}, more: Partial<SnpInput> = {}) =>
  verifySnp({ ...makeSnp(options), ...more });

describe('a report that was made for the tests', () => {
  it.each(['milan', 'genoa', 'turin'] as const)(
    '%s: passes every check, of either kind of key',
    async product => {
      for (const provider of [portable, nodeCryptography]) {
        install(provider);
        const ofChip = await verified({ product });
        expect(outcome(ofChip)).toEqual(PASS);
        expect(ofChip).toMatchObject({
          kind: 'sev-snp',
          root: { name: `the root of ${product}`, simulated: false },
          fields: { product, endorsement: { product, cloud: null } },
        });
        const ofCloud = await verified({ product, kind: 'vlek' });
        expect(outcome(ofCloud)).toEqual(PASS_OF_CLOUD);
        expect(ofCloud.fields.endorsement).toMatchObject({ hardwareId: null, cloud: 'CN=cloud.example' });
      }
    },
  );

  it.each([2, 3, 4, 5])('version %d passes', async version => {
    expect(outcome(await verified({ version }))).toEqual(PASS);
  });

  it('is identified by what is signed', async () => {
    const input = makeSnp();
    const report = await verifySnp(input);
    expect(toHex(report.signedRegion)).toBe(toHex(sha256(input.report.slice(0, 0x2a0))));
    expect(toHex(report.whole)).toBe(toHex(sha256(input.report)));
    const other = input.report.slice();
    other.fill(0xee, 0x330);
    const same = await verifySnp({ ...input, report: other });
    expect(outcome(same)).toEqual(PASS);
    expect(same.signedRegion).toEqual(report.signedRegion);
    expect(same.whole).not.toEqual(report.whole);
  });

  it('counts from buffers and views as from bytes', async () => {
    const input = makeSnp();
    const memory = Buffer.concat([Buffer.of(1), input.report, Buffer.of(1)]);
    expect(await verifySnp({ ...input, report: memory.subarray(1, -1) })).toEqual(await verifySnp(input));
  });

  it('is of the product that was asked for', async () => {
    expect(outcome(await verified({ product: 'genoa' }, { product: 'genoa' }))).toEqual(PASS);
  });

  it('of version 2 does not name its processor, so that the certificate says the product', async () => {
    const report = await verified({ version: 2, product: 'genoa' });
    expect(outcome(report)).toEqual(PASS);
    expect(report.fields).toMatchObject({ cpu: null, product: 'genoa' });
  });
});

describe('a report that fails one check', () => {
  const milan = () => snpPki('milan');
  const damaged = (bytes: Uint8Array, at: number): Uint8Array => {
    const changed = bytes.slice();
    changed[at] = (changed[at] as number) ^ 1;
    return changed;
  };

  const withReport = (edit: (report: Uint8Array) => Uint8Array): SnpInput => {
    const input = makeSnp();
    return { ...input, report: edit(input.report) };
  };

  it.each<[string, () => SnpInput, string]>([
    ["AMD's root only", () => ({ ...makeSnp(), roots: [] }), 'certificate/root-unknown'],
    [
      'no authority of that name among AMD\u2019s',
      () => {
        const { authority: _authority, ...input } = makeSnp();
        return input;
      },
      'certificate/root-unknown',
    ],
    [
      'another root',
      () => ({ ...makeSnp(), root: makeAuthority({ subject: 'ARK-milan' }).certificate }),
      'certificate/root-unknown',
    ],
    [
      'an authority of another line',
      () => ({ ...makeSnp(), authority: snpPki('genoa').ask.certificate }),
      'certificate/issuer-mismatch',
    ],
    [
      'the authority of the other kind of key',
      () => ({ ...makeSnp(), authority: milan().asvk.certificate }),
      'certificate/issuer-mismatch',
    ],
    [
      'a signer that the authority has not issued',
      () => makeSnp({ signer: { issuer: { name: milan().ask.name, keys: testKeys('P-384') } } }),
      'certificate/signature-invalid',
    ],
    [
      'an authority whose certificate is damaged',
      () => ({
        ...makeSnp(),
        authority: damaged(milan().ask.certificate, milan().ask.certificate.length - 9),
      }),
      'certificate/signature-invalid',
    ],
    [
      'a certificate that is none',
      () => ({ ...makeSnp(), signer: { kind: 'vcek', certificate: utf8('none') } }),
      'certificate/malformed',
    ],
    ['an authority that is none', () => ({ ...makeSnp(), authority: utf8('none') }), 'certificate/malformed'],
    ['a root that is none', () => ({ ...makeSnp(), root: utf8('none') }), 'certificate/malformed'],
    ['a signer that had expired', () => makeSnp({ signer: { notAfter: DURING - 1 } }), 'certificate/expired'],
    [
      'a signer that was not valid yet',
      () => makeSnp({ signer: { notBefore: DURING + 1 } }),
      'certificate/not-yet-valid',
    ],
    ['a time that is no number', () => ({ ...makeSnp(), asOf: Number.NaN }), 'certificate/not-yet-valid'],
    [
      'a critical extension that is unknown',
      () => makeSnp({ signer: { extensions: [extension('1.2.3', element(DER.null), true)] } }),
      'certificate/extension-unknown',
    ],
    [
      'a signer under another signer',
      () => {
        const other = makeSnp();
        return {
          ...makeSnp(),
          authority: other.signer.certificate,
          root: milan().ask.certificate,
          roots: [{ ...pinned(milan().ask), product: 'milan' }],
        };
      },
      'certificate/issuer-mismatch',
    ],
  ])('chain: %s', async (_, make, code) => {
    const report = await verifySnp(make());
    const { signature, ...others } = outcome(report);
    expect(others).toEqual({ chain: code, ...WITHOUT_GROUND, revocation: UNMADE });
    expect(['pass', UNMADE]).toContain(signature);
    expect(report).toMatchObject({ root: null, fields: { product: null, endorsement: null } });
    expect(statusOf(report.checks)).toBe('refused');
    expect(decidingCode(report.checks)).toBe(code);
  });

  it.each<[string, () => SnpInput, string]>([
    [
      'a flipped bit of what is signed',
      () => withReport(report => damaged(report, 0x90)),
      'snp/signature-invalid',
    ],
    [
      'a flipped bit of the first number',
      () => withReport(report => damaged(report, 0x2a0)),
      'snp/signature-invalid',
    ],
    [
      'a flipped bit of the second number',
      () => withReport(report => damaged(report, 0x2e8 + 47)),
      'snp/signature-invalid',
    ],
    ['no signature', () => withReport(report => report.slice().fill(0, 0x2a0)), 'snp/signature-invalid'],
    ['a key of another chip', () => ({ ...makeSnp(), report: makeSnp().report }), 'snp/signature-invalid'],
    [
      'another algorithm',
      () => makeSnp({ edit: view => view.setUint32(0x34, 2, true) }),
      'snp/algorithm-unsupported',
    ],
    [
      'no algorithm',
      () => makeSnp({ edit: view => view.setUint32(0x34, 0, true) }),
      'snp/algorithm-unsupported',
    ],
    ['a key of another curve', () => makeSnp({ signer: { type: 'P-256' } }), 'snp/signer-unsuitable'],
    ['a key of RSA', () => makeSnp({ signer: { keys: milan().ark.keys } }), 'snp/signer-unsuitable'],
    [
      'a key for other things',
      () => makeSnp({ signer: { extensions: [keyUsage('keyCertSign')] } }),
      'snp/signer-unsuitable',
    ],
  ])('signature: %s', async (_, make, code) => {
    const report = await verifySnp(make());
    expect(outcome(report)).toEqual({ ...PASS, signature: code, ...WITHOUT_GROUND });
    expect(report.fields.endorsement).toBeNull();
    expect(statusOf(report.checks)).toBe('refused');
  });

  const signingKey = (number: number) => (view: DataView) => view.setUint32(0x48, number << 2, true);
  const ia5 = (value: string) => text(value, DER.ia5String);

  it.each<[string, string, SnpOptions, string]>([
    [
      'signing-key',
      'the report says that a cloud\u2019s key has signed',
      { edit: signingKey(1) },
      'snp/signing-key-mismatch',
    ],
    ['signing-key', 'the report says that none has', { edit: signingKey(7) }, 'snp/signing-key-mismatch'],
    [
      'signing-key',
      'the report says that something else has',
      { edit: signingKey(3) },
      'snp/signing-key-mismatch',
    ],
    [
      'signing-key',
      'the certificate is of a cloud\u2019s key as well',
      { extensions: { '5': ia5('CN=cloud') } },
      'snp/signing-key-mismatch',
    ],
    [
      'product',
      'the certificate is for another line',
      { extensions: { '2': ia5('Genoa') } },
      'snp/product-mismatch',
    ],
    [
      'product',
      'the certificate is for an unknown line',
      { extensions: { '2': ia5('Venice') } },
      'snp/product-mismatch',
    ],
    [
      'product',
      'the processor is of another line',
      { edit: (_, bytes) => bytes.set([0x19, 0x11], 0x188) },
      'snp/product-mismatch',
    ],
    [
      'product',
      'the processor is of an unknown line',
      { edit: (_, bytes) => bytes.set([0x1a, 0x50], 0x188) },
      'snp/product-mismatch',
    ],
    [
      'product',
      'the processor is not named',
      { edit: (_, bytes) => bytes.fill(0, 0x188, 0x18b) },
      'snp/product-mismatch',
    ],
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((arc): [string, string, SnpOptions, string] => [
      'tcb',
      `the key is for another number ${arc}`,
      { extensions: { [`3.${arc}`]: integer(99) } },
      'snp/tcb-mismatch',
    ]),
    ...[0x180, 0x182, 0x187].map((at): [string, string, SnpOptions, string] => [
      'tcb',
      `the report has another octet ${at - 0x180}`,
      { edit: (_, bytes) => bytes.fill(77, at, at + 1) },
      'snp/tcb-mismatch',
    ]),
    [
      'tcb',
      'the certificate leaves a number out',
      { extensions: { '3.8': undefined } },
      'snp/endorsement-malformed',
    ],
    [
      'tcb',
      'a number is larger than an octet',
      { extensions: { '3.8': integer(256) } },
      'snp/endorsement-malformed',
    ],
    ['tcb', 'a number is none', { extensions: { '3.8': ia5('8') } }, 'snp/endorsement-malformed'],
    ['tcb', 'a number is no DER', { extensions: { '3.8': utf8('') } }, 'snp/endorsement-malformed'],
    [
      'chip',
      'the report names another',
      { edit: (_, bytes) => bytes.fill(1, 0x1a0, 0x1a1 + 1) },
      'snp/chip-mismatch',
    ],
    [
      'chip',
      'the certificate names another',
      { extensions: { '4': new Uint8Array(64).fill(9) } },
      'snp/chip-mismatch',
    ],
    [
      'chip',
      'the certificate names a shorter one',
      { extensions: { '4': Uint8Array.of(1, 2, 3) } },
      'snp/chip-mismatch',
    ],
    [
      'chip',
      'the host hides which it is',
      { edit: (_, bytes) => bytes.fill(0, 0x1a0, 0x1e0) },
      'snp/chip-masked',
    ],
  ])('%s: %s', async (name, _, options, code) => {
    const report = await verified(options);
    expect(outcome(report)).toEqual({ ...PASS, [name]: code });
    expect(statusOf(report.checks)).toBe(code === 'snp/chip-masked' ? 'inconclusive' : 'refused');
  });

  it('signing-key: a cloud\u2019s certificate given for a chip\u2019s, and the other way round', async () => {
    const { asvk, ask } = milan();
    const chip = makeSnp({ signer: { issuer: asvk }, edit: signingKey(1) });
    const asCloud: SnpInput = {
      ...chip,
      signer: { ...chip.signer, kind: 'vlek' },
      authority: asvk.certificate,
    };
    expect(outcome(await verifySnp(asCloud))).toEqual({
      ...PASS_OF_CLOUD,
      'signing-key': 'snp/signing-key-mismatch',
    });
    const cloud = makeSnp({ kind: 'vlek', signer: { issuer: ask }, edit: signingKey(0) });
    const asChip: SnpInput = {
      ...cloud,
      signer: { ...cloud.signer, kind: 'vcek' },
      authority: ask.certificate,
    };
    expect(outcome(await verifySnp(asChip))).toEqual({
      ...PASS,
      'signing-key': 'snp/signing-key-mismatch',
      chip: 'snp/chip-mismatch',
    });
  });

  it('product: another than was asked for', async () => {
    expect(outcome(await verified({}, { product: 'turin' }))).toEqual({
      ...PASS,
      product: 'snp/product-mismatch',
    });
  });

  it.each([
    ['no name of a line', { '2': undefined }],
    ['a name of another type', { '2': text('Milan') }],
    ['a name that is no DER', { '2': utf8('Milan') }],
    ['a chip\u2019s id that is longer than any', { '4': new Uint8Array(65) }],
    ['a cloud of another type', { '5': integer(1) }],
  ])('a certificate with %s says nothing that could be compared', async (_, extensions) => {
    const report = await verified({ extensions });
    expect(outcome(report)).toEqual({
      ...PASS,
      'signing-key': 'snp/endorsement-malformed',
      product: 'snp/endorsement-malformed',
      chip: 'snp/endorsement-malformed',
    });
    expect(report.fields.endorsement).toBeNull();
  });

  it('Turin has eight numbers of its own, with that of the first mutable code', async () => {
    for (const arc of [9, 1, 2, 3, 5, 6, 7, 8]) {
      const extensions = { [`3.${arc}`]: integer(99) };
      expect(outcome(await verified({ product: 'turin', extensions }))).toMatchObject({
        tcb: 'snp/tcb-mismatch',
      });
    }
    const without = { '3.9': undefined };
    expect(outcome(await verified({ product: 'turin', extensions: without }))).toMatchObject({
      tcb: 'snp/endorsement-malformed',
    });
    // The same octets in the order of the lines before it are another TCB.
    const edit = (_: DataView, bytes: Uint8Array) => bytes.set(tcbOctets('milan'), 0x180);
    expect(outcome(await verified({ product: 'turin', edit }))).toMatchObject({ tcb: 'snp/tcb-mismatch' });
  });
});

describe('the revocation list of the root', () => {
  const { ark, ask } = snpPki('milan');
  const list = (options: Partial<Parameters<typeof makeRevocationList>[0]> = {}) =>
    makeRevocationList({ issuer: ark, ...options });

  it.each<[string, Uint8Array, string]>([
    ['does not name the authority', list(), 'pass'],
    ['names another', list({ revoked: [{ serial: 3, at: BEGIN }] }), 'pass'],
    ['names the authority', list({ revoked: [{ serial: 2, at: BEGIN }] }), 'certificate/revoked'],
    ['names the authority for a later time', list({ revoked: [{ serial: 2, at: DURING + 1 }] }), 'pass'],
    ['has been replaced', list({ nextUpdate: DURING - 1 }), 'revocation/expired'],
    ['is of later', list({ thisUpdate: DURING + 1 }), 'revocation/not-yet-valid'],
    [
      'is of another',
      makeRevocationList({ issuer: makeAuthority({ subject: 'x' }) }),
      'revocation/issuer-mismatch',
    ],
    [
      'is signed by another',
      makeRevocationList({ issuer: { name: ark.name, keys: testKeys('P-384') } }),
      'revocation/signature-invalid',
    ],
    ['is of the authority, about chips', makeRevocationList({ issuer: ask }), 'revocation/issuer-mismatch'],
    ['is none', utf8('none'), 'revocation/malformed'],
    [
      'is of what has changed',
      list({ extensions: [extension('2.5.29.27', integer(1), true)] }),
      'revocation/partial',
    ],
  ])('%s', async (_, revocations, verdict) => {
    expect(outcome(await verified({}, { revocations }))).toEqual({ ...PASS, revocation: verdict });
  });

  it('names the authority of keys that are lent', async () => {
    const revocations = list({ revoked: [{ serial: 3, at: BEGIN }] });
    expect(outcome(await verified({ kind: 'vlek' }, { revocations }))).toEqual({
      ...PASS_OF_CLOUD,
      revocation: 'certificate/revoked',
    });
  });

  it('is looked at also when the signature is bad, but not without a root', async () => {
    const input = makeSnp();
    const revocations = list({ revoked: [{ serial: 2, at: BEGIN }] });
    const report = input.report.slice().fill(0, 0x2a0);
    expect(outcome(await verifySnp({ ...input, report, revocations }))).toMatchObject({
      signature: 'snp/signature-invalid',
      revocation: 'certificate/revoked',
    });
    expect(outcome(await verifySnp({ ...input, revocations, roots: snpTestRoots('genoa') }))).toMatchObject({
      chain: 'certificate/root-unknown',
      revocation: UNMADE,
    });
  });
});

describeGenuine('reports of AMD', () => {
  const inPem = (path: string) => certificatesFromPem(genuineText(`sev-snp/${path}`))[0]?.bytes as Uint8Array;
  const asOf = Date.UTC(2026, 5, 1) / 1000;
  const inputOf = (product: 'milan' | 'genoa' | 'turin'): SnpInput => ({
    report: genuine(`sev-snp/${product}_attestation_report.bin`),
    signer: { kind: 'vcek', certificate: inPem(`${product}_vcek.pem`) },
    asOf,
  });

  it.each(['milan', 'genoa', 'turin'] as const)(
    '%s: good, with the certificate of its chip alone',
    async product => {
      const report = await verifySnp(inputOf(product));
      expect(outcome(report)).toEqual(PASS);
      expect(report.root).toEqual({
        name: `AMD ARK-${product[0]?.toUpperCase()}${product.slice(1)}`,
        simulated: false,
      });
      expect(report.fields.endorsement?.product).toBe(product);
    },
  );

  it.each(['milan', 'genoa', 'turin'] as const)('%s: good with all certificates given', async product => {
    const more = {
      authority: inPem(`${product}_ask.pem`),
      root: genuine(`roots/amd/${product}_ark.der`),
      product,
    };
    expect(outcome(await verifySnp({ ...inputOf(product), ...more }))).toEqual(PASS);
  });

  it('a guest that is debugged: genuine', async () => {
    const input: SnpInput = {
      report: genuine('sev-snp/debug_report.bin'),
      signer: { kind: 'vcek', certificate: genuine('sev-snp/debug_vcek.der') },
      asOf,
    };
    const report = await verifySnp(input);
    expect(outcome(report)).toEqual(PASS);
    expect(report.fields.policy.debug).toBe(true);
  });

  it('not with the certificate of another chip', async () => {
    const other = { kind: 'vcek', certificate: genuine('sev-snp/debug_vcek.der') } as const;
    expect(outcome(await verifySnp({ ...inputOf('milan'), signer: other }))).toMatchObject({
      chain: 'pass',
      signature: 'snp/signature-invalid',
    });
    const line = { kind: 'vcek', certificate: inPem('genoa_vcek.pem') } as const;
    expect(outcome(await verifySnp({ ...inputOf('milan'), signer: line }))).toMatchObject({
      chain: 'pass',
      signature: 'snp/signature-invalid',
    });
  });

  it('not before and after the time of the certificate', async () => {
    for (const [time, code] of [
      [Date.UTC(2026, 0, 1) / 1000, 'certificate/not-yet-valid'],
      [Date.UTC(2034, 0, 1) / 1000, 'certificate/expired'],
    ] as const)
      expect(outcome(await verifySnp({ ...inputOf('turin'), asOf: time }))).toMatchObject({ chain: code });
  });
});
