/** No byte of a document can be changed without a check that fails: there is none that no signature covers, or that has another form. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { makeNitro, NITRO_TEST_ROOTS } from '../../../test/support/evidence/nitro.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { mutants } from '../../../test/support/mutation.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { describeGenuine, genuine } from '../../../test/support/vectors.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { statusOf } from '../report.js';
import { NITRO_ROOTS } from './roots.js';
import { type NitroInput, verifyNitro } from './verify.js';

/** `malformed`, or what the checks come to. Whatever is thrown and is no refusal to read passes through. */
async function fateOf(input: NitroInput): Promise<string> {
  try {
    return statusOf((await verifyNitro(input)).checks);
  } catch (error) {
    if (error instanceof Failure && error.code === 'nitro/malformed') return 'malformed';
    throw error;
  }
}

/** Flips a bit in each of the bytes: in each of them in the slow suite, in some elsewhere. Gives how often each fate was met. */
async function flipped(input: NitroInput, first: number): Promise<Record<string, number>> {
  const fates: Record<string, number> = {};
  const { document } = input;
  for (let at = first; at < document.length; at += thorough(1, 97)) {
    const changed = document.slice();
    changed[at] = (changed[at] as number) ^ (1 << (at % 8));
    const fate = await fateOf({ ...input, document: changed });
    fates[fate] = (fates[fate] ?? 0) + 1;
  }
  return fates;
}

describe('a document that was made for the tests', () => {
  const input = { document: makeNitro(), asOf: DURING + 1, roots: NITRO_TEST_ROOTS };

  it('is accepted as it is', async () => {
    expect(await fateOf(input)).toBe('accepted');
  });

  it('no byte of it can be another', async () => {
    const { accepted, refused, malformed } = await flipped(input, 0);
    expect(accepted).toBeUndefined();
    expect(refused).toBeGreaterThan(0);
    expect(malformed).toBeGreaterThan(0);
  });

  it('every byte of its frame is needed', async () => {
    // The head of the array, the headers, and the length of the payload; then the head of the signature.
    const places = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, input.document.length - 97, input.document.length - 98];
    for (const at of places)
      for (let bit = 0; bit < 8; bit += thorough(1, 3)) {
        const changed = input.document.slice();
        changed[at] = (changed[at] as number) ^ (1 << bit);
        expect(await fateOf({ ...input, document: changed })).not.toBe('accepted');
      }
  });

  it('damage of any kind is found', async () => {
    await fc.assert(
      fc.asyncProperty(mutants([input.document]), async document => {
        const fate = await fateOf({ ...input, document });
        // The tag in front may be there or not; no signature covers that.
        const bare = document[0] === 0xd2 ? document.subarray(1) : document;
        expect(fate === 'accepted').toBe(equal(bare, input.document));
      }),
      { numRuns: thorough(3000, 60) },
    );
  });
});

describeGenuine('a document of AWS', () => {
  it('no byte of it can be another', async () => {
    const asOf = Date.parse('2022-10-13T08:58:03Z') / 1000;
    const input = { document: genuine('nitro/production.bin'), asOf, roots: NITRO_ROOTS };
    expect(await fateOf(input)).toBe('accepted');
    const { accepted, refused } = await flipped(input, 7);
    expect(accepted).toBeUndefined();
    expect(refused).toBeGreaterThan(thorough(4000, 40));
  });
});
