/** Test keys in the form in which Go reads secret keys: `PRIVATE+KEY+<name>+<hex key id>+base64(<type> ‖ <seed>)`. */
import { toBase64 } from '../../src/bytes/base64.js';
import { toHex } from '../../src/bytes/hex.js';
import { concat } from '../../src/bytes/octets.js';
import { formatVerifierKey, KEY_TYPE, type KeyType } from '../../src/note/key.js';
import { type TestKey, testKey, testMlDsaCosigner } from '../support/keys.js';

export interface PeerKey extends TestKey {
  readonly verifierKey: string;
  readonly secretKey: string;
}

export function peerKey(name: string, seedByte: number, type: KeyType = KEY_TYPE.ed25519): PeerKey {
  const { key, signer } =
    type === KEY_TYPE.mlDsaCosignature ? testMlDsaCosigner(name, seedByte) : testKey(name, seedByte, type);
  const secret = concat(Uint8Array.of(type), new Uint8Array(32).fill(seedByte));
  return {
    key,
    signer,
    verifierKey: formatVerifierKey(key),
    secretKey: `PRIVATE+KEY+${name}+${toHex(key.id)}+${toBase64(secret)}`,
  };
}

export function peerCosigner(name: string, seedByte: number): PeerKey {
  return peerKey(name, seedByte, KEY_TYPE.cosignature);
}

export function peerMlDsaCosigner(name: string, seedByte: number): PeerKey {
  return peerKey(name, seedByte, KEY_TYPE.mlDsaCosignature);
}
