/** Numbers of Ed25519 (RFC 8032 §5.1), for keys and signatures that no honest signer makes. */
import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';

export const { Point } = ed25519;
export const FIELD = Point.Fp.ORDER;
export const ORDER = Point.Fn.ORDER;

export const littleEndian = value =>
  Buffer.from(Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n)));
export const scalarOf = bytes => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** What the key of a seed of one repeated byte signs when its nonce is 0. */
export function identitySignature(seedByte, message) {
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(new Uint8Array(32).fill(seedByte));
  const encoded = littleEndian(1n);
  const digest = createHash('sha512').update(encoded).update(pointBytes).update(message).digest();
  return Buffer.concat([encoded, littleEndian((scalarOf(digest) * scalar) % ORDER)]);
}
