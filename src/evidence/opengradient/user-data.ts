/**
 * What an enclave of OpenGradient's puts into its attestation document: two digests, of its TLS certificate and of its signing key, each with what says that it
 * is a SHA-256 of 32 bytes in front. Source: `brave/nitriding-daemon`, which makes the document; `OpenGradient/og-evm`, `precompiles/tee/nitro_attestation.go`.
 */
import { Failure } from '../../reason.js';

export interface AttestedDigests {
  /** SHA-256 of the certificate in DER: not of its key, so that a renewed certificate of the same key is another. */
  readonly tlsCertificate: Uint8Array;
  /** SHA-256 of the SubjectPublicKeyInfo. */
  readonly signingKey: Uint8Array;
}

/** Of a multihash: the function (SHA-256) and the length. Source: multiformats/multihash. */
const SHA_256 = [0x12, 0x20] as const;
const BYTES = 2 * (SHA_256.length + 32);

/** Throws `opengradient/user-data-malformed`; null is what a document without user data has. */
export function attestedDigests(userData: Uint8Array | null): AttestedDigests {
  if (userData?.length !== BYTES || !isDigest(userData, 0) || !isDigest(userData, BYTES / 2))
    throw new Failure('opengradient/user-data-malformed', { field: 'user_data' });
  return { tlsCertificate: userData.slice(2, 34), signingKey: userData.slice(36, 68) };
}

function isDigest(bytes: Uint8Array, at: number): boolean {
  return SHA_256.every((octet, offset) => bytes[at + offset] === octet);
}
