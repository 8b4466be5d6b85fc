import { beforeAll, describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  chainPem,
  type DeviceHouse,
  FIRMWARE_ID,
  makeDevice,
  makeEvidence,
  makeInput,
  makeWordOfAuthorities,
  opaqueOf,
  tcbInfo,
} from '../../../test/support/evidence/nvidia.js';
import { keyUsage, makeCertificate } from '../../../test/support/evidence/x509-maker.js';
import { type NvidiaInput, type NvidiaReport, verifyNvidia } from '../../evidence/nvidia/verify.js';
import { decidingCode, statusOf } from '../../evidence/report.js';
import type { ReasonCode } from '../../reason.js';
import {
  appraiseNvidia,
  DEFAULT_NVIDIA_POLICY,
  type NvidiaPolicy,
  type NvidiaPolicyCheckName,
  STRICT_NVIDIA_POLICY,
} from './nvidia-policy.js';

let hopper: DeviceHouse;
let complete: NvidiaReport;
let bare: NvidiaReport;
let ofSwitch: NvidiaReport;

const bareInput = (house: DeviceHouse): NvidiaInput => {
  const { evidence, certificateChain, asOf, roots = [] } = makeInput(house);
  return { evidence, certificateChain, asOf, roots };
};

beforeAll(async () => {
  hopper = makeDevice();
  const input = makeInput(hopper);
  complete = await verifyNvidia({ ...input, revocation: { ocsp: makeWordOfAuthorities(hopper) } });
  bare = await verifyNvidia(bareInput(hopper));
  ofSwitch = await verifyNvidia(bareInput(makeDevice({ device: 'nvswitch' })));
});

async function decide(report: NvidiaReport, policy?: NvidiaPolicy): Promise<[string, ReasonCode | null]> {
  const checks = await appraiseNvidia(report, policy);
  return [statusOf(checks), decidingCode(checks)];
}

const policyWith = (change: Partial<NvidiaPolicy>): NvidiaPolicy => ({ ...DEFAULT_NVIDIA_POLICY, ...change });

describe('the policy that holds when nobody says another', () => {
  it('accepts genuine devices, and leaves what was not checked in the report as that', async () => {
    expect(await decide(bare)).toEqual(['accepted', null]);
    expect(await decide(ofSwitch)).toEqual(['accepted', null]);
    const unmade = (await appraiseNvidia(bare)).filter(({ status }) => status === 'not-checked');
    expect(unmade.map(({ name }) => name)).toEqual([
      'nonce',
      'revocation',
      'driver-manifest',
      'firmware-manifest',
      'manifest-revocation',
      'measurements',
    ]);
    expect(unmade.every(check => 'waived' in check && check.waived)).toBe(true);
  });

  it('waives no check that failed', async () => {
    const report = await verifyNvidia({ ...bareInput(hopper), nonce: new Uint8Array(32) });
    expect(await decide(report)).toEqual(['refused', 'nvidia/nonce-mismatch']);
  });

  it('makes its own checks in their order, behind those of the report', async () => {
    const names: readonly NvidiaPolicyCheckName[] = ['architecture', 'driver', 'bios', 'mode', 'debug'];
    const checks = await appraiseNvidia(bare);
    expect(checks.map(({ name }) => name)).toEqual([...bare.checks.map(({ name }) => name), ...names]);
  });
});

describe('the strict policy', () => {
  it('accepts what everything was given for, and nothing else', async () => {
    expect(await decide(complete, STRICT_NVIDIA_POLICY)).toEqual(['accepted', null]);
    expect(await decide(bare, STRICT_NVIDIA_POLICY)).toEqual(['inconclusive', 'nvidia/nonce-not-given']);
  });

  it.each([
    ['nonce', 'nvidia/nonce-not-given'],
    ['revocation', 'nvidia/revocation-not-given'],
    ['measurements', 'nvidia/reference-not-given'],
    ['firmware-id', null],
  ] as const)('%s may be required alone', async (name, code) => {
    const decision = await decide(bare, policyWith({ required: [name] }));
    expect(decision).toEqual([code === null ? 'accepted' : 'inconclusive', code]);
  });

  it('what a switch never says is not asked of it, unless by name', async () => {
    expect(await decide(ofSwitch, policyWith({ required: ['firmware-id'] }))).toEqual([
      'inconclusive',
      'nvidia/firmware-id-absent',
    ]);
    expect(STRICT_NVIDIA_POLICY.required).not.toContain('firmware-id');
  });
});

