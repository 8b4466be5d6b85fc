/**
 * The keys of a simulated attester, all made of one secret of its data folder. They vouch for nothing but that the same folder was at work, and are
 * kept as secret as any all the same: somebody may have pinned their roots in a development network of several machines.
 */
import { createECDH, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';

/** What stands in everything that the attester makes. */
export const SIMULATED = 'simulated';

export interface Keys {
  readonly curve: 'P-256' | 'P-384';
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
}

/** The key of that name, on the curve on which the makers of the hardware have theirs. */
export type MakeKeys = (name: string, curve: Keys['curve']) => Keys;

const CURVES = {
  'P-256': { name: 'prime256v1', octets: 32 },
  'P-384': { name: 'secp384r1', octets: 48 },
} as const;

/** The same secret and name give the same key, which is made when it is first asked for. */
export function keysFrom(secret: Uint8Array): MakeKeys {
  return (name, curve) => {
    const { name: openssl, octets } = CURVES[curve];
    const pair = createECDH(openssl);
    // One in four thousand million numbers is none of a key on P-256; then the next one is.
    for (let attempt = 0; ; attempt++) {
      const info = `countersign simulated attester ${curve} ${name} ${attempt}`;
      try {
        pair.setPrivateKey(new Uint8Array(hkdfSync('sha256', secret, '', info, octets)));
        break;
      } catch (error) {
        if (!(error instanceof Error) || !/private key is not valid/i.test(error.message)) throw error;
      }
    }
    const point = pair.getPublicKey();
    const text = (part: Buffer) => part.toString('base64url');
    const [x, y] = [text(point.subarray(1, 1 + octets)), text(point.subarray(1 + octets))];
    const jwk = { kty: 'EC', crv: curve, x, y, d: text(fullLength(pair.getPrivateKey(), octets)) };
    const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
    const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
    return { curve, privateKey, spki: new Uint8Array(spki) };
  };
}

/** With the zeros in front that were left out. */
function fullLength(octets: Buffer, length: number): Buffer {
  return Buffer.concat([Buffer.alloc(length - octets.length), octets]);
}
