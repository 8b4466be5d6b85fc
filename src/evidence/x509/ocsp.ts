/**
 * Answers of OCSP responders (RFC 6960 §4.2): what an authority says of one certificate at one time. They are given as input, as they were
 * archived; nothing is fetched. Reading is strict DER, and nothing in an answer is believed before its signature has been checked.
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, verifyForeign } from '../../bytes/cryptography.js';
import {
  contextTag,
  DER,
  type DerElement,
  derBitOctets,
  derChildren,
  derExpect,
  derMembers,
  derNumber,
  derObjectIdentifier,
  derTime,
  derUnsigned,
  readDer,
} from '../../bytes/der.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { type Certificate, EXTENSION, parseCertificate } from './certificate.js';
import { type SignedAs, signatureOf, underKey } from './signed-as.js';

export interface OcspResponse {
  readonly signedBytes: Uint8Array;
  readonly signedAs: SignedAs;
  readonly responder: { readonly by: 'name' | 'key'; readonly value: Uint8Array };
  readonly answers: readonly OcspAnswer[];
  /** Certificates that the responder sent along. */
  readonly certificates: readonly Certificate[];
}

export interface OcspAnswer {
  readonly hash: 'SHA-1' | 'SHA-256' | 'SHA-384';
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Octets of the serial number, without leading zeros. */
  readonly serial: Uint8Array;
  readonly status: 'good' | 'revoked' | 'on-hold' | 'unknown';
  /** Unix seconds. */
  readonly thisUpdate: number;
  /** Unix seconds; null where newer answers could be had at any time. */
  readonly nextUpdate: number | null;
}

/** Answers that we know are of 2 KiB. */
const MAX_RESPONSE_BYTES = 64 * 1024;
const MAX_ANSWERS = 64;
const MAX_CERTIFICATES = 4;
/** How long an answer counts that does not say when the next one comes, in seconds. */
export const UNDATED_ANSWER_LIFE = 24 * 3600;

const BASIC = '1.3.6.1.5.5.7.48.1.1';
const NONCE = '1.3.6.1.5.5.7.48.1.2';
/** The purpose that a responder's certificate must name. Source: RFC 6960 §4.2.2.2. */
export const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';
/** Identify a certificate's issuer, and sign nothing: what collides in SHA-1 gains nobody an answer under the issuer's key. */
const HASHES: ReadonlyMap<string, OcspAnswer['hash']> = new Map([
  ['1.3.14.3.2.26', 'SHA-1'],
  ['2.16.840.1.101.3.4.2.1', 'SHA-256'],
  ['2.16.840.1.101.3.4.2.2', 'SHA-384'],
]);
const COMPUTE = { 'SHA-1': sha1, 'SHA-256': sha256, 'SHA-384': sha384 } as const;
/** Source: RFC 5280 §5.3.1. */
const CERTIFICATE_HOLD = 6;

const GOOD = contextTag(0, 'primitive');
const REVOKED = contextTag(1);
const UNKNOWN = contextTag(2, 'primitive');

/** Reads exactly one response. Throws `ocsp/malformed`, or `ocsp/unsuccessful` for one in which the responder declines to answer. */
export function parseOcspResponse(bytes: Uint8Array): OcspResponse {
  if (bytes.length > MAX_RESPONSE_BYTES)
    throw new Failure('ocsp/malformed', { detail: `${bytes.length} bytes` });
  try {
    return response(new Uint8Array(bytes));
  } catch (error) {
    if (
      error instanceof Failure &&
      (error.code === 'der/malformed' || error.code === 'certificate/malformed')
    )
      throw new Failure('ocsp/malformed', error.detail === undefined ? {} : { detail: error.detail });
    throw error;
  }
}

/** The answer about that certificate, or null when the response has none. */
export function answerAbout(
  { answers }: OcspResponse,
  certificate: Certificate,
  issuer: Certificate,
): OcspAnswer | null {
  if (!equal(certificate.issuer, issuer.subject)) return null;
  const found = answers.find(
    ({ hash, issuerNameHash, issuerKeyHash, serial }) =>
      equal(serial, certificate.serial) &&
      equal(issuerNameHash, COMPUTE[hash](issuer.subject)) &&
      equal(issuerKeyHash, COMPUTE[hash](keyOctets(issuer))),
  );
  return found ?? null;
}

