import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESS, signText } from '../../test/support/evidence/dstack.js';
import { fromHex, toHex } from './hex.js';
import { personalMessageHash, recoverAddress } from './secp256k1.js';

const octets = (digits: string) => fromHex(digits) ?? expect.fail(digits);
const DIGEST = personalMessageHash('hello');
const SIGNATURE = signText('hello');

describe("the address of a signature in Ethereum's form", () => {
  it('of a signature that NEAR AI has published', () => {
    const text =
      '0353202f04c8a24a484c8e4b7ea0b186ea510e2ae0f1808875fd8a96a8059e39:479be7c96bb9b21ca927fe23f2f092abe2eb2fff7e3ad368ea96505e04673cdc';
    const signature =
      '5ed3ac0642bceb8cdd5b222cd2db36b92af2a4d427f11cd1bec0e5b732b94628015f32f2cec91865148bf9d6f56ab673645f6bc500421cd28ff120339ea7e1a01b';
    const address = recoverAddress(personalMessageHash(text), octets(signature));
    expect(address === null ? null : toHex(address)).toBe('1d58ee32e9eb327c074294a2b8320c47e33b9316');
  });

  it.each([0, 27])('with v counted from %i', first => {
    const v = (SIGNATURE[64] as number) - 27;
    expect(recoverAddress(DIGEST, SIGNATURE.with(64, first + v))).toEqual(ADDRESS);
  });

  it('is of whoever signed, for every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(recoverAddress(personalMessageHash(text), signText(text))).toEqual(ADDRESS);
      }),
      { numRuns: 20 },
    );
  });

  it('the other s of a signature is none', () => {
    const { r, s } = secp256k1.Signature.fromBytes(SIGNATURE.subarray(0, 64), 'compact');
    const other = new secp256k1.Signature(r, secp256k1.Point.Fn.ORDER - s).toBytes('compact');
    for (const v of [27, 28]) expect(recoverAddress(DIGEST, Uint8Array.of(...other, v))).toBeNull();
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['64 bytes', SIGNATURE.subarray(0, 64)],
    ['66 bytes', Uint8Array.of(...SIGNATURE, 0)],
    ['a v of 2', SIGNATURE.with(64, 2)],
    ['a v of 29', SIGNATURE.with(64, 29)],
    ['an r of zero', Uint8Array.of(...new Uint8Array(32), ...SIGNATURE.subarray(32))],
    ['an s of zero', Uint8Array.of(...SIGNATURE.subarray(0, 32), ...new Uint8Array(32), 27)],
    ['an r beyond the field', Uint8Array.of(...new Uint8Array(32).fill(255), ...SIGNATURE.subarray(32))],
  ])('null for %s', (_, signature) => {
    expect(recoverAddress(DIGEST, signature)).toBeNull();
  });

  it('no byte can be changed', () => {
    for (let at = 0; at < SIGNATURE.length; at++)
      expect(recoverAddress(DIGEST, SIGNATURE.with(at, (SIGNATURE[at] as number) ^ 1))).not.toEqual(ADDRESS);
  });
});
