/**
 * For every check of every kind of evidence a document that fails that one and no other. The tables are typed by the names of the checks, so that a check
 * cannot be added without one.
 */
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  AT,
  HOUSE,
  makeCollateral,
  makePck,
  makeQuote,
  type QuoteChanges,
  ROOT,
  sgxExtension,
} from '../../../test/support/evidence/dcap.js';
import {
  makeNitro,
  measurement,
  NITRO_TEST_ROOTS,
  type NitroOptions,
} from '../../../test/support/evidence/nitro.js';
import {
  GPU_CLAIMS,
  makeNrasHouse,
  makeNrasInput,
  type NrasOptions,
} from '../../../test/support/evidence/nras.js';
import {
  chainPem,
  type DeviceHouse,
  FIRMWARE_ID,
  MEASUREMENTS,
  makeDevice,
  makeDriverManifest,
  makeEvidence,
  makeFirmwareManifest,
  makeInput,
  makeWordOfAuthorities,
  opaqueOf,
  tcbInfo,
} from '../../../test/support/evidence/nvidia.js';
import { makeSnp, type SnpOptions, snpPki, tcbOctets } from '../../../test/support/evidence/snp.js';
import {
  DURING,
  END,
  keyUsage,
  makeCertificate,
  makeRevocationList,
  testKeys,
} from '../../../test/support/evidence/x509-maker.js';
import { utf8 } from '../../bytes/octets.js';
import type { DcapInput } from '../../evidence/dcap/verify.js';
import type { NitroCheckName, NitroInput } from '../../evidence/nitro/verify.js';
import type { NrasCheckName, NrasInput } from '../../evidence/nvidia/nras/verify.js';
import type { NvidiaCheckName, NvidiaInput } from '../../evidence/nvidia/verify.js';
import { tcbOf } from '../../evidence/snp/product.js';
import type { SnpCheckName, SnpInput } from '../../evidence/snp/verify.js';
import type { ReasonCode } from '../../reason.js';
import { appraiseEvidence, type EvidencePart } from './appraised.js';
import { type DcapPolicy, type DcapPolicyCheckName, SAFE_DCAP_POLICY } from './dcap-policy.js';
import { type NitroPolicy, type NitroPolicyCheckName, SAFE_NITRO_POLICY } from './nitro-policy.js';
import { DEFAULT_NRAS_POLICY, type NrasPolicy, type NrasPolicyCheckName } from './nras-policy.js';
import { type NvidiaPolicy, type NvidiaPolicyCheckName, STRICT_NVIDIA_POLICY } from './nvidia-policy.js';
import { SAFE_SNP_POLICY, type SnpPolicy, type SnpPolicyCheckName } from './snp-policy.js';

type Table<Name extends string> = Readonly<Record<Name, () => EvidencePart>>;
const OTHER = utf8('other');
const OTHER_48 = new Uint8Array(48).fill(0xee);
const simulated = <Root extends object>(roots: readonly Root[] = []) =>
  roots.map(root => ({ ...root, simulated: true as const }));

const FIELDS = { nonce: utf8('nonce'), public_key: utf8('key'), user_data: utf8('data') };
function nitro(
  options: NitroOptions = {},
  policy: Partial<NitroPolicy> = {},
  input: Partial<NitroInput> = {},
): EvidencePart {
  const document = makeNitro({ ...options, members: { ...FIELDS, ...options.members } });
  return {
    kind: 'nitro',
    input: { document, asOf: DURING + 1, roots: NITRO_TEST_ROOTS, ...input },
    policy: {
      ...SAFE_NITRO_POLICY,
      pcrs: new Map([[8, [measurement(8)]]]),
      nonce: FIELDS.nonce,
      publicKey: FIELDS.public_key,
      userData: FIELDS.user_data,
      ...policy,
    },
  };
}
const NITRO: Table<NitroCheckName | NitroPolicyCheckName> = {
  chain: () => nitro({}, {}, { roots: [] }),
  signature: () => nitro({ signature: new Uint8Array(96) }),
  // The certificate ends before the document is too old.
  current: () => nitro({}, {}, { asOf: DURING - 600 + 3 * 3600 + 1 }),
  hardware: () => nitro({}, {}, { roots: simulated(NITRO_TEST_ROOTS) }),
  debug: () => {
    const pcrs = [0, 1, 2, 3, 4, 8].map(
      number => [number, number === 1 ? new Uint8Array(48) : measurement(number)] as const,
    );
    return nitro({ members: { pcrs: new Map(pcrs) } });
  },
  freshness: () => nitro({}, { maximumAge: 0 }, { asOf: DURING + 2 }),
  measurements: () => nitro({}, { pcrs: new Map([[8, [OTHER_48]]]) }),
  nonce: () => nitro({}, { nonce: OTHER }),
  'public-key': () => nitro({}, { publicKey: OTHER }),
  'user-data': () => nitro({}, { userData: OTHER }),
};