describe('lists of a policy', () => {
  it.each<[string, Partial<NvidiaPolicy>, ReasonCode | null]>([
    ['this architecture', { architectures: ['hopper'] }, null],
    ['other architectures', { architectures: ['blackwell', 'nvswitch'] }, 'nvidia/architecture-refused'],
    ['no architecture', { architectures: [] }, 'nvidia/architecture-refused'],
    ['this driver', { driverVersions: ['590.12'] }, null],
    ['another driver', { driverVersions: ['590.13', '590.1'] }, 'nvidia/driver-refused'],
    ['this BIOS', { biosVersions: ['96.00.A5.00.01'] }, null],
    ['another BIOS', { biosVersions: [] }, 'nvidia/bios-refused'],
    ['this mode', { modes: ['protected-pcie'] }, null],
    ['another mode', { modes: ['single-gpu-passthrough'] }, 'nvidia/mode-refused'],
  ])('of %s', async (_, change, code) => {
    expect(await decide(bare, policyWith(change))).toEqual([code === null ? 'accepted' : 'refused', code]);
  });

  it('of drivers do not concern a switch, of its BIOS they do', async () => {
    expect(await decide(ofSwitch, policyWith({ driverVersions: [] }))).toEqual(['accepted', null]);
    expect(await decide(ofSwitch, policyWith({ biosVersions: [] }))).toEqual([
      'refused',
      'nvidia/bios-refused',
    ]);
  });

  it('refuse a device that does not say what is asked', async () => {
    const silent = [...opaqueOf('hopper')].filter(([type]) => ![3, 6, 36].includes(type));
    const evidence = makeEvidence(hopper, { opaque: silent });
    const report = await verifyNvidia({ ...bareInput(hopper), evidence });
    expect(await decide(report)).toEqual(['accepted', null]);
    for (const [change, code] of [
      [{ driverVersions: ['590.12'] }, 'nvidia/driver-refused'],
      [{ biosVersions: ['96.00.A5.00.01'] }, 'nvidia/bios-refused'],
      [{ modes: ['protected-pcie'] }, 'nvidia/mode-refused'],
    ] as const)
      expect(await decide(report, policyWith(change))).toEqual(['refused', code]);
  });
});

describe('what no policy accepts', () => {
  it.each<[string, Partial<NvidiaInput> | null]>([
    ['under a root that nobody pinned', { roots: [] }],
    ['with a signature of nobody’s', null],
  ])('evidence %s, of which nothing is judged', async (_, change) => {
    const forged = () => ({ evidence: makeEvidence(hopper, { signer: hopper.chain[1] }) });
    const report = await verifyNvidia({ ...bareInput(hopper), ...(change ?? forged()) });
    const checks = await appraiseNvidia(report);
    expect(statusOf(checks)).toBe('refused');
    for (const check of checks.slice(report.checks.length))
      expect(check).toMatchObject({ status: 'not-checked', code: 'evidence/prerequisite-failed' });
  });

  it('a mode that nobody knows', async () => {
    const opaque = [...opaqueOf('hopper').set(36, Uint8Array.of(9))];
    const report = await verifyNvidia({ ...bareInput(hopper), evidence: makeEvidence(hopper, { opaque }) });
    expect(report.fields.mode).toBe('unknown');
    expect(await decide(report)).toEqual(['refused', 'nvidia/mode-refused']);
  });

  it('a device that says that it is open for debugging', async () => {
    const house = makeDevice({ device: 'blackwell' });
    const extensions = [keyUsage('digitalSignature'), tcbInfo([FIRMWARE_ID], [0x10, 0, 0, 0])];
    const leaf = makeCertificate({
      subject: 'leaf',
      issuer: house.chain[1],
      keys: house.chain[0].keys,
      extensions,
    });
    const chain = [leaf, ...house.chain.slice(1)] as unknown as DeviceHouse['chain'];
    const report = await verifyNvidia({
      ...bareInput(house),
      certificateChain: chainPem({ ...house, chain }),
    });
    expect(statusOf(report.checks)).toBe('inconclusive');
    expect(await decide(report)).toEqual(['refused', 'nvidia/debug-enabled']);
  });

  it('a device that we do not know', async () => {
    const report = await verifyNvidia(bareInput(makeDevice({ model: 'AD102 A01 GSP BROM' })));
    expect(await decide(report)).toEqual(['refused', 'nvidia/device-unknown']);
    const checks = await appraiseNvidia(report);
    expect(checks.find(({ name }) => name === 'architecture')).toMatchObject({
      code: 'nvidia/architecture-refused',
      detail: 'AD102 A01 GSP BROM',
    });
  });
});
