/** Makes answers of OCSP responders, right or wrong in any way that a test needs. */
import { createHash, sign } from 'node:crypto';
import { contextTag, DER, derBitOctets, derMembers, readDer } from '../../../src/bytes/der.js';
import { bitString, element, integer, objectIdentifier, octetString } from '../../../src/bytes/der-writer.js';
import { utf8 } from '../../../src/bytes/octets.js';
import { parseCertificate } from '../../../src/evidence/x509/certificate.js';
import { OCSP_SIGNING } from '../../../src/evidence/x509/ocsp.js';
import {
  BEGIN,
  type CertificateOptions,
  DURING,
  extension,
  keyUsage,
  makeCertificate,
  type TestIdentity,
} from './x509-maker.js';

export interface OcspOptions {
  /** The certificate that is asked about, and its issuer, in DER. */
  readonly certificate: Uint8Array;
  readonly issuer: Uint8Array;
  /** Who signs. */
  readonly responder: TestIdentity;
  readonly status?: 'good' | 'revoked' | 'on-hold' | 'unknown';
  readonly hash?: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  readonly thisUpdate?: number;
  /** Null for an answer that does not say. */
  readonly nextUpdate?: number | null;
  readonly named?: 'by name' | 'by key';
  /** Certificates that are sent along; by default the responder's own. */
  readonly certificates?: readonly Uint8Array[];
  readonly responseExtensions?: readonly Uint8Array[];
  readonly answerExtensions?: readonly Uint8Array[];
  /** Other than successful: the number of the error. */
  readonly error?: number;
  /** Changes the data that is signed, member by member, before it is. */
  readonly members?: (members: Uint8Array[]) => readonly Uint8Array[];
  /** Changes the answer, member by member. */
  readonly answer?: (members: Uint8Array[]) => readonly Uint8Array[];
}

const HASHES = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const;

/** A response in DER. */
export function makeOcspResponse(options: OcspOptions): Uint8Array {
  const { responder, error, named = 'by name' } = options;
  if (error !== undefined) return element(DER.sequence, element(DER.enumerated, Uint8Array.of(error)));
  const members = [
    named === 'by name'
      ? element(contextTag(1), responder.name)
      : element(contextTag(2), octetString(digest('sha1', keyOctets(responder.keys.spki)))),
    generalizedTime(options.thisUpdate ?? BEGIN),
    element(DER.sequence, answerOf(options)),
  ];
  const { responseExtensions } = options;
  if (responseExtensions !== undefined)
    members.push(element(contextTag(1), element(DER.sequence, ...responseExtensions)));
  const data = element(DER.sequence, ...(options.members?.(members) ?? members));
  const { certificates = [responder.certificate] } = options;
  const basic = element(
    DER.sequence,
    data,
    element(DER.sequence, objectIdentifier('1.2.840.10045.4.3.3')),
    bitString(sign('sha384', data, { key: responder.keys.privateKey, dsaEncoding: 'der' })),
    ...(certificates.length === 0 ? [] : [element(contextTag(0), element(DER.sequence, ...certificates))]),
  );
  return element(
    DER.sequence,
    element(DER.enumerated, Uint8Array.of(0)),
    element(
      contextTag(0),
      element(DER.sequence, objectIdentifier('1.3.6.1.5.5.7.48.1.1'), octetString(basic)),
    ),
  );
}

/** A responder whose certificate `issuer` has signed for that alone. */
export function makeResponder(
  issuer: Pick<TestIdentity, 'name' | 'keys'>,
  options: Partial<CertificateOptions> = {},
): TestIdentity {
  return makeCertificate({
    subject: 'a responder',
    issuer,
    extensions: [keyUsage('digitalSignature'), ocspSigning()],
    ...options,
  });
}

export function ocspSigning(): Uint8Array {
  return extension('2.5.29.37', element(DER.sequence, objectIdentifier(OCSP_SIGNING)));
}

export function generalizedTime(seconds: number): Uint8Array {
  const digits = new Date(seconds * 1000).toISOString().replace(/\.\d+|\D/g, '');
  return element(DER.generalizedTime, utf8(`${digits}Z`));
}

function answerOf(options: OcspOptions): Uint8Array {
  const { hash = 'sha1', thisUpdate = BEGIN, nextUpdate = DURING + 86_400, answerExtensions } = options;
  const issuer = parseCertificate(options.issuer);
  const id = element(
    DER.sequence,
    element(DER.sequence, objectIdentifier(HASHES[hash]), element(DER.null)),
    octetString(digest(hash, issuer.subject)),
    octetString(digest(hash, keyOctets(issuer.spki))),
    integer(parseCertificate(options.certificate).serial),
  );
  const members = [id, statusOf(options.status ?? 'good'), generalizedTime(thisUpdate)];
  if (nextUpdate !== null) members.push(element(contextTag(0), generalizedTime(nextUpdate)));
  if (answerExtensions !== undefined)
    members.push(element(contextTag(1), element(DER.sequence, ...answerExtensions)));
  return element(DER.sequence, ...(options.answer?.(members) ?? members));
}

function statusOf(status: NonNullable<OcspOptions['status']>): Uint8Array {
  if (status === 'good') return element(contextTag(0, 'primitive'));
  if (status === 'unknown') return element(contextTag(2, 'primitive'));
  const reason = element(contextTag(0), element(DER.enumerated, Uint8Array.of(status === 'on-hold' ? 6 : 1)));
  return element(contextTag(1), generalizedTime(BEGIN), reason);
}

function keyOctets(spki: Uint8Array): Uint8Array {
  return derBitOctets(derMembers(readDer(spki), DER.sequence)[1]);
}

function digest(hash: string, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(hash).update(bytes).digest());
}
