/**
 * The key that an enclave of OpenGradient's makes at its start and signs answers with: RSA, known by the Keccak-256 of its SubjectPublicKeyInfo. Source:
 * `OpenGradient/tee-gateway`, `tee_manager.py`.
 */
import * as v from 'valibot';
import { keccak256, verifyForeign } from '../../bytes/cryptography.js';
import {
  DER,
  derBitOctets,
  derChildren,
  derMembers,
  derObjectIdentifier,
  derUnsigned,
  readDer,
} from '../../bytes/der.js';
import { concatAll, fromUtf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { readForeign, textOf } from '../foreign-json.js';
import { pemBlocks } from '../x509/pem.js';

export interface SigningKey {
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
  /** 32 bytes. */
  readonly teeId: Uint8Array;
}

const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
/** Of a modulus: 2,048 bits are what the gateway makes; what is longer than 4,096 only costs time. */
const MODULUS_BYTES = { least: 256, most: 512 };
const MAX_KEY_BYTES = 16 * 1024;
const CODE = 'opengradient/key-malformed';

const Answer = {
  code: CODE,
  maxBytes: MAX_KEY_BYTES,
  schema: v.object({ public_key: textOf(8192) }),
} as const;

/** In PEM, in DER, or as `/signing-key` answers it. Throws `opengradient/key-malformed`. */
export function parseSigningKey(bytes: Uint8Array): SigningKey {
  if (bytes.length > MAX_KEY_BYTES) throw new Failure(CODE, { detail: `${bytes.length} bytes` });
  const text = fromUtf8(bytes)?.trim() ?? '';
  const spki = text.startsWith('{')
    ? inPem(readForeign(bytes, Answer).read.public_key)
    : text.startsWith('-----')
      ? inPem(text)
      : bytes;
  checkRsa(spki);
  return { spki, teeId: keccak256(spki) };
}

/**
 * What is signed about an exchange. Nothing in it says who asked, on which chain, or which key it is of. Source: `tee_manager.py`, `compute_tee_msg_hash`.
 */
export function messageHash(requestHash: Uint8Array, outputHash: Uint8Array, timestamp: number): Uint8Array {
  return keccak256(concatAll([requestHash, outputHash, uint256(BigInt(timestamp))]));
}

/** RSA-PSS with SHA-256 (also of the mask) and a salt of 32 bytes, over the 32 bytes of {@link messageHash}. */
export function isSignedBy(
  { spki }: SigningKey,
  message: Uint8Array,
  signature: Uint8Array,
): boolean | Promise<boolean> {
  return verifyForeign({ name: 'RSA-PSS', hash: 'SHA-256', saltBytes: 32 }, spki, message, signature);
}

/** Big-endian, in 32 bytes. */
export function uint256(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let at = 31, rest = value; at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
  return bytes;
}

function inPem(text: string): Uint8Array {
  try {
    const [spki, ...more] = pemBlocks(text.endsWith('\n') ? text : `${text}\n`, 'PUBLIC KEY');
    if (spki !== undefined && more.length === 0) return spki;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  throw new Failure(CODE, { detail: 'no public key in PEM' });
}

function checkRsa(spki: Uint8Array): void {
  try {
    const [algorithm, key, ...more] = derMembers(readDer(spki), DER.sequence);
    const [name] = derMembers(algorithm, DER.sequence);
    if (derObjectIdentifier(name) === RSA_ENCRYPTION && more.length === 0) {
      const [modulus] = derChildren(readDer(derBitOctets(key)));
      const { length } = derUnsigned(modulus);
      if (length >= MODULUS_BYTES.least && length <= MODULUS_BYTES.most) return;
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
  throw new Failure(CODE, { detail: 'no key of RSA with 2048 to 4096 bits' });
}