/**
 * Whether a response is the issuer's word, and says at `asOf` (Unix seconds) that the certificate is good. The issuer signs it itself, or a
 * responder whose certificate the issuer has signed for just that; or a responder signs it that whoever asks trusts himself, by the SHA-256 of
 * its SubjectPublicKeyInfo (RFC 6960 §4.2.2.2).
 *
 * Throws `ocsp/responder-unauthorized`, `ocsp/signature-invalid`, `ocsp/not-yet-valid`, `ocsp/expired`, `ocsp/status-unknown`,
 * `certificate/on-hold` or `certificate/revoked`.
 */
export async function checkOcspAnswer(
  given: OcspResponse,
  answer: OcspAnswer,
  issuer: Certificate,
  asOf: number,
  trusted: readonly Uint8Array[] = [],
): Promise<void> {
  const signer = [issuer, ...given.certificates].find(candidate => isResponder(given, candidate));
  if (signer === undefined) throw new Failure('ocsp/responder-unauthorized');
  const isKnown = trusted.some(key => equal(key, sha256(signer.spki)));
  if (!isKnown && !equal(signer.spki, issuer.spki)) await checkDelegated(signer, issuer, asOf);
  const signed = underKey(given.signedAs, signer.keyKind);
  if (
    signed === null ||
    !(await verifyForeign(signed.scheme, signer.spki, given.signedBytes, signed.signature))
  )
    throw new Failure('ocsp/signature-invalid');
  // Written so that a time that is no number is none of any answer's.
  if (!(asOf >= answer.thisUpdate)) throw new Failure('ocsp/not-yet-valid');
  if (!(asOf <= (answer.nextUpdate ?? answer.thisUpdate + UNDATED_ANSWER_LIFE)))
    throw new Failure('ocsp/expired');
  if (answer.status === 'unknown') throw new Failure('ocsp/status-unknown');
  if (answer.status === 'on-hold') throw new Failure('certificate/on-hold');
  if (answer.status === 'revoked') throw new Failure('certificate/revoked');
}

function isResponder({ responder }: OcspResponse, candidate: Certificate): boolean {
  return responder.by === 'name'
    ? equal(responder.value, candidate.subject)
    : equal(responder.value, sha1(keyOctets(candidate)));
}

async function checkDelegated(responder: Certificate, issuer: Certificate, asOf: number): Promise<void> {
  const signed = underKey(responder.signedAs, issuer.keyKind);
  const entitled =
    equal(responder.issuer, issuer.subject) &&
    responder.maySign.documents &&
    purposes(responder).includes(OCSP_SIGNING) &&
    [...responder.extensions].every(([name, { critical }]) => !critical || UNDERSTOOD.includes(name)) &&
    asOf >= responder.notBefore &&
    asOf <= responder.notAfter &&
    signed !== null &&
    (await verifyForeign(signed.scheme, issuer.spki, responder.signedBytes, signed.signature));
  if (!entitled) throw new Failure('ocsp/responder-unauthorized');
}

const UNDERSTOOD: readonly string[] = [
  EXTENSION.basicConstraints,
  EXTENSION.keyUsage,
  EXTENSION.extendedKeyUsage,
];

