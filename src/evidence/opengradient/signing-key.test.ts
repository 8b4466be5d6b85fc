import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  ENCLAVE,
  KEY,
  keyPem,
  OTHER_ENCLAVE,
  signPss,
  userData,
} from '../../../test/support/evidence/opengradient.js';
import { testKeys } from '../../../test/support/evidence/x509-maker.js';
import { failureOf, reasonOf } from '../../../test/support/failure.js';
import { keccak256, sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { concat, utf8 } from '../../bytes/octets.js';
import { isSignedBy, parseSigningKey, uint256 } from './signing-key.js';
import { attestedDigests } from './user-data.js';

describe('a signing key', () => {
  const key = { spki: ENCLAVE.spki, teeId: keccak256(ENCLAVE.spki) };
  it.each([
    ['PEM', KEY],
    ['PEM without the last line end', utf8(keyPem(ENCLAVE).trimEnd())],
    ['DER', ENCLAVE.spki],
    [
      'the answer of /signing-key',
      utf8(JSON.stringify({ public_key: keyPem(ENCLAVE), tee_id: 'x', measurements: null })),
    ],
  ])('in %s', (_, bytes) => {
    expect(parseSigningKey(bytes)).toEqual(key);
  });

  it.each<readonly [string, Uint8Array]>([
    ['nothing', utf8('')],
    ['text', utf8('hello')],
    ['a key on a curve', testKeys('P-256').spki],
    ['DER with something behind it', concat(ENCLAVE.spki, utf8('x'))],
    ['two keys', utf8(keyPem(ENCLAVE) + keyPem(OTHER_ENCLAVE))],
    ['PEM of something else', utf8(keyPem(ENCLAVE).replaceAll('PUBLIC KEY', 'CERTIFICATE'))],
    ['an answer without a key', utf8('{}')],
    ['an answer with a key that is none', utf8('{"public_key":"x"}')],
    ['more than any key has', new Uint8Array(16 * 1024 + 1)],
  ])('refused: %s', (_, bytes) => {
    expect(reasonOf(() => parseSigningKey(bytes))).toBe('opengradient/key-malformed');
  });

  it('signs with a salt of 32 bytes, and no other', async () => {
    const message = sha256(utf8('message'));
    expect(await isSignedBy(key, message, signPss(ENCLAVE, message))).toBe(true);
    expect(await isSignedBy(key, message, signPss(ENCLAVE, message, 20))).toBe(false);
    expect(await isSignedBy(key, message, signPss(OTHER_ENCLAVE, message))).toBe(false);
  });

  it('numbers are of 32 bytes, the largest first', () => {
    expect(toHex(uint256(0x0102n))).toBe(`${'00'.repeat(30)}0102`);
    expect(toHex(uint256(2n ** 256n - 1n))).toBe('ff'.repeat(32));
  });
});

describe('the user data of an enclave', () => {
  it('are two digests', () => {
    expect(attestedDigests(userData(utf8('c')))).toEqual({
      tlsCertificate: sha256(utf8('c')),
      signingKey: sha256(ENCLAVE.spki),
    });
  });

  it.each<readonly [string, Uint8Array | null]>([
    ['none', null],
    ['empty', utf8('')],
    ['too short', userData().subarray(1)],
    ['too long', concat(userData(), utf8('x'))],
    ['another function in front', userData().with(0, 0x13)],
    ['another length in front', userData().with(1, 0x21)],
    ['another function in the middle', userData().with(34, 0x13)],
    ['another length in the middle', userData().with(35, 0x21)],
  ])('refused: %s', (_, data) => {
    expect(failureOf(() => attestedDigests(data)).code).toBe('opengradient/user-data-malformed');
  });
});