const MILAN = tcbOf(tcbOctets('milan'), 'milan');
const listOf = (...serials: readonly number[]) =>
  makeRevocationList({
    issuer: snpPki('milan').ark,
    thisUpdate: DURING,
    nextUpdate: END,
    revoked: serials.map(serial => ({ serial, at: DURING })),
  });
function snp(
  options: SnpOptions = {},
  policy: Partial<SnpPolicy> = {},
  input: Partial<SnpInput> = {},
): EvidencePart {
  const made = makeSnp(options);
  return {
    kind: 'sev-snp',
    input: { ...made, revocations: listOf(), ...input },
    policy: {
      ...SAFE_SNP_POLICY,
      minimumTcb: { milan: MILAN },
      measurements: [new Uint8Array(48).fill(0x33)],
      reportData: Uint8Array.from({ length: 64 }, (_, at) => 0x80 + at),
      hostData: new Uint8Array(32).fill(0x44),
      revocation: 'required',
      ...policy,
    },
  };
}
const edited = (edit: (view: DataView, bytes: Uint8Array) => void) => snp({ edit });
const SNP: Table<SnpCheckName | SnpPolicyCheckName> = {
  chain: () => snp({}, {}, { roots: [], revocations: listOf() }),
  signature: () => {
    const { report } = makeSnp();
    return snp({}, {}, { report: report.with(0x2a0, (report[0x2a0] as number) ^ 1) });
  },
  'signing-key': () => edited(view => view.setUint32(0x48, 1 << 2, true)),
  product: () => edited((_, bytes) => bytes.set([0x19, 0x11, 1], 0x188)),
  // Higher than the certificate's: recent enough, and not what the key is for.
  tcb: () => edited((_, bytes) => bytes.fill(0xff, 0x187, 0x188)),
  chip: () => edited((_, bytes) => bytes.fill(0x77, 0x1a0, 0x1a1)),
  revocation: () => snp({}, {}, { revocations: listOf(2) }),
  hardware: () => snp({}, {}, { roots: simulated(makeSnp().roots) }),
  debug: () => edited(view => view.setBigUint64(8, 0x3001fn | (1n << 19n), true)),
  migration: () => edited(view => view.setBigUint64(8, 0x3001fn | (1n << 18n), true)),
  vmpl: () => edited(view => view.setUint32(0x30, 1, true)),
  'minimum-tcb': () => snp({}, { minimumTcb: { milan: { ...MILAN, microcode: MILAN.microcode + 1 } } }),
  measurement: () => snp({}, { measurements: [OTHER_48] }),
  'report-data': () => snp({}, { reportData: OTHER }),
  'host-data': () => snp({}, { hostData: OTHER }),
};

