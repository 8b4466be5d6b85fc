import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KINDS } from '../../../test/support/evidence/material.js';
import { reasonOf } from '../../../test/support/failure.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { TCB_STATUSES } from '../../evidence/dcap/tcb-status.js';
import type { EvidenceKind } from '../../evidence/report.js';
import { STRICT_NVIDIA_POLICY } from '../evidence/nvidia-policy.js';
import { formatPolicy, type PolicyOf, parsePolicy, USUAL_POLICY } from './policy-text.js';

const octets = Uint8Array.of(0, 0xab, 0xff);
const tcb = { fmc: null, bootLoader: 4, tee: 0, snp: 22, microcode: 255 };
const FULL: PolicyOf = {
  nitro: {
    maximumAge: 1,
    maximumAhead: 0,
    pcrs: new Map([
      [0, [octets]],
      [16, [octets, new Uint8Array()]],
    ]),
    nonce: octets,
    publicKey: octets,
    userData: octets,
  },
  'sev-snp': {
    ...USUAL_POLICY['sev-snp'],
    vmpls: [0, 1, 2, 3],
    minimumTcb: { milan: tcb, turin: { ...tcb, fmc: 1 } },
    measurements: [octets],
    reportData: octets,
    hostData: octets,
    revocation: 'required',
  },
  tdx: {
    ...USUAL_POLICY.tdx,
    statuses: [
      ...TCB_STATUSES.filter(status => status !== 'Revoked'),
      'TDRelaunchAdvised',
      'TDRelaunchAdvisedConfigurationNeeded',
    ],
    advisories: null,
    minimumTcbDate: 1_700_000_000,
    measurements: { mrTd: [octets], rtMr3: [octets, octets], mrSeam: [] },
    reportData: octets,
  },
  sgx: { ...USUAL_POLICY.sgx, advisories: ['INTEL-SA-00615'], measurements: { mrSigner: [octets] } },
  nvidia: { ...STRICT_NVIDIA_POLICY, driverVersions: ['550.90.07'], biosVersions: [], modes: ['unknown'] },
  nras: { nonceRequired: false, driverVersions: ['a', 'é'], biosVersions: null },
};

describe.each(KINDS)('a policy about %s', kind => {
  it.each([
    ['the usual one', USUAL_POLICY],
    ['one that says all that it can', FULL],
  ])('%s is read as it was written', (_, policies) => {
    expect(parsePolicy(kind, formatPolicy(kind, policies[kind]))).toEqual(policies[kind]);
  });

  it('with a member more or less, or of another type, is none: archive/policy-malformed', () => {
    const text = fromUtf8(formatPolicy(kind, FULL[kind])) ?? '';
    const members = JSON.parse(text) as Record<string, unknown>;
    for (const name of Object.keys(members)) {
      const { [name]: _, ...fewer } = members;
      for (const changed of [fewer, { ...members, [name]: { z: 1 } }, { ...members, [name]: 1.5 }])
        expect(reasonOf(() => parsePolicy(kind, sorted(changed)))).toBe('archive/policy-malformed');
    }
    expect(reasonOf(() => parsePolicy(kind, sorted({ ...members, zzz: 1 })))).toBe(
      'archive/policy-malformed',
    );
  });

  it('is refused in every other writing', () => {
    const text = fromUtf8(formatPolicy(kind, FULL[kind])) ?? '';
    for (const changed of ['', '[]', 'null', ` ${text}`, text.replace('"', ' "'), text.slice(1), `${text}\n`])
      expect(reasonOf(() => parsePolicy(kind, utf8(changed)))).toBe('archive/policy-malformed');
  });

  it('whatever stands there, it is read or refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(utf8)), bytes => {
        expect(reasonOf(() => parsePolicy(kind, bytes))).toBe('archive/policy-malformed');
      }),
      { numRuns: 50 },
    );
  });
});

describe('a policy', () => {
  it('has hexadecimal in small letters, and registers as numbers', () => {
    const nitro = fromUtf8(formatPolicy('nitro', FULL.nitro)) ?? '';
    const others = [
      nitro.replaceAll('00abff', '00ABFF'),
      nitro.replace('"16"', '"016"'),
      nitro.replace('"16"', '"100"'),
    ];
    for (const text of others) {
      expect(text).not.toBe(nitro);
      expect(reasonOf(() => parsePolicy('nitro', utf8(text)))).toBe('archive/policy-malformed');
    }
  });

  it('cannot be larger than that, nor be of what no policy is', () => {
    const large = { ...USUAL_POLICY.nras, driverVersions: Array.from({ length: 5000 }, () => 'a') };
    const wrong: [EvidenceKind, unknown][] = [
      ['nras', large],
      ['nras', { ...USUAL_POLICY.nras, driverVersions: ['a'.repeat(300_000)] }],
      ['nitro', { ...USUAL_POLICY.nitro, maximumAge: -1 }],
      ['tdx', { ...USUAL_POLICY.tdx, statuses: ['Revoked'] }],
    ];
    for (const [kind, policy] of wrong)
      expect(reasonOf(() => formatPolicy(kind, policy as never))).toBe('archive/policy-malformed');
  });
});

function sorted(members: Record<string, unknown>): Uint8Array {
  return utf8(
    JSON.stringify(Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)))),
  );
}
