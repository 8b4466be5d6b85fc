/** Each byte of a report, changed: what is signed and the signature must fail, and what nobody has signed must change no check at all. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { makeSnp } from '../../../test/support/evidence/snp.js';
import { mutants, neighbours } from '../../../test/support/mutation.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { describeGenuine, genuine, genuineText } from '../../../test/support/vectors.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { certificatesFromPem } from '../x509/pem.js';
import { SNP_UNCOVERED } from './layout.js';
import { type SnpInput, type SnpReport, verifySnp } from './verify.js';

const isUncovered = (at: number) => SNP_UNCOVERED.some(({ from, to }) => at >= from && at < to);

/** The report, or the code with which it could not be read. Whatever else is thrown passes through. */
async function readOrRefused(input: SnpInput): Promise<SnpReport | string> {
  try {
    return await verifySnp(input);
  } catch (error) {
    if (error instanceof Failure && /^snp\/(malformed|version-unsupported)$/.test(error.code))
      return error.code;
    throw error;
  }
}

async function assertEveryByteCounts(input: SnpInput, step: number): Promise<void> {
  const original = await verifySnp(input);
  for (let at = 0; at < input.report.length; at += step) {
    const report = input.report.slice();
    report[at] = (report[at] as number) ^ (1 << (at % 8));
    const found = await readOrRefused({ ...input, report });
    if (!isUncovered(at)) {
      const isRefused = typeof found === 'string' || found.checks.some(({ status }) => status === 'fail');
      expect(isRefused, `byte ${at}`).toBe(true);
      continue;
    }
    if (typeof found === 'string') throw new Error(`byte ${at}: ${found}`);
    expect(found.checks, `byte ${at}`).toEqual(original.checks);
    expect(found.fields).toEqual(original.fields);
    expect(found.signedRegion).toEqual(original.signedRegion);
    expect(found.whole).not.toEqual(original.whole);
  }
}

describe('a report that was made for the tests', () => {
  it.each([
    ['milan', 'vcek'],
    ['milan', 'vlek'],
    ['genoa', 'vcek'],
    ['turin', 'vcek'],
  ] as const)('%s, %s: every byte counts, or is said not to', async (product, kind) => {
    await assertEveryByteCounts(makeSnp({ product, kind }), thorough(1, 23));
  });

  it('of another length is none', async () => {
    const input = makeSnp();
    for (const length of [0, 1, 671, 672, 1183])
      expect(await readOrRefused({ ...input, report: input.report.slice(0, length) })).toBe('snp/malformed');
    const longer = new Uint8Array(1185);
    longer.set(input.report);
    expect(await readOrRefused({ ...input, report: longer })).toBe('snp/malformed');
  });

  it('with a damaged certificate is refused', async () => {
    const input = makeSnp();
    const { certificate } = input.signer;
    await fc.assert(
      fc.asyncProperty(mutants([certificate]), async damaged => {
        const found = await verifySnp({ ...input, signer: { kind: 'vcek', certificate: damaged } });
        const isRefused = found.checks.some(({ status }) => status === 'fail');
        expect(isRefused).toBe(!equal(damaged, certificate));
      }),
      { numRuns: thorough(3000, 40) },
    );
  });

  it('with a certificate at one byte from its own is refused', async () => {
    const input = makeSnp();
    let place = 0;
    for (const certificate of neighbours(input.signer.certificate)) {
      if (place++ % thorough(11, 1499) !== 0) continue;
      const found = await verifySnp({ ...input, signer: { kind: 'vcek', certificate } });
      expect(found.checks[0]?.status).toBe('fail');
    }
  });
});

describeGenuine('a report of AMD', () => {
  it.each(['milan', 'genoa', 'turin'])('%s: every byte counts, or is said not to', async product => {
    const [signer] = certificatesFromPem(genuineText(`sev-snp/${product}_vcek.pem`));
    const input: SnpInput = {
      report: genuine(`sev-snp/${product}_attestation_report.bin`),
      signer: { kind: 'vcek', certificate: signer?.bytes ?? new Uint8Array() },
      asOf: Date.UTC(2026, 5, 1) / 1000,
    };
    await assertEveryByteCounts(input, thorough(1, 43));
  });
});