const MR_TD = new Uint8Array(48).fill(0xd0);
/** One second before the date of the level that the platform has reached. */
const TCB_DATE = Date.UTC(2024, 11, 31) / 1000;
function quote(
  changes: QuoteChanges = {},
  policy: Partial<DcapPolicy> = {},
  input: Partial<DcapInput> = {},
): EvidencePart {
  return {
    kind: 'dcap',
    input: { quote: makeQuote(changes), collateral: makeCollateral(), asOf: DURING, roots: [ROOT], ...input },
    policy: {
      ...SAFE_DCAP_POLICY,
      minimumTcbDate: TCB_DATE,
      measurements: { mrTd: [MR_TD] },
      reportData: new Uint8Array(64).fill(0x0d),
      ...policy,
    },
  };
}
const OLD: QuoteChanges = {
  chain: [makePck({ sgx: sgxExtension({ pceSvn: 12 }) }), HOUSE.authority, HOUSE.root],
};
const attribute = (byte: number, value: number): QuoteChanges => ({
  body: body => body.fill(value, AT.td.tdAttributes + byte, AT.td.tdAttributes + byte + 1),
});
/** Those of the verifier have their own table beside it, which is as complete. */
const QUOTE: Table<DcapPolicyCheckName> = {
  hardware: () => quote({}, {}, { roots: simulated([ROOT]) }),
  'tcb-status': () => quote(OLD, { advisories: null, minimumTcbDate: null }),
  'tcb-advisories': () => quote(OLD, { statuses: ['OutOfDate'], minimumTcbDate: null }),
  'tcb-date': () => quote(OLD, { statuses: ['OutOfDate'], advisories: null }),
  debug: () => quote(attribute(0, 1)),
  migration: () => quote(attribute(3, 0x30)),
  'memory-exceptions': () => quote(attribute(3, 0)),
  measurements: () => quote({}, { measurements: { mrTd: [OTHER_48] } }),
  'report-data': () => quote({}, { reportData: OTHER }),
};

const hopper = makeDevice();
const words = makeWordOfAuthorities(hopper);
function device(
  input: Partial<NvidiaInput> = {},
  policy: Partial<NvidiaPolicy> = {},
  house: DeviceHouse = hopper,
): EvidencePart {
  return {
    kind: 'nvidia',
    input: {
      ...makeInput(house),
      revocation: { ocsp: house === hopper ? words : makeWordOfAuthorities(house) },
      ...input,
    },
    policy: {
      ...STRICT_NVIDIA_POLICY,
      driverVersions: ['590.12'],
      biosVersions: ['96.00.A5.00.01'],
      modes: ['protected-pcie'],
      ...policy,
    },
  };
}
const wordOn = (place: number, chain: 'device' | 'reference') => ({
  revocation: {
    ocsp: makeWordOfAuthorities(hopper, (at, own) => (at === place && own === chain ? 'revoked' : 'good')),
  },
});
const NVIDIA: Table<NvidiaCheckName | NvidiaPolicyCheckName> = {
  chain: () => device({ roots: [] }),
  device: () => device({ architecture: 'nvswitch' }),
  signature: () => {
    const { evidence } = makeInput(hopper);
    return device({ evidence: evidence.with(-1, (evidence.at(-1) as number) ^ 1) });
  },
  'firmware-id': () => {
    const opaque = [...new Map([...opaqueOf('hopper'), [20, OTHER_48]])];
    return device({ evidence: makeEvidence(hopper, { opaque }) });
  },
  nonce: () => device({ nonce: new Uint8Array(32) }),
  revocation: () => device(wordOn(2, 'device')),
  'driver-manifest': () => device({ driverManifest: makeDriverManifest(hopper, { version: '590.13' }) }),
  'firmware-manifest': () =>
    device({ firmwareManifest: makeFirmwareManifest(hopper, { version: '96.00.A5.00.02' }) }),
  'manifest-revocation': () => device(wordOn(1, 'reference')),
  measurements: () => {
    const measurements = MEASUREMENTS.map((value, at) => (at === 7 ? OTHER_48 : value));
    return device({ evidence: makeEvidence(hopper, { measurements }) });
  },
  hardware: () => device({ roots: simulated(makeInput(hopper).roots) }),
  architecture: () => device({}, { architectures: ['blackwell'] }),
  driver: () => device({}, { driverVersions: ['590.13'] }),
  bios: () => device({}, { biosVersions: ['96.00.A5.00.02'] }),
  mode: () => device({}, { modes: ['single-gpu-passthrough'] }),
  debug: () => {
    const house = makeDevice({ device: 'blackwell' });
    const extensions = [keyUsage('digitalSignature'), tcbInfo([FIRMWARE_ID], [0x10, 0, 0, 0])];
    const [own, rom] = house.chain;
    const leaf = makeCertificate({ subject: 'leaf', issuer: rom, keys: own.keys, extensions });
    const [, ...above] = house.chain;
    return device({ certificateChain: chainPem({ ...house, chain: [leaf, ...above] }) }, {}, house);
  },
};

