import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { SAFE_DCAP_POLICY } from './dcap-policy.js';
import { SAFE_NITRO_POLICY } from './nitro-policy.js';
import { DEFAULT_NVIDIA_POLICY } from './nvidia-policy.js';
import {
  DcapPolicyForm,
  dcapPolicyOf,
  NitroPolicyForm,
  NvidiaPolicyForm,
  nitroPolicyOf,
  nvidiaPolicyOf,
  SnpPolicyForm,
  snpPolicyOf,
} from './policy-form.js';
import { SAFE_SNP_POLICY } from './snp-policy.js';

const bytes = (length: number) => new Uint8Array(length).fill(0xab);
const hex = (length: number) => 'ab'.repeat(length);

describe('a policy that says nothing is the safe one', () => {
  it('of each kind', () => {
    expect(nitroPolicyOf(v.parse(NitroPolicyForm, {}))).toEqual(SAFE_NITRO_POLICY);
    expect(snpPolicyOf(v.parse(SnpPolicyForm, {}))).toEqual(SAFE_SNP_POLICY);
    expect(dcapPolicyOf(v.parse(DcapPolicyForm, {}))).toEqual(SAFE_DCAP_POLICY);
    expect(nvidiaPolicyOf(v.parse(NvidiaPolicyForm, {}))).toEqual(DEFAULT_NVIDIA_POLICY);
    expect([nitroPolicyOf(), snpPolicyOf(), dcapPolicyOf(), nvidiaPolicyOf()]).toEqual([
      SAFE_NITRO_POLICY,
      SAFE_SNP_POLICY,
      SAFE_DCAP_POLICY,
      DEFAULT_NVIDIA_POLICY,
    ]);
  });
});

describe('what a policy says', () => {
  it('of Nitro', () => {
    const form = { maximumAge: 60, pcrs: { 0: [hex(48)], 31: [] }, nonce: 'ab', userData: '' };
    expect(nitroPolicyOf(v.parse(NitroPolicyForm, form))).toEqual({
      ...SAFE_NITRO_POLICY,
      maximumAge: 60,
      pcrs: new Map([
        [0, [bytes(48)]],
        [31, []],
      ]),
      nonce: bytes(1),
      userData: new Uint8Array(),
    });
  });

  it('of SEV-SNP', () => {
    const tcb = { bootLoader: 1, tee: 2, snp: 3, microcode: 255 };
    const form = { vmpls: [0, 1], minimumTcb: { milan: tcb }, measurements: [hex(48)], reportData: hex(64) };
    expect(snpPolicyOf(v.parse(SnpPolicyForm, form))).toEqual({
      ...SAFE_SNP_POLICY,
      vmpls: [0, 1],
      minimumTcb: { milan: { ...tcb, fmc: null } },
      measurements: [bytes(48)],
      reportData: bytes(64),
    });
  });

  it('of TDX and SGX', () => {
    const form = {
      statuses: ['UpToDate', 'OutOfDate', 'TDRelaunchAdvised'],
      advisories: null,
      minimumTcbDate: '2025-01-01T00:00:00Z',
      measurements: { mrTd: [hex(48)], mrEnclave: [hex(32)] },
    };
    expect(dcapPolicyOf(v.parse(DcapPolicyForm, form))).toEqual({
      ...SAFE_DCAP_POLICY,
      ...form,
      minimumTcbDate: Date.UTC(2025, 0, 1) / 1000,
      measurements: { mrTd: [bytes(48)], mrEnclave: [bytes(32)] },
    });
  });

  it('of NVIDIA', () => {
    const form = { required: ['nonce', 'revocation'], driverVersions: ['590.12'], modes: null };
    expect(nvidiaPolicyOf(v.parse(NvidiaPolicyForm, form))).toEqual({ ...DEFAULT_NVIDIA_POLICY, ...form });
  });
});

describe('what is refused', () => {
  it.each<readonly [string, v.GenericSchema, unknown]>([
    ['a member that no policy has', NitroPolicyForm, { debug: true }],
    ['a register that there is not', NitroPolicyForm, { pcrs: { 32: [] } }],
    ['a register by another name', NitroPolicyForm, { pcrs: { '01': [] } }],
    ['a measurement that is too short', NitroPolicyForm, { pcrs: { 0: [hex(47)] } }],
    ['digits in upper case', NitroPolicyForm, { nonce: 'AB' }],
    ['an age that is none', NitroPolicyForm, { maximumAge: -1 }],
    ['an age that is for ever', NitroPolicyForm, { maximumAge: 1e300 }],
    ['debugging', SnpPolicyForm, { debug: true }],
    ['a privilege level that there is not', SnpPolicyForm, { vmpls: [4] }],
    ['half a TCB', SnpPolicyForm, { minimumTcb: { milan: { snp: 1 } } }],
    ['a line that is not known', SnpPolicyForm, { minimumTcb: { rome: null } }],
    ['report data that is too long', SnpPolicyForm, { reportData: hex(65) }],
    ['a revoked platform', DcapPolicyForm, { statuses: ['Revoked'] }],
    ['a measurement that there is not', DcapPolicyForm, { measurements: { mrAll: [] } }],
    ['a measurement of the other length', DcapPolicyForm, { measurements: { mrEnclave: [hex(48)] } }],
    ['a time that is none', DcapPolicyForm, { minimumTcbDate: '2025-13-01T00:00:00Z' }],
    ['a check that is not optional', NvidiaPolicyForm, { required: ['signature'] }],
    ['an architecture that is not known', NvidiaPolicyForm, { architectures: ['volta'] }],
    ['a list', NvidiaPolicyForm, ['nonce']],
  ])('%s', (_, schema, value) => {
    expect(v.safeParse(schema, value).success).toBe(false);
  });
});
