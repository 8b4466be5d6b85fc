import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { CHIP_ID, makeSnp, tcbOctets } from '../../../test/support/evidence/snp.js';
import { failureOf } from '../../../test/support/failure.js';
import { describeGenuine, genuine } from '../../../test/support/vectors.js';
import { toHex } from '../../bytes/hex.js';
import { parseSnpReport, SNP_REPORT_BYTES, SNP_UNCOVERED } from './layout.js';

const statedIn = (edit: (view: DataView, bytes: Uint8Array) => void, version?: number) =>
  parseSnpReport(makeSnp({ edit, ...(version === undefined ? {} : { version }) }).report).stated;

describe('AMD 56860, table 23: a report', () => {
  it('is left as it was, also where slices of it share its memory', () => {
    const { report } = makeSnp();
    const buffer = Buffer.from(report);
    expect(parseSnpReport(buffer)).toEqual(parseSnpReport(report));
    expect(new Uint8Array(buffer)).toEqual(report);
  });

  it('is read as it was made', () => {
    const { stated, signatureAlgorithm, signed, signature } = parseSnpReport(makeSnp().report);
    expect(stated).toMatchObject({
      version: 3,
      guestSvn: 2,
      vmpl: 0,
      hasAuthorKey: false,
      signingKey: 'vcek',
      measurement: new Uint8Array(48).fill(0x33),
      hostData: new Uint8Array(32).fill(0x44),
      reportIdOfMigrationAgent: new Uint8Array(32).fill(0xff),
      reportedTcb: tcbOctets('milan'),
      cpu: { family: 0x19, model: 1, stepping: 1 },
      chipId: CHIP_ID,
      currentVersion: '1.55.29',
      committedVersion: '1.55.29',
      launchMitigations: null,
      currentMitigations: null,
    });
    expect(toHex(stated.reportData)).toMatch(/^808182.*bebf$/);
    expect(signatureAlgorithm).toBe(1);
    expect(signed).toHaveLength(0x2a0);
    expect(signature).toHaveLength(96);
  });

  it('has each of its parts at its own place', () => {
    const parts: [keyof typeof places, number, number][] = [];
    const places = {
      familyId: [0x10, 16],
      imageId: [0x20, 16],
      reportData: [0x50, 64],
      measurement: [0x90, 48],
      hostData: [0xc0, 32],
      idKeyDigest: [0xe0, 48],
      authorKeyDigest: [0x110, 48],
      reportId: [0x140, 32],
      reportIdOfMigrationAgent: [0x160, 32],
      currentTcb: [0x38, 8],
      reportedTcb: [0x180, 8],
      chipId: [0x1a0, 64],
      committedTcb: [0x1e0, 8],
      launchTcb: [0x1f0, 8],
    } as const;
    for (const [name, [from, length]] of Object.entries(places))
      parts.push([name as keyof typeof places, from, length]);
    for (const [name, from, length] of parts) {
      const stated = statedIn((_, bytes) =>
        bytes
          .fill(0)
          .fill(0x77, from, from + length)
          .set([3, 0, 0, 0]),
      );
      for (const [other, , otherLength] of parts)
        expect(toHex(stated[other])).toBe((other === name ? '77' : '00').repeat(otherLength));
    }
  });

  it.each([
    ['abi', 0x1234n, '18.52'],
    ['smt', 1n << 16n, true],
    ['migrationAgent', 1n << 18n, true],
    ['debug', 1n << 19n, true],
    ['singleSocket', 1n << 20n, true],
    ['cxl', 1n << 21n, true],
    ['aes256Xts', 1n << 22n, true],
    ['raplDisabled', 1n << 23n, true],
    ['ciphertextHiding', 1n << 24n, true],
    ['pageSwapDisabled', 1n << 25n, true],
  ] as const)('table 9: the policy has %s', (name, bits, value) => {
    const { policy } = statedIn(view => view.setBigUint64(8, bits, true));
    const { policy: none } = statedIn(view => view.setBigUint64(8, 0n, true));
    expect(none).toEqual({ ...policy, [name]: name === 'abi' ? '0.0' : false });
    expect(policy[name]).toBe(value);
  });

  it.each([
    ['smt', 0],
    ['tsme', 1],
    ['ecc', 2],
    ['raplDisabled', 3],
    ['ciphertextHiding', 4],
    ['aliasCheckComplete', 5],
    ['tio', 7],
  ] as const)('the platform has %s', (name, bit) => {
    const { platform } = statedIn(view => view.setUint32(0x40, 1 << bit, true));
    expect(Object.entries(platform).filter(([, value]) => value)).toEqual([[name, true]]);
  });

  it.each([
    [0, 'vcek'],
    [1, 'vlek'],
    [7, 'none'],
    [2, null],
  ] as const)('signing key %d is %s', (number, signingKey) => {
    const stated = statedIn(view => view.setUint32(0x48, (number << 2) | 1, true));
    expect(stated).toMatchObject({ signingKey, hasAuthorKey: true });
  });

  it.each([
    [2, null, null],
    [3, { family: 0x19, model: 1, stepping: 1 }, null],
    [4, { family: 0x19, model: 1, stepping: 1 }, null],
    [5, { family: 0x19, model: 1, stepping: 1 }, 0x3fn],
  ])('version %d', (version, cpu, mitigations) => {
    const stated = parseSnpReport(makeSnp({ version }).report).stated;
    expect(stated).toMatchObject({
      version,
      cpu,
      launchMitigations: mitigations,
      currentMitigations: mitigations,
    });
  });

  it.each([0, 1, 6, 2 ** 32 - 1])('version %d is not known', version => {
    const { code, detail } = failureOf(() => statedIn(view => view.setUint32(0, version, true)));
    expect(code).toBe('snp/version-unsupported');
    expect(detail).toBe(`${version}`);
  });

  it.each([0, 1, 0x2a0, SNP_REPORT_BYTES - 1, SNP_REPORT_BYTES + 1, 4000])('%d bytes are none', length => {
    const bytes = new Uint8Array(length);
    bytes[0] = 3;
    expect(failureOf(() => parseSnpReport(bytes)).code).toBe('snp/malformed');
  });

  it('416 bytes are neither signed nor of the signature', () => {
    const lengths = SNP_UNCOVERED.map(({ from, to }) => to - from);
    expect(lengths).toEqual([24, 24, 368]);
    expect(lengths.reduce((sum, length) => sum + length)).toBe(416);
    // What is signed, the two numbers, and these are all of it.
    expect(0x2a0 + 2 * 48 + 416).toBe(SNP_REPORT_BYTES);
  });
});

describeGenuine('reports of AMD', () => {
  it.each([
    [
      'milan_attestation_report.bin',
      { version: 3, cpu: { family: 0x19, model: 1, stepping: 1 }, currentVersion: '1.55.29' },
    ],
    [
      'genoa_attestation_report.bin',
      { version: 3, cpu: { family: 0x19, model: 0x11, stepping: 1 }, currentVersion: '1.55.40' },
    ],
    [
      'turin_attestation_report.bin',
      {
        version: 5,
        cpu: { family: 0x1a, model: 2, stepping: 1 },
        currentVersion: '1.55.65',
        launchMitigations: 0x3fn,
      },
    ],
    ['debug_report.bin', { version: 2, cpu: null, currentVersion: '1.49.3' }],
  ])('%s', (name, expected) => {
    const { stated } = parseSnpReport(genuine(`sev-snp/${name}`));
    expect(stated).toMatchObject(expected);
    expect(stated.policy.debug).toBe(name.startsWith('debug'));
  });
});