const service = makeNrasHouse();
function answer(
  options: NrasOptions = {},
  policy: Partial<NrasPolicy> = {},
  input: Partial<NrasInput> = {},
): EvidencePart {
  return {
    kind: 'nras',
    input: { ...makeNrasInput(service, options), ...input },
    policy: {
      ...DEFAULT_NRAS_POLICY,
      driverVersions: ['550.90.07'],
      biosVersions: ['96.00.9F.00.01'],
      ...policy,
    },
  };
}
const NRAS: Table<NrasCheckName | NrasPolicyCheckName> = {
  key: () => answer({}, {}, { trust: {} }),
  signature: () => answer({ keys: testKeys('P-384') }),
  issuer: () => answer({}, {}, { issuer: 'https://nras.example' }),
  time: () => answer({}, {}, { asOf: DURING + 3600 }),
  devices: () => answer({ sent: ([overall, tokens]) => [overall, { 'GPU-1': tokens['GPU-0'] }] }),
  nonce: () => answer({}, {}, { nonce: new Uint8Array(32) }),
  hardware: () => {
    const { trust } = makeNrasInput(service);
    return answer({}, {}, { trust: { ...trust, roots: simulated(trust.roots) } });
  },
  result: () => answer({ overall: { 'x-nvidia-overall-att-result': false } }),
  claims: () => answer({ devices: { 'GPU-0': { ...GPU_CLAIMS, secboot: null } } }),
  driver: () => answer({}, { driverVersions: ['550.90.08'] }),
  bios: () => answer({}, { biosVersions: ['96.00.9F.00.02'] }),
};

/** Of a check that has nothing to rest on. */
const UNFOUNDED: readonly ReasonCode[] = ['evidence/prerequisite-failed', 'nvidia/reference-unverified'];

const KINDS: readonly (readonly [string, () => EvidencePart, Table<string>])[] = [
  ['nitro', nitro, NITRO],
  ['sev-snp', snp, SNP],
  ['tdx', quote, QUOTE],
  ['nvidia', device, NVIDIA],
  ['nras', answer, NRAS],
];

describe.each(KINDS)('%s', (kind, whole, table) => {
  it('passes every check, of which there is one in the table', async () => {
    const { checks, status } = await appraiseEvidence(whole());
    expect(checks.filter(check => check.status !== 'pass')).toEqual([]);
    expect(status).toBe('accepted');
    const names = checks.map(({ name }) => name);
    // A service's keys are no hardware's, so that there is nothing to say of it unless it is a simulated one.
    const all = kind === 'nras' ? [...names, 'hardware'] : names;
    if (kind === 'tdx') expect(all).toEqual(expect.arrayContaining(Object.keys(table)));
    else expect(all.toSorted()).toEqual(Object.keys(table).toSorted());
  });

  it.each(Object.entries(table))('%s: there is a document that fails it alone', async (name, make) => {
    const { checks, status, code } = await appraiseEvidence(make());
    expect(checks.filter(check => check.status === 'fail').map(check => check.name)).toEqual([name]);
    expect(status).toBe('refused');
    // What rests on it was not made; all else passed.
    const unmade = checks.flatMap(check => (check.status === 'not-checked' ? [check.code] : []));
    expect(unmade.filter(each => !UNFOUNDED.includes(each))).toEqual([]);
    expect(checks.find(check => check.name === name)).toMatchObject({ code });
  });
});
