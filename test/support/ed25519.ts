/** Ed25519 by hand: keys and signatures that no honest party makes and on which implementations are known to differ. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat } from '../../src/bytes/octets.js';

const { Point } = ed25519;
type CurvePoint = InstanceType<typeof Point>;

/** The order of the group that honest keys and signatures are of. */
export const GROUP_ORDER = Point.Fn.ORDER;
const FIELD = Point.Fp.ORDER;
const SIGN_BIT = 1n << 255n;

/** The eight points whose order divides the cofactor; the first is the identity. */
export const SMALL_POINTS: readonly CurvePoint[] = smallPoints();

/** Keys of each kind that RFC 8032 lets through in one reading and refuses in another. */
export function unsoundPublicKeys(): { readonly name: string; readonly publicKey: Uint8Array }[] {
  const honest = Point.BASE.multiply(123_456_789n);
  const small = SMALL_POINTS.map((point, i) => ({
    name: `small order, point ${i}`,
    publicKey: point.toBytes(),
  }));
  const mixed = SMALL_POINTS.slice(1).map((point, i) => ({
    name: `mixed order, with point ${i + 1}`,
    publicKey: honest.add(point).toBytes(),
  }));
  const unreduced = Array.from({ length: 19 }, (_, y) => [y, FIELD + BigInt(y)] as const).flatMap(
    ([y, encoded]) => [
      { name: `y = p + ${y}`, publicKey: littleEndian(encoded) },
      { name: `y = p + ${y}, with a sign`, publicKey: littleEndian(encoded | SIGN_BIT) },
    ],
  );
  return [
    ...small,
    ...mixed,
    ...unreduced,
    { name: 'y = 1, with the sign of an x that is 0', publicKey: littleEndian(1n | SIGN_BIT) },
    { name: 'y = -1, with the sign of an x that is 0', publicKey: littleEndian((FIELD - 1n) | SIGN_BIT) },
  ];
}

export interface Deviation {
  /** The discrete logarithm of R; an honest one depends on the message. */
  readonly nonce?: bigint;
  /** Added to R: an index into {@link SMALL_POINTS}. */
  readonly smallPoint?: number;
  /** What R is written as instead of its own bytes. */
  readonly encodedPoint?: Uint8Array;
  /** Added to S, unreduced. */
  readonly surplus?: bigint;
}

/** A signature by the key of a seed that is as RFC 8032 §5.1.6 has it but for these deviations. */
export function deviantSignature(seed: Uint8Array, message: Uint8Array, deviation: Deviation): Uint8Array {
  const { nonce = 77n, smallPoint = 0, surplus = 0n } = deviation;
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(seed);
  const point = Point.BASE.multiplyUnsafe(nonce).add(SMALL_POINTS[smallPoint] as CurvePoint);
  const encodedPoint = deviation.encodedPoint ?? point.toBytes();
  const challenge = fromLittleEndian(sha512(concat(encodedPoint, pointBytes, message)));
  return concat(encodedPoint, littleEndian(((nonce + challenge * scalar) % GROUP_ORDER) + surplus));
}

export function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** The 32 bytes of a number below 2^256. */
export function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

function smallPoints(): CurvePoint[] {
  const generator = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
  const points: CurvePoint[] = [Point.ZERO];
  while (points.length < 8) points.push((points.at(-1) as CurvePoint).add(generator));
  return points;
}
