/**
 * X.509 certificates (RFC 5280 §4), read from DER. By hand on our strict reader, because a library for all of ASN.1 reads BER as well and takes
 * over a millisecond for each certificate; `docs/decisions/0010-certificates-by-hand.md`. What signatures cover is kept as it was received.
 */
import {
  contextTag,
  DER,
  type DerElement,
  derBitOctets,
  derBoolean,
  derChildren,
  derExpect,
  derMembers,
  derNumber,
  derObjectIdentifier,
  derTime,
  derUnsigned,
  readDer,
} from '../../bytes/der.js';
import { equal, fromUtf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { KeyKind } from './key-kind.js';
import { COORDINATE_BYTES, type SignedAs, signatureOf } from './signed-as.js';

export interface Certificate {
  /** The whole, in DER. */
  readonly bytes: Uint8Array;
  /** What its issuer has signed. */
  readonly signedBytes: Uint8Array;
  readonly signedAs: SignedAs;
  /** Octets of the serial number, without leading zeros. */
  readonly serial: Uint8Array;
  /** The names in DER: they are compared as bytes, which is stricter than RFC 5280 §7.1 and what makers of hardware keep to. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** The first common name of the subject; null where there is none, or one that is not in UTF-8. */
  readonly commonName: string | null;
  /** Unix seconds, both inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** The public key as a SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
  /** What the key can sign with: what its certificates' and documents' signatures must fit. */
  readonly keyKind: KeyKind | null;
  /** By object identifier. */
  readonly extensions: ReadonlyMap<string, Extension>;
  /** Null where the certificate does not say that it is an authority; the number of authorities that may follow it, or null for any. */
  readonly authority: { readonly pathLength: number | null } | null;
  /** Whether the key may sign certificates and revocation lists; true for both where the certificate does not say (RFC 5280 §4.2.1.3). */
  readonly maySign: {
    readonly certificates: boolean;
    readonly revocations: boolean;
    readonly documents: boolean;
  };
}

export interface Extension {
  readonly critical: boolean;
  /** What its octet string holds. */
  readonly value: Uint8Array;
}

/** Object identifiers of extensions. Source: RFC 5280 §4.2.1. */
export const EXTENSION = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  crlDistributionPoints: '2.5.29.31',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** Bits of key usage. Source: RFC 5280 §4.2.1.3. */
const USAGE = { digitalSignature: 0, keyCertSign: 5, crlSign: 6 } as const;

const COMMON_NAME = '2.5.4.3';
const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
const CURVES: ReadonlyMap<string, 'P-256' | 'P-384' | 'P-521'> = new Map([
  ['1.2.840.10045.3.1.7', 'P-256'],
  ['1.3.132.0.34', 'P-384'],
  ['1.3.132.0.35', 'P-521'],
]);

/** More than any certificate of a maker of hardware has; the largest that we know are of 2 KiB. */
export const MAX_CERTIFICATE_BYTES = 16 * 1024;
const MAX_EXTENSIONS = 64;

/** Reads exactly one certificate. Throws `certificate/malformed`. */
export function parseCertificate(bytes: Uint8Array): Certificate {
  if (bytes.length > MAX_CERTIFICATE_BYTES)
    throw new Failure('certificate/malformed', { detail: `${bytes.length} bytes` });
  try {
    return certificate(new Uint8Array(bytes));
  } catch (error) {
    if (error instanceof Failure && error.code === 'der/malformed')
      throw new Failure('certificate/malformed', error.detail === undefined ? {} : { detail: error.detail });
    throw error;
  }
}

function certificate(bytes: Uint8Array): Certificate {
  const [tbs, algorithm, signature, ...more] = derMembers(readDer(bytes), DER.sequence);
  if (more.length > 0) throw malformed('more than the three parts of a certificate');
  const members = [...derMembers(tbs, DER.sequence)];
  const version = members[0]?.tag === contextTag(0) ? versionOf(members.shift() as DerElement) : 1;
  const [serial, innerAlgorithm, issuer, validity, subject, spki, ...optional] = members;
  const [notBefore, notAfter, ...times] = derMembers(validity, DER.sequence);
  if (times.length > 0) throw malformed('more than two times');
  const signedAs = signatureOf(algorithm, signature);
  if (!equal(derExpect(algorithm, DER.sequence).whole, derExpect(innerAlgorithm, DER.sequence).whole))
    throw malformed('two algorithms of signature');
  const extensions = partsOf(optional, version);
  return {
    bytes,
    signedBytes: derExpect(tbs, DER.sequence).whole,
    signedAs,
    serial: derUnsigned(serial),
    issuer: derExpect(issuer, DER.sequence).whole,
    subject: derExpect(subject, DER.sequence).whole,
    commonName: commonNameOf(derExpect(subject, DER.sequence)),
    notBefore: derTime(notBefore),
    notAfter: derTime(notAfter),
    spki: derExpect(spki, DER.sequence).whole,
    keyKind: keyKindOf(derExpect(spki, DER.sequence)),
    extensions,
    authority: authorityOf(extensions.get(EXTENSION.basicConstraints)),
    maySign: usageOf(extensions.get(EXTENSION.keyUsage)),
  };
}

function versionOf(part: DerElement): number {
  const [number, ...more] = derChildren(part);
  const version = derNumber(number) + 1;
  if (more.length > 0 || version > 3) throw malformed('a version that certificates do not have');
  return version;
}

/** The parts behind the key, in their order. Source: RFC 5280 §4.1. */
const PARTS: ReadonlyMap<number, number> = new Map([
  [contextTag(1, 'primitive'), 1],
  [contextTag(2, 'primitive'), 2],
  [contextTag(3), 3],
]);

function partsOf(optional: readonly DerElement[], version: number): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  let last = 0;
  for (const part of optional) {
    const number = PARTS.get(part.tag) ?? 0;
    if (number <= last || version < (number === 3 ? 3 : 2))
      throw malformed('a part that certificates do not have');
    last = number;
    // Unique identifiers of issuer and subject mean nothing any more.
    if (number !== 3) continue;
    const [list, ...more] = derChildren(part);
    if (list === undefined || more.length > 0) throw malformed('no list of extensions');
    for (const { name, ...extension } of extensionsOf(list)) extensions.set(name, extension);
  }
  return extensions;
}

