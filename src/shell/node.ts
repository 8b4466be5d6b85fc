/** `countersign/node`: makes `node:crypto` serve the pure rooms, and gives signers that never show their private key. */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import {
  type Cryptography,
  install,
  portable,
  type SignatureScheme,
  type Signer,
} from '../bytes/cryptography.js';

/** The DER that comes before the 32 raw bytes of an Ed25519 key: RFC 8410 §4 (SubjectPublicKeyInfo) and §7 (PKCS #8). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export const nodeCryptography: Cryptography = {
  sha256: data => bytesOf(hash('sha256', data, 'binary')),
  hmacSha256: (key, data) => {
    const padded = key.length > BLOCK_BYTES ? nodeCryptography.sha256(key) : key;
    return hashBehind(padded, 0x5c, hashBehind(padded, 0x36, data));
  },
  verifyEd25519: (publicKey, message, signature) => {
    if (publicKey.length !== 32 || signature.length !== 64) return false;
    return verify(null, message, publicKeyObject(publicKey), signature);
  },
  // OpenSSL has ML-DSA from 3.5 on, which no Node.js 20 brings.
  verifyMlDsa44: portable.verifyMlDsa44,
  sha384: data => new Uint8Array(hash('sha384', data, 'buffer')),
  verifyForeign: (scheme, spki, message, signature) => {
    const key = foreignKeyObject(spki);
    if (key === null || !fits(key, scheme)) return false;
    return verify(HASHES[scheme.hash], message, { key, ...parametersOf(scheme) }, signature);
  },
};

install(nodeCryptography);

/** A signer from a 32-byte Ed25519 seed (RFC 8032 §5.1.5). */
export function signerFromSeed(seed: Uint8Array): Signer {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  return { publicKey: rawPublicKey(createPublicKey(key)), sign: message => sign(null, message, key) };
}

/** A signer from a 32-byte ML-DSA-44 seed (FIPS 204, algorithm 6). Signing takes some three milliseconds: off the request path only. */
export function mlDsaSignerFromSeed(seed: Uint8Array): Signer {
  const { publicKey, secretKey } = ml_dsa44.keygen(seed);
  return { publicKey, sign: message => ml_dsa44.sign(message, secretKey) };
}

/** Keys that have been read, because reading one takes half as long as using it. */
const publicKeys = new Map<string, KeyObject>();
const MAX_PUBLIC_KEYS = 1024;

function publicKeyObject(publicKey: Uint8Array): KeyObject {
  const name = Buffer.from(publicKey).toString('latin1');
  const known = publicKeys.get(name);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
  if (publicKeys.size >= MAX_PUBLIC_KEYS) publicKeys.clear();
  publicKeys.set(name, key);
  return key;
}

/** Keys of strangers that have been read: apart, so that strangers cannot make us forget those of our own logs and witnesses. */
const foreignKeys = new Map<string, KeyObject>();
const MAX_FOREIGN_KEYS = 256;

/** A stranger's key, or null when the bytes are none. */
function foreignKeyObject(spki: Uint8Array): KeyObject | null {
  const name = Buffer.from(spki).toString('latin1');
  const known = foreignKeys.get(name);
  if (known !== undefined) return known;
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    if (foreignKeys.size >= MAX_FOREIGN_KEYS) foreignKeys.clear();
    foreignKeys.set(name, key);
    return key;
  } catch {
    return null;
  }
}

const HASHES = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' } as const;
const CURVES = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' } as const;

function fits(key: KeyObject, scheme: SignatureScheme): boolean {
  if (scheme.name !== 'ECDSA') return key.asymmetricKeyType === 'rsa';
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === CURVES[scheme.curve];
}

function parametersOf(scheme: SignatureScheme) {
  if (scheme.name === 'ECDSA') return { dsaEncoding: 'ieee-p1363' } as const;
  if (scheme.name === 'RSA-PSS')
    return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltBytes } as const;
  return { padding: constants.RSA_PKCS1_PADDING } as const;
}

function rawPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length));
}

/**
 * The 32 bytes of a digest, taken as text: each buffer that comes from outside the engine's heap costs the garbage collector more than the
 * digest costs to compute.
 */
function bytesOf(digest: string): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let at = 0; at < bytes.length; at++) bytes[at] = digest.charCodeAt(at);
  return bytes;
}

/** The block of SHA-256, to which HMAC fills up its key. */
const BLOCK_BYTES = 64;

/** Where what HMAC hashes is put together, as long as it is short. */
const scratch = new Uint8Array(512);

/**
 * The digest of one of the two blocks that HMAC puts in front of what it hashes (RFC 2104 §2), and of that. Two digests by hand take half the
 * time of `createHmac`, whose objects cost more than what they do for something as short as a label.
 */
function hashBehind(key: Uint8Array, mask: number, data: Uint8Array): Uint8Array {
  const length = BLOCK_BYTES + data.length;
  const bytes = length <= scratch.length ? scratch.subarray(0, length) : new Uint8Array(length);
  for (let at = 0; at < BLOCK_BYTES; at++) bytes[at] = mask ^ (at < key.length ? (key[at] as number) : 0);
  bytes.set(data, BLOCK_BYTES);
  const digest = nodeCryptography.sha256(bytes);
  // The key, and what was hashed under it, would stand here until the next call.
  bytes.fill(0);
  return digest;
}
