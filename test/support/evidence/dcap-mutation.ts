/** Changes every byte of a quote and sees to it that what the verifier says of its coverage is so. */
import { expect } from 'vitest';
import { type DcapInput, type DcapReport, verifyDcap } from '../../../src/evidence/dcap/verify.js';
import { decidingCode, statusOf } from '../../../src/evidence/report.js';
import { Failure } from '../../../src/reason.js';
import { thorough } from '../thoroughness.js';

/** Everything that a report says of its checks, to compare. */
export const outcome = ({ checks }: DcapReport) =>
  checks.map(check => [check.name, check.status, 'code' in check ? check.code : null]);

/** The report, or null where the bytes could not be read at all. Whatever is no Failure passes through. */
export async function reportOrNull(input: DcapInput): Promise<DcapReport | null> {
  try {
    return await verifyDcap(input);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

const COVERED = 0;
const FRAMING = 1;
const FREE = 2;

/**
 * Of a quote that is good: a changed byte that a signature covers makes some check fail, one that follows the quote changes no check, and one
 * of a length or type leaves no quote, or one without certificates. Gives how many bytes are lengths and types, and how many follow.
 * All bytes are changed in the slow suite, in the unit suite those that no signature covers and every 127th of the others.
 */
export async function changeEveryByte(input: DcapInput): Promise<readonly [framing: number, free: number]> {
  const before = await verifyDcap(input);
  const kinds = new Uint8Array(input.quote.length).fill(COVERED);
  for (const { from, to, what } of before.uncovered)
    kinds.fill(what === 'what follows the quote' ? FREE : FRAMING, from, to);
  for (const [place, kind] of kinds.entries()) {
    if (kind === COVERED && place % thorough(1, 127) !== 0) continue;
    for (const mask of thorough([0x01, 0x80, 0xff], [0x10])) {
      const quote = input.quote.slice();
      quote[place] = (quote[place] ?? 0) ^ mask;
      const report = await reportOrNull({ ...input, quote });
      if (kind === FREE) {
        expect(report && outcome(report)).toEqual(outcome(before));
        expect(report?.signedRegion).toEqual(before.signedRegion);
      } else if (kind === FRAMING) {
        const code = report === null ? 'no quote' : decidingCode(report.checks);
        expect([place, code]).toEqual([
          place,
          expect.toBeOneOf(['no quote', 'quote/certification-unsupported']),
        ]);
      } else if (report !== null) expect([place, statusOf(report.checks)]).toEqual([place, 'refused']);
    }
  }
  const count = (kind: number) => kinds.filter(own => own === kind).length;
  return [count(FRAMING), count(FREE)];
}
