/** Keys for tests, each from a seed that is as public as this file. */
import fc from 'fast-check';
import type { Signer } from '../../src/bytes/cryptography.js';
import { KEY_TYPE, type KeyType, type VerifierKey, verifierKey } from '../../src/note/key.js';
import { mlDsaSignerFromSeed, signerFromSeed } from '../../src/shell/node.js';

export interface TestKey {
  readonly signer: Signer;
  readonly key: VerifierKey;
}

export function testKey(name: string, seedByte: number, type: KeyType = KEY_TYPE.ed25519): TestKey {
  const signer = signerFromSeed(new Uint8Array(32).fill(seedByte));
  return { signer, key: verifierKey(name, type, signer.publicKey) };
}

export function testCosigner(name: string, seedByte: number): TestKey {
  return testKey(name, seedByte, KEY_TYPE.cosignature);
}

/** A cosigner with an ML-DSA-44 key. */
export function testMlDsaCosigner(name: string, seedByte: number): TestKey {
  const signer = mlDsaSignerFromSeed(new Uint8Array(32).fill(seedByte));
  return { signer, key: verifierKey(name, KEY_TYPE.mlDsaCosignature, signer.publicKey) };
}

/** Public keys of Ed25519 that somebody could have: random bytes are none. */
export const publicKeys: fc.Arbitrary<Uint8Array> = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map(seed => signerFromSeed(seed).publicKey);