function purposes({ extensions }: Certificate): readonly string[] {
  const extension = extensions.get(EXTENSION.extendedKeyUsage);
  if (extension === undefined) return [];
  try {
    return derMembers(readDer(extension.value), DER.sequence).map(derObjectIdentifier);
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}

/** The octets of the public key itself, which issuers are identified by. */
function keyOctets({ spki }: Certificate): Uint8Array {
  return derBitOctets(derMembers(readDer(spki), DER.sequence)[1]);
}

function response(bytes: Uint8Array): OcspResponse {
  const [status, wrapped, ...more] = derMembers(readDer(bytes), DER.sequence);
  if (more.length > 0) throw malformed('more than the two parts of a response');
  const { content } = derExpect(status, DER.enumerated);
  if (content.length !== 1 || content[0] !== 0)
    throw new Failure('ocsp/unsuccessful', { detail: `status ${content[0]}` });
  const [type, octets] = derMembers(only(derMembers(wrapped, contextTag(0))), DER.sequence);
  if (derObjectIdentifier(type) !== BASIC) throw malformed('a response of another type');
  return basic(readDer(derExpect(octets, DER.octetString).content));
}

function basic(element: DerElement): OcspResponse {
  const [data, algorithm, signature, certificates, ...more] = derMembers(element, DER.sequence);
  if (more.length > 0) throw malformed('more than the four parts of a basic response');
  const given =
    certificates === undefined ? [] : derMembers(only(derMembers(certificates, contextTag(0))), DER.sequence);
  if (given.length > MAX_CERTIFICATES) throw malformed('more certificates than any responder sends');
  return {
    ...responseData(derExpect(data, DER.sequence)),
    signedAs: signatureOf(algorithm, signature),
    certificates: given.map(({ whole }) => parseCertificate(whole)),
  };
}

function responseData(data: DerElement): Omit<OcspResponse, 'signedAs' | 'certificates'> {
  const members = [...derChildren(data)];
  if (members[0]?.tag === contextTag(0) && derNumber(only(derChildren(members.shift() as DerElement))) !== 0)
    throw malformed('a version other than 1');
  const [responder, producedAt, answers, extensions, ...more] = members;
  if (more.length > 0) throw malformed('a part that responses do not have');
  derTime(derExpect(producedAt, DER.generalizedTime));
  if (extensions !== undefined) checkExtensions(derExpect(extensions, contextTag(1)));
  const single = derMembers(answers, DER.sequence);
  if (single.length === 0 || single.length > MAX_ANSWERS) throw malformed(`${single.length} answers`);
  return {
    signedBytes: data.whole,
    responder: responderOf(responder),
    answers: single.map(answerOf),
  };
}

function responderOf(element: DerElement | undefined): OcspResponse['responder'] {
  if (element?.tag === contextTag(1))
    return { by: 'name', value: derExpect(only(derChildren(element)), DER.sequence).whole };
  const key = only(derMembers(element, contextTag(2)));
  return { by: 'key', value: derExpect(key, DER.octetString).content };
}

function answerOf(element: DerElement): OcspAnswer {
  const [id, status, thisUpdate, ...optional] = derMembers(element, DER.sequence);
  const [algorithm, name, key, serial, ...more] = derMembers(id, DER.sequence);
  const hash = HASHES.get(derObjectIdentifier(derMembers(algorithm, DER.sequence)[0]));
  if (hash === undefined || more.length > 0) throw malformed('a certificate named in a way that is not read');
  const next = optional[0]?.tag === contextTag(0) ? only(derChildren(optional.shift() as DerElement)) : null;
  if (optional[0]?.tag === contextTag(1)) checkExtensions(optional.shift() as DerElement);
  if (optional.length > 0) throw malformed('a part that answers do not have');
  return {
    hash,
    issuerNameHash: derExpect(name, DER.octetString).content,
    issuerKeyHash: derExpect(key, DER.octetString).content,
    serial: derUnsigned(serial),
    status: statusOf(status),
    thisUpdate: derTime(derExpect(thisUpdate, DER.generalizedTime)),
    nextUpdate: next === null ? null : derTime(derExpect(next, DER.generalizedTime)),
  };
}

function statusOf(element: DerElement | undefined): OcspAnswer['status'] {
  if (element?.tag === GOOD && element.content.length === 0) return 'good';
  if (element?.tag === UNKNOWN && element.content.length === 0) return 'unknown';
  const [time, reason, ...more] = derMembers(element, REVOKED);
  if (more.length > 0) throw malformed('a revocation of more than two parts');
  derTime(derExpect(time, DER.generalizedTime));
  if (reason === undefined) return 'revoked';
  const { content } = derExpect(only(derMembers(reason, contextTag(0))), DER.enumerated);
  return content.length === 1 && content[0] === CERTIFICATE_HOLD ? 'on-hold' : 'revoked';
}

/**
 * Extensions say nothing that we need, unless they are critical. A nonce shows whoever asked that the answer is new; an archived answer's age
 * is seen by its times.
 */
function checkExtensions(part: DerElement): void {
  for (const extension of derMembers(only(derChildren(part)), DER.sequence)) {
    const [oid, ...rest] = derMembers(extension, DER.sequence);
    if (rest.length > 1 && derObjectIdentifier(oid) !== NONCE) throw malformed('a critical extension');
  }
}

function only(members: readonly DerElement[]): DerElement {
  const [one, ...more] = members;
  if (one === undefined || more.length > 0) throw malformed('not exactly one value');
  return one;
}

function malformed(detail: string): Failure {
  return new Failure('der/malformed', { detail });
}