/** What a list of extensions has in it, of a certificate, a revocation list or an entry of that. Throws `der/malformed`. */
export function extensionsOf(list: DerElement): readonly (Extension & { readonly name: string })[] {
  const members = derMembers(list, DER.sequence);
  if (members.length === 0 || members.length > MAX_EXTENSIONS) throw malformed('no list of extensions');
  const names = new Set<string>();
  return members.map(member => {
    const [oid, ...rest] = derMembers(member, DER.sequence);
    const critical = rest.length === 2 && derBoolean(rest.shift());
    const name = derObjectIdentifier(oid);
    if (rest.length !== 1 || names.has(name)) throw malformed('an extension twice, or in another form');
    names.add(name);
    return { name, critical, value: derExpect(rest[0], DER.octetString).content };
  });
}

function authorityOf(extension: Extension | undefined): Certificate['authority'] {
  if (extension === undefined) return null;
  const [first, second, ...more] = derMembers(readDer(extension.value), DER.sequence);
  if (first === undefined) return null;
  if (more.length > 0) throw malformed('basic constraints of another form');
  if (first.tag !== DER.boolean || !derBoolean(first)) {
    if (second !== undefined || first.tag !== DER.boolean)
      throw malformed('a path length without an authority');
    return null;
  }
  return { pathLength: second === undefined ? null : derNumber(second) };
}

function usageOf(extension: Extension | undefined): Certificate['maySign'] {
  if (extension === undefined) return { certificates: true, revocations: true, documents: true };
  const [, ...octets] = derExpect(readDer(extension.value), DER.bitString).content;
  const bit = (number: number) => ((octets[number >> 3] ?? 0) & (0x80 >> (number & 7))) !== 0;
  return {
    certificates: bit(USAGE.keyCertSign),
    revocations: bit(USAGE.crlSign),
    documents: bit(USAGE.digitalSignature),
  };
}

/** What kind a key is, by its SubjectPublicKeyInfo in DER; null for one that signs nothing that we read. Throws `der/malformed`. */
export function kindOfKey(spki: Uint8Array): KeyKind | null {
  return keyKindOf(derExpect(readDer(spki), DER.sequence));
}

function keyKindOf(spki: DerElement): KeyKind | null {
  const [algorithm, key, ...more] = derChildren(spki);
  if (more.length > 0) throw malformed('a key of more than two parts');
  const octets = derBitOctets(key);
  const [oid, parameters] = derMembers(algorithm, DER.sequence);
  const name = derObjectIdentifier(oid);
  if (name === RSA_ENCRYPTION) return { name: 'RSA' };
  if (name !== EC_PUBLIC_KEY || parameters?.tag !== DER.objectIdentifier) return null;
  const curve = CURVES.get(derObjectIdentifier(parameters));
  if (curve === undefined) return null;
  // A point in its compressed form is the same key in other bytes, which not every provider reads.
  if (octets[0] !== 4 || octets.length !== 1 + 2 * COORDINATE_BYTES[curve]) return null;
  return { name: 'EC', curve };
}

function commonNameOf(name: DerElement): string | null {
  for (const set of derChildren(name))
    for (const attribute of derMembers(set, DER.set)) {
      const [oid, value] = derMembers(attribute, DER.sequence);
      if (value === undefined) throw malformed('a name without a value');
      if (derObjectIdentifier(oid) !== COMMON_NAME) continue;
      const isText = value.tag === DER.utf8String || value.tag === DER.printableString;
      return isText ? fromUtf8(value.content) : null;
    }
  return null;
}

function malformed(detail: string): Failure {
  return new Failure('der/malformed', { detail });
}
