/** Every byte of what a device signs, flipped; and whatever else a stranger makes of it. The slow suite flips all of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  chainPem,
  MEASUREMENTS,
  makeDevice,
  makeEvidence,
  makeInput,
} from '../../../test/support/evidence/nvidia.js';
import { mutants } from '../../../test/support/mutation.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { describeGenuine, genuine } from '../../../test/support/vectors.js';
import { fromHex, toHex } from '../../bytes/hex.js';
import { concat, fromUtf8, utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { statusOf } from '../report.js';
import { parseEvidenceFile } from './evidence-file.js';
import { type NvidiaInput, type NvidiaReport, verifyNvidia } from './verify.js';

/** Null where it is refused with a code before there is a report. */
async function reportOf(input: NvidiaInput): Promise<NvidiaReport | null> {
  try {
    return await verifyNvidia(input);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(['nvidia/malformed', 'certificate/malformed', 'certificate/chain-too-long']).toContain(error.code);
    return null;
  }
}

/** The places of bytes that can be flipped with the signature still good. */
async function malleable(input: NvidiaInput, step: number): Promise<number[]> {
  const found: number[] = [];
  for (let at = 0; at < input.evidence.length; at += step) {
    const evidence = input.evidence.slice();
    evidence[at] = (evidence[at] as number) ^ (1 << (at % 8));
    const report = await reportOf({ ...input, evidence });
    const signature = report?.checks.find(({ name }) => name === 'signature');
    if (signature?.status === 'pass') found.push(at);
  }
  return found;
}

const house = makeDevice();
const { evidence, certificateChain, asOf, roots = [], nonce = new Uint8Array() } = makeInput(house);
const input = { evidence, certificateChain, asOf, roots, nonce };

describe('evidence of an NVIDIA device, changed', () => {
  it('there is no byte of it that the signature does not cover', async () => {
    expect((await verifyNvidia(input)).checks.map(({ status }) => status).slice(0, 5)).toEqual(
      new Array(5).fill('pass'),
    );
    expect(await malleable(input, thorough(1, 97))).toEqual([]);
  });

  it.each(['blackwell', 'nvswitch'] as const)('nor of that of %s', async device => {
    const { evidence, certificateChain, asOf, roots = [] } = makeInput(makeDevice({ device }));
    expect(await malleable({ evidence, certificateChain, asOf, roots }, thorough(1, 197))).toEqual([]);
  });

  it('the twin that every signature of ECDSA has is good as well, and leaves the evidence the same', async () => {
    const order = BigInt(
      '0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    );
    const twin = (order - BigInt(`0x${toHex(evidence.slice(-48))}`)).toString(16).padStart(96, '0');
    const changed = concat(evidence.slice(0, -48), fromHex(twin) as Uint8Array);
    const [report, own] = [await verifyNvidia({ ...input, evidence: changed }), await verifyNvidia(input)];
    expect(report.checks).toEqual(own.checks);
    expect(report.signedRegion).toEqual(own.signedRegion);
    expect(report.whole).not.toEqual(own.whole);
  });

  it('a device that measures anything else, and signs it, differs from its manifests just there', async () => {
    const { driverManifest, firmwareManifest, referenceRoots = [] } = makeInput(house);
    if (driverManifest === undefined || firmwareManifest === undefined) throw new Error('no manifests');
    const manifests = { driverManifest, firmwareManifest, referenceRoots };
    // The manifests speak for these; 35 is the video decoder, which is off.
    const compared = new Map([
      [0, '0'],
      [2, '2'],
      [7, '7'],
    ]);
    for (const index of [0, 1, 2, 7, 35, 63]) {
      const measurements = MEASUREMENTS.map((value, at) => (at === index ? new Uint8Array(48) : value));
      const other = makeEvidence(house, { measurements });
      const report = await verifyNvidia({ ...input, ...manifests, evidence: other });
      const check = report.checks.find(({ name }) => name === 'measurements');
      const detail = compared.get(index);
      expect(check).toMatchObject(
        detail === undefined ? { status: 'pass' } : { code: 'nvidia/measurement-mismatch', detail },
      );
    }
  });

  it('damage of any kind is refused with a code, and accepted only where nothing was changed', async () => {
    const property = fc.asyncProperty(mutants([evidence]), async bytes => {
      const report = await reportOf({ ...input, evidence: bytes });
      if (report === null || Buffer.from(bytes).equals(evidence)) return;
      expect(statusOf(report.checks)).toBe('refused');
    });
    await fc.assert(property, { numRuns: thorough(2000, 30) });
  });

  it('damage to the chain is refused with a code, or leaves the certificates what they were', async () => {
    const whole = (await verifyNvidia(input)).checks;
    const property = fc.asyncProperty(mutants([utf8(chainPem(house))]), async bytes => {
      const text = fromUtf8(bytes);
      const report = text === null ? null : await reportOf({ ...input, certificateChain: text });
      if (report === null || statusOf(report.checks) === 'refused') return;
      expect(report.checks).toEqual(whole);
    });
    await fc.assert(property, { numRuns: thorough(2000, 30) });
  });
});

describeGenuine('genuine evidence of an H100, changed', () => {
  it('there is no byte of it that the signature does not cover', async () => {
    const [item] = parseEvidenceFile(genuine('nvidia/hopper_evidence.json'));
    if (item === undefined) throw new Error('no device');
    const genuineInput = { ...item, architecture: 'hopper' as const, asOf: Date.UTC(2026, 5, 10) / 1000 };
    expect(await malleable(genuineInput, thorough(1, 131))).toEqual([]);
  });
});
