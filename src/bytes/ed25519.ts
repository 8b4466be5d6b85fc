/**
 * What is the same about Ed25519 wherever it runs.
 *
 * Implementations disagree about keys and signatures that no honest party makes: points of small order, encodings that are not
 * reduced, and whether the equation is multiplied by the cofactor. A verdict must not depend on whose machine it is made on, so such
 * keys are refused before they are used, and the one implementation that we choose (the fallback) is the cofactorless one that
 * `node:crypto` and WebCrypto have. Source: RFC 8032 §5.1.3 and §5.1.7; Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs".
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { toHex } from './hex.js';
import { concat, equal } from './octets.js';

const { Point } = ed25519;

/** Keys that have been judged, by their hexadecimal bytes: to judge one takes as long as to check many signatures, and a program has few. */
const judged = new Map<string, boolean>();
const MAX_JUDGED = 256;

/** Whether these are the 32 canonical bytes of a point of the prime-order group that is not the identity. */
export function isSoundPublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false;
  const name = toHex(publicKey);
  const known = judged.get(name);
  if (known !== undefined) return known;
  const isSound = isSoundPoint(publicKey);
  if (judged.size >= MAX_JUDGED) judged.clear();
  judged.set(name, isSound);
  return isSound;
}

function isSoundPoint(publicKey: Uint8Array): boolean {
  try {
    const point = Point.fromBytes(publicKey);
    return !point.is0() && point.isTorsionFree();
  } catch {
    return false;
  }
}

/** Whether these are the canonical bytes of the identity. */
export function isIdentity(encodedPoint: Uint8Array): boolean {
  return encodedPoint.every((byte, index) => byte === (index === 0 ? 1 : 0));
}

/** The cofactorless check of a 64-byte signature: `[S]B - [k]A` is, byte for byte, `R`. */
export function verifyCofactorless(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const encodedPoint = signature.subarray(0, 32);
  const scalar = littleEndian(signature.subarray(32));
  const order = Point.Fn.ORDER;
  if (scalar >= order) return false;
  const challenge = littleEndian(sha512(concat(encodedPoint, publicKey, message))) % order;
  try {
    const key = Point.fromBytes(publicKey);
    const point = Point.BASE.multiplyUnsafe(scalar).subtract(key.multiplyUnsafe(challenge));
    return equal(point.toBytes(), encodedPoint);
  } catch {
    return false;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at] as number);
  return value;
}
