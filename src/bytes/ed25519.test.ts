import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviantSignature, SMALL_POINTS, unsoundPublicKeys } from '../../test/support/ed25519.js';
import { publicKeys } from '../../test/support/keys.js';
import { signerFromSeed } from '../shell/node.js';
import { isSoundPublicKey, verifyCofactorless } from './ed25519.js';
import { concat, utf8 } from './octets.js';

const SEED = new Uint8Array(32).fill(5);
const KEY = signerFromSeed(SEED).publicKey;
const MESSAGE = utf8('message');

describe('RFC 8032 §5.1.3 and §5.1.5: which public keys are sound', () => {
  it('every one that a signer has', () => {
    fc.assert(
      fc.property(publicKeys, key => isSoundPublicKey(key)),
      { numRuns: 50 },
    );
  });

  it.each(unsoundPublicKeys())('not $name', ({ publicKey }) => {
    expect(isSoundPublicKey(publicKey)).toBe(false);
  });

  it.each([0, 31, 33, 64])('not one of %d bytes', length => {
    expect(isSoundPublicKey(concat(KEY, KEY).slice(0, length))).toBe(false);
  });

  it('not bytes that are no point', () => {
    expect(isSoundPublicKey(Uint8Array.of(2, ...new Uint8Array(31)))).toBe(false);
    expect(isSoundPublicKey(new Uint8Array(32).fill(0xff))).toBe(false);
  });

  it('the other sign of a sound key is a sound key, which signatures do not mistake for it', () => {
    const negative = KEY.with(31, (KEY[31] as number) ^ 0x80);
    expect(isSoundPublicKey(negative)).toBe(true);
    expect(verifyCofactorless(negative, MESSAGE, signerFromSeed(SEED).sign(MESSAGE))).toBe(false);
  });
});

describe('the cofactorless equation', () => {
  it('holds for what signers sign, and for no other message', () => {
    const signer = signerFromSeed(SEED);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), message => {
        const signature = signer.sign(message);
        expect(verifyCofactorless(signer.publicKey, message, signature)).toBe(true);
        expect(verifyCofactorless(signer.publicKey, concat(message, MESSAGE), signature)).toBe(false);
      }),
      { numRuns: 20 },
    );
  });

  it('holds for a signature made by hand, whatever its nonce', () => {
    for (const nonce of [1n, 2n, 77n, 1n << 200n])
      expect(verifyCofactorless(KEY, MESSAGE, deviantSignature(SEED, MESSAGE, { nonce }))).toBe(true);
  });

  it('holds only where R has no part of small order', () => {
    for (const smallPoint of SMALL_POINTS.keys()) {
      const signature = deviantSignature(SEED, MESSAGE, { smallPoint });
      expect(verifyCofactorless(KEY, MESSAGE, signature)).toBe(smallPoint === 0);
    }
  });
});
