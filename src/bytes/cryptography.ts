/**
 * The one door through which cryptography enters the pure rooms.
 *
 * Every provider computes the same functions; they differ in speed alone, which is why the choice may be made once for a whole
 * process instead of being passed through every call. Without a choice, digests come from `@noble/hashes`, Ed25519 from WebCrypto, or
 * `@noble/curves` where WebCrypto lacks it, and ML-DSA-44 from `@noble/post-quantum`, loaded when it is first asked for. `countersign/node` installs `node:crypto`.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256, sha384 as nobleSha384, sha512 as nobleSha512 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { isIdentity, verifyCofactorless } from './ed25519.js';

export interface Cryptography {
  sha256(data: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /**
   * Ed25519 (RFC 8032 §5.1.7, without the cofactor) under a public key that `isSoundPublicKey` accepts, as every parsed verifier key is;
   * under others providers may disagree. A public key or signature of the wrong length is simply not valid.
   */
  verifyEd25519(
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean | Promise<boolean>;
  /** ML-DSA-44 (FIPS 204, algorithm 3) with an empty context. A public key or signature of the wrong length is simply not valid. */
  verifyMlDsa44(
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean | Promise<boolean>;
  /** Source: FIPS 180-4. */
  sha384(data: Uint8Array): Uint8Array;
  /**
   * A signature of somebody else's hardware or certificate authority. `spki`: the public key as a SubjectPublicKeyInfo in DER. A signature or
   * key that does not fit the scheme is simply not valid.
   */
  verifyForeign(
    scheme: SignatureScheme,
    spki: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean | Promise<boolean>;
}

/** How makers of hardware and their certificate authorities sign. ECDSA signatures are `r ‖ s` (IEEE P1363), never DER. */
export type SignatureScheme =
  | { readonly name: 'ECDSA'; readonly curve: 'P-256' | 'P-384' | 'P-521'; readonly hash: ForeignHash }
  | { readonly name: 'RSA-PSS'; readonly hash: ForeignHash; readonly saltBytes: number }
  | { readonly name: 'RSASSA-PKCS1-v1_5'; readonly hash: ForeignHash };

export type ForeignHash = 'SHA-256' | 'SHA-384' | 'SHA-512';

/** Lengths of ML-DSA-44, in bytes. Source: FIPS 204, table 2. */
export const ML_DSA_44 = { publicKeyBytes: 1312, signatureBytes: 2420 } as const;

/** A private key that can sign but is never shown. */
export interface Signer {
  /** The raw public key, of Ed25519 or of ML-DSA-44. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export const portable: Cryptography = {
  sha256: data => nobleSha256(data),
  hmacSha256: (key, data) => hmac(nobleSha256, key, data),
  verifyEd25519: async (publicKey, message, signature) => {
    if (publicKey.length !== 32 || signature.length !== 64) return false;
    try {
      const key = await crypto.subtle.importKey('raw', own(publicKey), 'Ed25519', false, ['verify']);
      return await crypto.subtle.verify('Ed25519', key, own(signature), own(message));
    } catch {
      return verifyCofactorless(publicKey, message, signature);
    }
  },
  verifyMlDsa44: async (publicKey, message, signature) => {
    if (publicKey.length !== ML_DSA_44.publicKeyBytes || signature.length !== ML_DSA_44.signatureBytes)
      return false;
    // A sixth of what a browser would load otherwise, for those whose witnesses have such keys.
    const { ml_dsa44 } = await import('@noble/post-quantum/ml-dsa.js');
    return ml_dsa44.verify(signature, message, publicKey);
  },
  sha384: data => nobleSha384(data),
  verifyForeign: async (scheme, spki, message, signature) => {
    const named = scheme.name === 'ECDSA' ? { namedCurve: scheme.curve } : { hash: scheme.hash };
    const salted = scheme.name === 'RSA-PSS' ? { saltLength: scheme.saltBytes } : {};
    try {
      const key = await crypto.subtle.importKey('spki', own(spki), { name: scheme.name, ...named }, false, [
        'verify',
      ]);
      const how = { name: scheme.name, hash: scheme.hash, ...salted };
      return await crypto.subtle.verify(how, key, own(signature), own(message));
    } catch {
      return false;
    }
  },
};

let provider: Cryptography = portable;

/** Makes `cryptography` serve this process from now on. */
export function install(cryptography: Cryptography): void {
  provider = cryptography;
}

export function sha256(data: Uint8Array): Uint8Array {
  return provider.sha256(data);
}

export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return provider.hmacSha256(key, data);
}

export function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean | Promise<boolean> {
  // Implementations disagree about this one; the others of small order are refused by all of them.
  if (signature.length !== 64 || isIdentity(signature.subarray(0, 32))) return false;
  return provider.verifyEd25519(publicKey, message, signature);
}

export function verifyMlDsa44(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean | Promise<boolean> {
  return provider.verifyMlDsa44(publicKey, message, signature);
}

export function sha384(data: Uint8Array): Uint8Array {
  return provider.sha384(data);
}

/** Source: FIPS 180-4. No part of {@link Cryptography}: it is asked for a few short messages at most, where no provider is faster. */
export function sha512(data: Uint8Array): Uint8Array {
  return nobleSha512(data);
}

/**
 * The Keccak that Ethereum took before it became SHA-3, of which it differs in one byte of padding. No part of {@link Cryptography}: no provider
 * has it. Source: Keccak submission to NIST, version 3; Ethereum's yellow paper, appendix F.
 */
export function keccak256(data: Uint8Array): Uint8Array {
  return keccak_256(data);
}

export function verifyForeign(
  scheme: SignatureScheme,
  spki: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean | Promise<boolean> {
  return provider.verifyForeign(scheme, spki, message, signature);
}

/** WebCrypto takes views of unshared memory only; a copy is certain to be one. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
