import { beforeAll, describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { makeReferenceHouse } from '../../../test/support/evidence/manifest-maker.js';
import {
  chainPem,
  compositeDevice,
  type DeviceHouse,
  FIRMWARE_ID,
  firmwareExtension,
  MEASUREMENTS,
  MODELS,
  makeDevice,
  makeDriverManifest,
  makeEvidence,
  makeInput,
  makeWordOfAuthorities,
  measured,
  NONCE,
  opaqueOf,
  type TestDevice,
  tcbInfo,
} from '../../../test/support/evidence/nvidia.js';
import { makeOcspResponse, makeResponder } from '../../../test/support/evidence/ocsp-maker.js';
import {
  BEGIN,
  basicConstraints,
  DURING,
  END,
  extension,
  keyUsage,
  makeAuthority,
  makeCertificate,
  makeRevocationList,
  pem,
  pinned,
  testKeys,
} from '../../../test/support/evidence/x509-maker.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { concat, utf8 } from '../../bytes/octets.js';
import type { ReasonCode } from '../../reason.js';
import { decidingCode, type EvidenceCheck, statusOf } from '../report.js';
import { NVIDIA_DEVICE_ROOTS } from './roots.js';
import { type NvidiaCheckName, type NvidiaInput, type NvidiaReport, verifyNvidia } from './verify.js';

const DEVICES: readonly TestDevice[] = ['hopper', 'blackwell', 'nvswitch'];
const houses = new Map<TestDevice, DeviceHouse>();
beforeAll(() => {
  for (const device of DEVICES) houses.set(device, makeDevice({ device }));
});
const houseOf = (device: TestDevice = 'hopper') => houses.get(device) as DeviceHouse;

/** Everything about a device, and the words of all authorities. */
function complete(house: DeviceHouse = houseOf()): NvidiaInput {
  const input = inputs.get(house) ?? {
    ...makeInput(house),
    revocation: { revocationLists: listsOf(house) },
  };
  inputs.set(house, input);
  return input;
}
const inputs = new Map<DeviceHouse, NvidiaInput>();

/** Lists of all authorities, with nobody on them: half as many signatures as answers of responders have. */
function listsOf({ chain, reference }: DeviceHouse): readonly Uint8Array[] {
  const [, , ...issuers] = chain;
  return [...issuers, ...reference.slice(1)].map(issuer => makeRevocationList({ issuer, nextUpdate: END }));
}

/** Not looked at for want of what failed before. */
const isUnfounded = (check: EvidenceCheck) =>
  check.status !== 'pass' && check.code === 'evidence/prerequisite-failed';

/** The checks that are not passed, with their codes. */
function troubles({ checks }: NvidiaReport): Record<string, ReasonCode> {
  return Object.fromEntries(
    checks.flatMap(check =>
      check.status === 'pass' || isUnfounded(check) ? [] : [[check.name, check.code]],
    ),
  );
}

describe('evidence with which nothing is wrong', () => {
  it.each(DEVICES)('of %s is accepted, all checks made', async device => {
    const report = await verifyNvidia(complete(houseOf(device)));
    expect(troubles(report)).toEqual(
      device === 'nvswitch' ? { 'firmware-id': 'nvidia/firmware-id-absent' } : {},
    );
    expect(report.root).toEqual({ name: 'a test of devices', simulated: false });
    expect(report.fields.device).toMatchObject({ architecture: device, model: MODELS[device], ueid: '4554' });
    expect(report.kind).toBe('nvidia');
  });

  it('is known by what the device has signed, all of the document but its signature', async () => {
    const input = complete();
    const report = await verifyNvidia(input);
    expect(toHex(report.signedRegion)).toBe(toHex(sha256(input.evidence.slice(0, -96))));
    expect(toHex(report.whole)).toBe(toHex(sha256(input.evidence)));
    expect(report.uncovered).toEqual([]);
  });

  it('states what a GPU has in it', async () => {
    const { fields } = await verifyNvidia(complete());
    expect(fields).toMatchObject({
      nonce: NONCE,
      deviceNonce: new Uint8Array(32).fill(0xd0),
      driverVersion: '590.12',
      biosVersion: '96.00.A5.00.01',
      firmwareId: FIRMWARE_ID,
      chipInfo: null,
      project: 'G520',
      projectSku: '0200',
      chipSku: '885',
      boardId: 1079,
      protectedPcie: true,
      mode: 'protected-pcie',
      videoDecoder: false,
      switches: ['0101010101010101', '0202020202020202'],
      opaqueVersion: 1,
      manifests: { driver: 'NV_GPU_DRIVER_GH100_590.12', firmware: 'NV_GPU_VBIOS_G520_0200_885_9600A50001' },
    });
    expect(fields.measurements.size).toBe(64);
    expect(fields.measurements.get(8)).toEqual(measured(7));
  });

  it('states what a switch and a Blackwell GPU have in them', async () => {
    const { fields } = await verifyNvidia(complete(houseOf('nvswitch')));
    expect(fields).toMatchObject({
      biosVersion: '96.10.55.00.01',
      driverVersion: null,
      mode: null,
      switches: ['203EB31AD9ED0008'],
      manifests: { driver: null, firmware: 'NV_SWITCH_BIOS_5612_0002_890_9610550001' },
    });
    const blackwell = await verifyNvidia(complete(houseOf('blackwell')));
    expect(blackwell.fields).toMatchObject({
      chipInfo: 'GB100',
      manifests: { driver: 'NV_GPU_CC_DRIVER_GB100_590.12' },
    });
    expect(blackwell.fields.device.firmwareIds).toHaveLength(2);
  });

  it('is inconclusive with nothing to compare it with, and says what was not checked', async () => {
    const { evidence, certificateChain, asOf, roots = [] } = makeInput(houseOf());
    const report = await verifyNvidia({ evidence, certificateChain, asOf, roots });
    expect(troubles(report)).toEqual({
      nonce: 'nvidia/nonce-not-given',
      revocation: 'nvidia/revocation-not-given',
      'driver-manifest': 'nvidia/reference-not-given',
      'firmware-manifest': 'nvidia/reference-not-given',
      'manifest-revocation': 'nvidia/revocation-not-given',
      measurements: 'nvidia/reference-not-given',
    });
    expect(statusOf(report.checks)).toBe('inconclusive');
  });

  it('may have its chain in bytes', async () => {
    const input = complete();
    expect(troubles(await verifyNvidia({ ...input, certificateChain: utf8(chainPem(houseOf())) }))).toEqual(
      {},
    );
    const reason = reasonOfAsync(() => verifyNvidia({ ...input, certificateChain: Uint8Array.of(0xff) }));
    expect(await reason).toBe('certificate/malformed');
  });
});

/** A device made anew, right but for one thing. */
type Wrong = (house: DeviceHouse) => Partial<NvidiaInput> | Promise<Partial<NvidiaInput>>;
const evidenceWith = (house: DeviceHouse, change: Map<number, Uint8Array>) =>
  makeEvidence(house, { opaque: [...new Map([...opaqueOf(house.device), ...change])] });
const wordOf = (
  house: DeviceHouse,
  place: number,
  kind: string,
  status: 'revoked' | 'on-hold' | 'unknown',
) => ({
  revocation: {
    ocsp: makeWordOfAuthorities(house, (at, own) => (at === place && own === kind ? status : 'good')),
  },
});
const driverOf = (house: DeviceHouse, ...rest: [Parameters<typeof makeDriverManifest>[1]]) => ({
  driverManifest: makeDriverManifest(house, ...rest),
});

const WRONG: readonly [string, NvidiaCheckName, ReasonCode, Wrong][] = [
  ['a root that nobody pinned', 'chain', 'certificate/root-unknown', () => ({ roots: NVIDIA_DEVICE_ROOTS })],
  [
    'a chain of four certificates',
    'chain',
    'certificate/root-unknown',
    ({ chain }) => ({ certificateChain: pem(...chain.slice(0, 4).map(({ certificate }) => certificate)) }),
  ],
  ['another nonce', 'nonce', 'nvidia/nonce-mismatch', () => ({ nonce: new Uint8Array(32) })],
  ['a nonce of another length', 'nonce', 'nvidia/nonce-mismatch', () => ({ nonce: NONCE.slice(0, 31) })],
  [
    'another architecture than was said',
    'device',
    'nvidia/architecture-mismatch',
    () => ({ architecture: 'blackwell' }),
  ],
  [
    'a key that is not the device’s',
    'signature',
    'nvidia/signature-invalid',
    house => ({ evidence: makeEvidence(house, { signer: house.chain[1] }) }),
  ],
  [
    'another firmware',
    'firmware-id',
    'nvidia/firmware-id-mismatch',
    house => ({ evidence: evidenceWith(house, new Map([[20, new Uint8Array(48)]])) }),
  ],
  [
    'a firmware’s id of another length',
    'firmware-id',
    'nvidia/firmware-id-mismatch',
    house => ({ evidence: evidenceWith(house, new Map([[20, FIRMWARE_ID.slice(1)]])) }),
  ],
  [
    'a certificate on hold',
    'revocation',
    'certificate/on-hold',
    house => wordOf(house, 1, 'device', 'on-hold'),
  ],
  [
    'a revoked authority',
    'revocation',
    'certificate/revoked',
    house => wordOf(house, 3, 'device', 'revoked'),
  ],
  [
    'a certificate that its authority does not know',
    'revocation',
    'ocsp/status-unknown',
    house => wordOf(house, 2, 'device', 'unknown'),
  ],
  [
    'an answer in pieces',
    'revocation',
    'ocsp/malformed',
    house => ({ revocation: { ocsp: [...makeWordOfAuthorities(house), Uint8Array.of(0x30)] } }),
  ],
  [
    'more answers than anybody needs',
    'revocation',
    'ocsp/malformed',
    () => ({ revocation: { ocsp: new Array(33).fill(Uint8Array.of(0x30)) } }),
  ],
  [
    'more lists than anybody needs',
    'revocation',
    'revocation/malformed',
    () => ({ revocation: { revocationLists: new Array(33).fill(Uint8Array.of(0x30)) } }),
  ],
  [
    'a signer of manifests that is on hold',
    'manifest-revocation',
    'certificate/on-hold',
    house => wordOf(house, 0, 'reference', 'on-hold'),
  ],
  [
    'a driver that measures otherwise',
    'measurements',
    'nvidia/measurement-mismatch',
    house => driverOf(house, { measurements: new Map([[7, ['ab'.repeat(48)]]]) }),
  ],
  [
    'a measurement that the device does not have',
    'measurements',
    'nvidia/measurement-mismatch',
    house => ({ evidence: makeEvidence(house, { measurements: MEASUREMENTS.slice(0, 7) }) }),
  ],
  [
    'manifests that both speak for one measurement',
    'measurements',
    'nvidia/reference-conflict',
    house => driverOf(house, { measurements: new Map([[2, [toHex(measured(2))]]]) }),
  ],
  [
    'a manifest that speaks for no measurement',
    'measurements',
    'nvidia/reference-empty',
    house => driverOf(house, { measurements: new Map() }),
  ],
  [
    'a video decoder that is on',
    'measurements',
    'nvidia/measurement-mismatch',
    house => ({ evidence: evidenceWith(house, new Map([[11, Uint8Array.of(0xaa)]])) }),
  ],
  [
    'a video decoder that is neither on nor off',
    'measurements',
    'nvidia/measurement-mismatch',
    house => ({ evidence: evidenceWith(house, new Map([[11, Uint8Array.of(0x54)]])) }),
  ],
];

describe('evidence with one thing wrong', () => {
  it.each(WRONG)('%s: only %s fails, with %s', async (_, name, code, wrong) => {
    const house = houseOf();
    const report = await verifyNvidia({ ...complete(house), ...(await wrong(house)) });
    const failed = report.checks.filter(({ status }) => status === 'fail');
    // Damaged words of authorities are looked at for both chains.
    const twice = code.endsWith('/malformed') ? [{ name: 'manifest-revocation', code }] : [];
    expect(failed).toMatchObject([{ name, code }, ...twice]);
    const unmade = report.checks.flatMap(check => (check.status === 'not-checked' ? [check.code] : []));
    const isPrerequisite = name === 'chain' || name === 'signature';
    expect(new Set(unmade)).toEqual(new Set(isPrerequisite ? ['evidence/prerequisite-failed'] : []));
    expect(statusOf(report.checks)).toBe('refused');
    expect(decidingCode(report.checks)).toBe(code);
  });

  const bothManifests = { measurements: 'nvidia/reference-unverified' } as const;
  it.each<[string, ReasonCode, Wrong]>([
    [
      'of a root that nobody pinned',
      'certificate/root-unknown',
      house => ({ driverManifest: makeDriverManifest({ ...house, reference: makeReferenceHouse() }) }),
    ],
    [
      'that was changed',
      'nvidia/rim-digest-mismatch',
      house => driverOf(house, { tampered: text => text.replace('"True"', '"False"') }),
    ],
    [
      'whose digest was changed with it',
      'nvidia/rim-signature-invalid',
      house => driverOf(house, { tampered: text => text.replace(/(<ds:SignatureValue>)..../, '$1AAAA') }),
    ],
    ['of another chip', 'nvidia/rim-product-mismatch', house => driverOf(house, { product: 'GB100' })],
    ['of another version', 'nvidia/rim-version-mismatch', house => driverOf(house, { version: '590.13' })],
    ['that is none', 'nvidia/rim-malformed', () => ({ driverManifest: utf8('<a/>') })],
    [
      'signed by an authority',
      'nvidia/signer-unfit',
      ({ reference, ...house }) =>
        driverOf(
          { ...house, reference },
          { signer: reference[1], chain: reference.slice(1).map(({ certificate }) => certificate) },
        ),
    ],
  ])('a manifest %s: nothing is compared with it', async (_, code, wrong) => {
    const house = houseOf();
    const report = await verifyNvidia({ ...complete(house), ...(await wrong(house)) });
    expect(troubles(report)).toEqual({ 'driver-manifest': code, ...bothManifests });
  });

  it('a manifest that the device does not state the version for', async () => {
    const house = houseOf();
    const opaque = [...opaqueOf('hopper')].filter(([type]) => type !== 3);
    const report = await verifyNvidia({ ...complete(house), evidence: makeEvidence(house, { opaque }) });
    expect(troubles(report)).toEqual({ 'driver-manifest': 'nvidia/rim-version-mismatch', ...bothManifests });
  });

  it('a driver’s manifest means nothing for a switch', async () => {
    const house = houseOf('nvswitch');
    const driverManifest = utf8('<a/>');
    const report = await verifyNvidia({ ...complete(house), driverManifest });
    expect(report.checks.map(({ name }) => name)).not.toContain('driver-manifest');
    expect(statusOf(report.checks)).toBe('inconclusive');
  });
});

describe('chains with one thing wrong', () => {
  const leafWith = (house: DeviceHouse, ...extensions: readonly Uint8Array[]) => ({
    0: { issuer: house.chain[1], keys: house.chain[0].keys, extensions },
  });
  const usage = keyUsage('digitalSignature');
  const own = () => firmwareExtension('hopper', houseOf().chain[1]);

  it.each<[string, Record<string, ReasonCode>, Parameters<typeof makeDevice>[0]]>([
    ['a device that we do not know', { device: 'nvidia/device-unknown' }, { model: 'AD102 A01 GSP BROM' }],
    ['a device without a model', { device: 'nvidia/device-unknown' }, { model: 'somebody' }],
    [
      'a certificate of before',
      { chain: 'certificate/expired' },
      { certificates: { 2: { notAfter: DURING - 1 } } },
    ],
    [
      'a certificate of later',
      { chain: 'certificate/not-yet-valid' },
      { certificates: { 0: { notBefore: DURING + 1 } } },
    ],
    [
      'an extension that nobody knows',
      { chain: 'certificate/extension-unknown' },
      {
        certificates: {
          1: { extensions: [basicConstraints(), extension('1.2.3', Uint8Array.of(5, 0), true)] },
        },
      },
    ],
    [
      'an authority that is none',
      { chain: 'certificate/not-an-authority' },
      { certificates: { 1: { extensions: [keyUsage('digitalSignature')] } } },
    ],
  ])('%s', async (_, expected, options) => {
    const house = makeDevice(options);
    const { driverManifest: _driver, firmwareManifest: _firmware, ...input } = makeInput(house);
    expect(troubles(await verifyNvidia(input))).toMatchObject(expected);
    const failed = (await verifyNvidia(input)).checks.filter(({ status }) => status === 'fail');
    expect(failed.map(({ name }) => name)).toEqual(Object.keys(expected));
  });

  it.each<[string, () => readonly Uint8Array[], Record<string, ReasonCode>]>([
    [
      'an authority’s key that signs evidence',
      () => [basicConstraints(), usage, own()],
      { chain: 'nvidia/signer-unfit' },
    ],
    [
      'a key that is for something else',
      () => [keyUsage('keyAgreement'), own()],
      { chain: 'nvidia/signer-unfit' },
    ],
    ['no firmware id in the certificate', () => [usage], { 'firmware-id': 'nvidia/firmware-id-mismatch' }],
    [
      'another firmware id in the certificate',
      () => [usage, compositeDevice(houseOf().chain[1], new Uint8Array(48))],
      { 'firmware-id': 'nvidia/firmware-id-mismatch' },
    ],
    [
      'the firmware id in second place',
      () => [usage, tcbInfo([new Uint8Array(48), FIRMWARE_ID])],
      { 'firmware-id': 'nvidia/firmware-id-mismatch' },
    ],
    [
      'a list of firmware ids that is empty',
      () => [usage, tcbInfo([])],
      { 'firmware-id': 'nvidia/firmware-id-mismatch' },
    ],
    ['a critical statement about firmware', () => [usage, tcbInfo([FIRMWARE_ID])], {}],
  ])('%s', async (_, extensions, expected) => {
    const { certificates, house } = { certificates: leafWith(houseOf(), ...extensions()), house: houseOf() };
    const leaf = makeCertificate({ subject: 'Test FMC LF', serial: 0x4554, ...certificates[0] });
    const chain = [leaf, ...house.chain.slice(1)] as unknown as DeviceHouse['chain'];
    const report = await verifyNvidia({
      ...complete(house),
      certificateChain: chainPem({ ...house, chain }),
    });
    expect(troubles(report)).toEqual(expected);
  });

  it.each<[string, () => Uint8Array]>([
    [
      'a firmware id in another hash',
      () => compositeDevice(houseOf().chain[1], FIRMWARE_ID, '2.16.840.1.101.3.4.2.1'),
    ],
    ['a firmware id of another length', () => compositeDevice(houseOf().chain[1], FIRMWARE_ID.slice(1))],
    ['a statement about firmware in pieces', () => extension('2.23.133.5.4.1', Uint8Array.of(0x30))],
  ])('%s cannot be read', async (_, made) => {
    const house = houseOf();
    const leaf = makeCertificate({
      subject: 'Test FMC LF',
      issuer: house.chain[1],
      extensions: [usage, made()],
    });
    const chain = [leaf, ...house.chain.slice(1)] as unknown as DeviceHouse['chain'];
    const reason = reasonOfAsync(() =>
      verifyNvidia({ ...complete(house), certificateChain: chainPem({ ...house, chain }) }),
    );
    expect(await reason).toBe('nvidia/malformed');
  });

  it('whether the firmware is open for debugging is what it says itself', async () => {
    const house = houseOf('blackwell');
    for (const [flags, debug] of [
      [[0x10], true],
      [[0x80, 0, 0, 1], false],
      [[], null],
    ] as const) {
      const extensions = [usage, tcbInfo([FIRMWARE_ID], flags)];
      const leaf = makeCertificate({
        subject: 'Test FMC LF',
        issuer: house.chain[1],
        keys: house.chain[0].keys,
        extensions,
      });
      const chain = [leaf, ...house.chain.slice(1)] as unknown as DeviceHouse['chain'];
      const report = await verifyNvidia({
        ...complete(house),
        certificateChain: chainPem({ ...house, chain }),
      });
      expect(report.fields.device.debug).toBe(debug);
    }
  });

  it('a key of another curve signs nothing, in evidence and in manifests', async () => {
    const house = makeDevice({ certificates: { 0: { keys: testKeys('P-256') } } });
    const evidence = makeEvidence(house, { signer: house.chain[1] });
    const input = { evidence, certificateChain: chainPem(house), asOf: DURING };
    expect(troubles(await verifyNvidia(input))).toMatchObject({ signature: 'nvidia/signature-invalid' });
    const small = makeCertificate({
      subject: 'small',
      issuer: houseOf().reference[1],
      type: 'P-256',
      extensions: [usage],
    });
    const reference = [small, ...houseOf().reference.slice(1)] as unknown as DeviceHouse['reference'];
    const report = await verifyNvidia({
      ...complete(),
      driverManifest: makeDriverManifest({ ...houseOf(), reference }, { keys: houseOf().reference[0].keys }),
    });
    expect(troubles(report)).toMatchObject({ 'driver-manifest': 'nvidia/rim-signature-invalid' });
  });

  it('six certificates, with an authority that the device has made up', async () => {
    const house = houseOf();
    const [, rom, ...rest] = house.chain;
    const made = makeAuthority({ subject: 'GB100 A01 GSP BROM', issuer: rom });
    const leaf = makeCertificate({ subject: 'leaf', issuer: made, extensions: [usage] });
    const certificates = [leaf, made, rom, ...rest].map(({ certificate }) => certificate);
    const { driverManifest: _, firmwareManifest: __, ...input } = makeInput(house);
    const report = await verifyNvidia({
      ...input,
      certificateChain: pem(...certificates),
      evidence: makeEvidence(house, { signer: leaf }),
      architecture: 'blackwell',
    });
    expect(troubles(report)).toMatchObject({ chain: 'nvidia/chain-shape' });
    expect(statusOf(report.checks)).toBe('refused');
  });

  it('a hundred certificates are not looked at', async () => {
    const certificate = houseOf().chain[0].certificate;
    const certificateChain = pem(...new Array<Uint8Array>(100).fill(certificate));
    expect(await reasonOfAsync(() => verifyNvidia({ ...complete(), certificateChain }))).toBe(
      'certificate/chain-too-long',
    );
  });
});

describe('what authorities say', () => {
  it('may come as revocation lists as well, or as both', async () => {
    const house = houseOf();
    const [, , provisioner] = house.chain;
    const lists = listsOf(house);
    const input = makeInput(house);
    expect(
      troubles(await verifyNvidia({ ...input, revocation: { ocsp: makeWordOfAuthorities(house) } })),
    ).toEqual({});
    expect(troubles(await verifyNvidia({ ...input, revocation: { revocationLists: lists } }))).toEqual({});
    const held = makeRevocationList({ issuer: provisioner, revoked: [{ serial: 0x416a, at: BEGIN }] });
    const both = { ocsp: makeWordOfAuthorities(house), revocationLists: [held] };
    expect(troubles(await verifyNvidia({ ...input, revocation: both }))).toEqual({
      revocation: 'certificate/revoked',
    });
  });

  it('of some certificates only leaves the others unchecked, by name', async () => {
    const house = houseOf();
    const ocsp = makeWordOfAuthorities(house).slice(1, 4);
    const report = await verifyNvidia({ ...makeInput(house), revocation: { ocsp } });
    const unmade = report.checks.filter(({ status }) => status === 'not-checked');
    expect(unmade).toMatchObject([
      { name: 'revocation', code: 'nvidia/revocation-not-given', field: 'certificate 1' },
      { name: 'manifest-revocation', code: 'nvidia/revocation-not-given' },
    ]);
  });

  it('counts from a responder that the caller trusts', async () => {
    const house = houseOf();
    const stranger = makeResponder(makeAuthority({ subject: 'organisation' }));
    const answers = house.chain.slice(1, -1).map(({ certificate }, at) =>
      makeOcspResponse({
        certificate,
        issuer: house.chain[at + 2]?.certificate as Uint8Array,
        responder: stranger,
      }),
    );
    const { driverManifest: _, firmwareManifest: __, ...input } = makeInput(house);
    const given = { ocsp: answers };
    const trusted = { ...given, trustedResponders: [sha256(stranger.keys.spki)] };
    expect(troubles(await verifyNvidia({ ...input, revocation: given }))).toMatchObject({
      revocation: 'ocsp/responder-unauthorized',
    });
    expect(troubles(await verifyNvidia({ ...input, revocation: trusted }))).not.toHaveProperty('revocation');
  });
});

describe('roots', () => {
  it('a simulated one is called that, another is not', async () => {
    const house = houseOf();
    const { simulated: _, ...real } = pinned(house.chain[4], 'real');
    const report = await verifyNvidia({ ...complete(house), roots: [real] });
    expect(report.root).toEqual({ name: 'real', simulated: false });
  });

  it('none is named where the chain leads to none', async () => {
    const report = await verifyNvidia({ ...complete(), roots: [] });
    expect(report.root).toBeNull();
  });

  it('what cannot be read at all has no report', async () => {
    const evidence = concat(complete().evidence, Uint8Array.of(0));
    expect(await reasonOfAsync(() => verifyNvidia({ ...complete(), evidence }))).toBe('nvidia/malformed');
    expect(await reasonOfAsync(() => verifyNvidia({ ...complete(), certificateChain: '' }))).toBe(
      'certificate/malformed',
    );
  });
});
