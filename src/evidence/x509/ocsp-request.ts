/** Questions to OCSP responders (RFC 6960 §4.1): about one certificate, without a nonce, so that the answer can be kept and shown to others. */
import { sha384 } from '../../bytes/cryptography.js';
import { DER, derBitOctets, derChildren, readDer } from '../../bytes/der.js';
import { fromHex } from '../../bytes/hex.js';
import { concat, concatAll } from '../../bytes/octets.js';
import type { Certificate } from './certificate.js';

/** What names a certificate to a responder, with hashes of SHA-384. */
export interface OcspSubject {
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  readonly serial: Uint8Array;
}

/** Object identifier of SHA-384, in DER: 2.16.840.1.101.3.4.2.2. */
const SHA384 = fromHex('0609608648016503040202') as Uint8Array;
const NULL = Uint8Array.of(5, 0);

/** Source of the hash: it is the one that `NVIDIA/attestation-sdk` asks with. */
export function ocspSubject(certificate: Certificate, issuer: Certificate): OcspSubject {
  const [, key] = derChildren(readDer(issuer.spki));
  return {
    issuerNameHash: sha384(issuer.subject),
    issuerKeyHash: sha384(derBitOctets(key)),
    serial: certificate.serial,
  };
}

/** The request in DER. */
export function formatOcspRequest({ issuerNameHash, issuerKeyHash, serial }: OcspSubject): Uint8Array {
  const algorithm = element(DER.sequence, SHA384, NULL);
  // An integer is negative whose first bit is set; a serial number of zero has no octets here and one there.
  const isPositive = ((serial[0] ?? 0x80) & 0x80) === 0;
  const number = isPositive ? serial : concat(Uint8Array.of(0), serial);
  const subject = element(
    DER.sequence,
    algorithm,
    element(DER.octetString, issuerNameHash),
    element(DER.octetString, issuerKeyHash),
    element(DER.integer, number),
  );
  const list = element(DER.sequence, element(DER.sequence, subject));
  return element(DER.sequence, element(DER.sequence, list));
}

function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatAll(parts);
  const { length } = content;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return concat(Uint8Array.from(head), content);
}
