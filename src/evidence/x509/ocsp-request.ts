/** Questions to OCSP responders (RFC 6960 §4.1): about one certificate, without a nonce, so that the answer can be kept and shown to others. */
import { sha384 } from '../../bytes/cryptography.js';
import { DER, derBitOctets, derChildren, readDer } from '../../bytes/der.js';
import { element, integer, objectIdentifier, octetString, sequence } from '../../bytes/der-writer.js';
import type { Certificate } from './certificate.js';

/** What names a certificate to a responder, with hashes of SHA-384. */
export interface OcspSubject {
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  readonly serial: Uint8Array;
}

const SHA384 = '2.16.840.1.101.3.4.2.2';

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
  const algorithm = sequence(objectIdentifier(SHA384), element(DER.null));
  const subject = sequence(
    algorithm,
    octetString(issuerNameHash),
    octetString(issuerKeyHash),
    integer(serial),
  );
  return sequence(sequence(sequence(sequence(subject))));
}
