/** Whom a TLS connection has shown at its other end. */
import { hash, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface TlsPeer {
  /** SHA-256 of the SubjectPublicKeyInfo, hexadecimal. */
  readonly spki: string;
  /** DER. */
  readonly certificate: Uint8Array;
  /** SHA-256 of it, hexadecimal. */
  readonly certificateDigest: string;
}

/** Null for a connection without TLS. */
export function peerOf(socket: Socket | TLSSocket): TlsPeer | null {
  if (!('getPeerX509Certificate' in socket)) return null;
  const certificate = socket.getPeerX509Certificate();
  if (!(certificate instanceof X509Certificate)) return null;
  return {
    spki: hash('sha256', certificate.publicKey.export({ type: 'spki', format: 'der' }), 'hex'),
    certificate: new Uint8Array(certificate.raw),
    certificateDigest: hash('sha256', certificate.raw, 'hex'),
  };
}
