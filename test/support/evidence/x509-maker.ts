/**
 * Makes certificates and revocation lists under authorities of the tests' own, right or wrong in any way that a test needs: what a library would
 * refuse to make is what a verifier has to refuse.
 */
import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { sha256 } from '../../../src/bytes/cryptography.js';
import { contextTag, DER } from '../../../src/bytes/der.js';
import {
  bitString,
  boolean,
  element,
  integer,
  objectIdentifier,
  octetString,
  text,
  time,
} from '../../../src/bytes/der-writer.js';
import { EXTENSION } from '../../../src/evidence/x509/certificate.js';
import type { PinnedRoot } from '../../../src/evidence/x509/chain.js';
import { formatPem } from '../../../src/evidence/x509/pem.js';

export type KeyType = 'P-256' | 'P-384' | 'P-521' | 'RSA-2048' | 'RSA-4096';

export interface TestKeys {
  readonly type: KeyType;
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
}

/** Somebody with a certificate: an authority, or who stands at the end of a chain. */
export interface TestIdentity {
  /** The subject in DER. */
  readonly name: Uint8Array;
  readonly keys: TestKeys;
  /** DER. */
  readonly certificate: Uint8Array;
}

/** When the tests' certificates begin and end, in Unix seconds, and a time in between. */
export const BEGIN = Date.UTC(2024, 0, 1) / 1000;
export const END = Date.UTC(2034, 0, 1) / 1000;
export const DURING = Date.UTC(2026, 5, 15, 12) / 1000;

export type Hash = 'SHA-256' | 'SHA-384' | 'SHA-512';
export type SignatureAlgorithm = 'ECDSA' | 'RSA-PSS' | 'RSASSA-PKCS1-v1_5';

export interface CertificateOptions {
  /** A common name, or a whole name in DER. */
  readonly subject: string | Uint8Array;
  readonly keys?: TestKeys;
  /** By default P-384. */
  readonly type?: KeyType;
  /** Who signs it; by default its own key. */
  readonly issuer?: Pick<TestIdentity, 'name' | 'keys'>;
  readonly serial?: number | Uint8Array;
  /** Unix seconds. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** Made by {@link extension} and its friends. None: a certificate without the part. */
  readonly extensions?: readonly Uint8Array[];
  /** By default that of the issuer's key: RSA-PSS for RSA. */
  readonly algorithm?: SignatureAlgorithm;
  /** By default of the strength of the issuer's curve; SHA-384 for RSA. */
  readonly hash?: Hash;
  /** Changes what is signed, member by member in DER, before it is. */
  readonly members?: (members: Uint8Array[]) => readonly Uint8Array[];
}

/** Keys made anew. Those of RSA take a tenth of a second, and seconds for 4,096 bits. */
export function testKeys(type: KeyType): TestKeys {
  const { publicKey, privateKey } = type.startsWith('RSA')
    ? generateKeyPairSync('rsa', { modulusLength: Number(type.slice(4)) })
    : generateKeyPairSync('ec', { namedCurve: type });
  return { type, privateKey, spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) };
}

export function makeCertificate(options: CertificateOptions): TestIdentity {
  const keys = options.keys ?? testKeys(options.type ?? 'P-384');
  const name = nameOf(options.subject);
  const issuer = options.issuer ?? { name, keys };
  const algorithm = algorithmOf(issuer.keys, options);
  const members: Uint8Array[] = [
    element(contextTag(0), integer(2)),
    integer(options.serial ?? 1),
    algorithm,
    issuer.name,
    element(DER.sequence, time(options.notBefore ?? BEGIN), time(options.notAfter ?? END)),
    name,
    keys.spki,
  ];
  if (options.extensions !== undefined)
    members.push(element(contextTag(3), element(DER.sequence, ...options.extensions)));
  const certificate = signedWhole(options.members?.(members) ?? members, algorithm, issuer.keys, options);
  return { name, keys, certificate };
}

/** An authority that may sign certificates and revocation lists; by default of any number of authorities below it. */
export function makeAuthority(options: CertificateOptions & { readonly pathLength?: number }): TestIdentity {
  const { pathLength, ...rest } = options;
  const extensions = [basicConstraints(pathLength), keyUsage('keyCertSign', 'cRLSign')];
  return makeCertificate({ extensions, ...rest });
}

export interface RevocationListOptions {
  readonly issuer: Pick<TestIdentity, 'name' | 'keys'>;
  /** Entries: serial numbers with the time of revocation, and extensions of the entry. */
  readonly revoked?: readonly {
    readonly serial: number | Uint8Array;
    readonly at: number;
    readonly extensions?: readonly Uint8Array[];
  }[];
  readonly thisUpdate?: number;
  /** Null for a list that does not say. */
  readonly nextUpdate?: number | null;
  /** By default only its number. */
  readonly extensions?: readonly Uint8Array[];
  readonly algorithm?: SignatureAlgorithm;
  readonly hash?: Hash;
  readonly members?: (members: Uint8Array[]) => readonly Uint8Array[];
}

/** A revocation list in DER. */
export function makeRevocationList(options: RevocationListOptions): Uint8Array {
  const { issuer, revoked = [], nextUpdate = END } = options;
  const algorithm = algorithmOf(issuer.keys, options);
  const members = [integer(1), algorithm, issuer.name, time(options.thisUpdate ?? BEGIN)];
  if (nextUpdate !== null) members.push(time(nextUpdate));
  const entries = revoked.map(({ serial, at, extensions }) => {
    const more = extensions === undefined ? [] : [element(DER.sequence, ...extensions)];
    return element(DER.sequence, integer(serial), time(at), ...more);
  });
  if (entries.length > 0) members.push(element(DER.sequence, ...entries));
  const extensions = options.extensions ?? [extension('2.5.29.20', integer(1))];
  if (extensions.length > 0) members.push(element(contextTag(0), element(DER.sequence, ...extensions)));
  return signedWhole(options.members?.(members) ?? members, algorithm, issuer.keys, options);
}

/** The root of an authority, as somebody pins it who takes it for a maker of hardware. */
export function pinned(authority: TestIdentity, name = 'a root of the tests'): PinnedRoot {
  return { name, spkiSha256: sha256(authority.keys.spki) };
}

export function pem(...certificates: readonly Uint8Array[]): string {
  return formatPem('CERTIFICATE', certificates);
}

/** What `keys` sign, as a document's own signature: `r ‖ s` for elliptic curves. */
export function signDocument(keys: TestKeys, message: Uint8Array, hash: Hash = hashOf(keys)): Uint8Array {
  const name = hash.replace('-', '').toLowerCase();
  return new Uint8Array(sign(name, message, { key: keys.privateKey, dsaEncoding: 'ieee-p1363' }));
}

export function extension(name: string, value: Uint8Array, critical = false): Uint8Array {
  return element(
    DER.sequence,
    objectIdentifier(name),
    ...(critical ? [boolean(true)] : []),
    octetString(value),
  );
}

export function basicConstraints(pathLength?: number): Uint8Array {
  const rest = pathLength === undefined ? [] : [integer(pathLength)];
  return extension(EXTENSION.basicConstraints, element(DER.sequence, boolean(true), ...rest), true);
}

/** Source: RFC 5280 §4.2.1.3. */
const USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
] as const;

export function keyUsage(...usages: readonly (typeof USAGES)[number][]): Uint8Array {
  const bits = usages.reduce((sum, usage) => sum | (0x80 >> USAGES.indexOf(usage)), 0);
  const unused = bits === 0 ? 0 : Math.log2(bits & -bits);
  const content = bits === 0 ? Uint8Array.of(0) : Uint8Array.of(unused, bits);
  return extension(EXTENSION.keyUsage, element(DER.bitString, content), true);
}

/** A name of one common name. */
export function commonName(value: string): Uint8Array {
  return element(
    DER.sequence,
    element(DER.set, element(DER.sequence, objectIdentifier('2.5.4.3'), text(value))),
  );
}

function nameOf(subject: string | Uint8Array): Uint8Array {
  return typeof subject === 'string' ? commonName(subject) : subject;
}

/** Source of the identifiers: RFC 5758 §3.2, RFC 8017 appendix A.2. */
const ALGORITHMS = {
  ECDSA: {
    'SHA-256': '1.2.840.10045.4.3.2',
    'SHA-384': '1.2.840.10045.4.3.3',
    'SHA-512': '1.2.840.10045.4.3.4',
  },
  'RSASSA-PKCS1-v1_5': {
    'SHA-256': '1.2.840.113549.1.1.11',
    'SHA-384': '1.2.840.113549.1.1.12',
    'SHA-512': '1.2.840.113549.1.1.13',
  },
} as const;
const DIGESTS = {
  'SHA-256': '2.16.840.1.101.3.4.2.1',
  'SHA-384': '2.16.840.1.101.3.4.2.2',
  'SHA-512': '2.16.840.1.101.3.4.2.3',
} as const;
const SALT_BYTES = { 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 } as const;

interface Choice {
  readonly algorithm?: SignatureAlgorithm;
  readonly hash?: Hash;
}

function hashOf(keys: TestKeys): Hash {
  return keys.type === 'P-256' ? 'SHA-256' : keys.type === 'P-521' ? 'SHA-512' : 'SHA-384';
}

function chosen(keys: TestKeys, { algorithm, hash }: Choice): Required<Choice> {
  return {
    algorithm: algorithm ?? (keys.type.startsWith('RSA') ? 'RSA-PSS' : 'ECDSA'),
    hash: hash ?? hashOf(keys),
  };
}

function algorithmOf(keys: TestKeys, choice: Choice): Uint8Array {
  const { algorithm, hash } = chosen(keys, choice);
  if (algorithm === 'ECDSA') return element(DER.sequence, objectIdentifier(ALGORITHMS.ECDSA[hash]));
  const none = element(DER.null);
  if (algorithm !== 'RSA-PSS')
    return element(DER.sequence, objectIdentifier(ALGORITHMS[algorithm][hash]), none);
  const digest = element(DER.sequence, objectIdentifier(DIGESTS[hash]), none);
  const parameters = element(
    DER.sequence,
    element(contextTag(0), digest),
    element(contextTag(1), element(DER.sequence, objectIdentifier('1.2.840.113549.1.1.8'), digest)),
    element(contextTag(2), integer(SALT_BYTES[hash])),
  );
  return element(DER.sequence, objectIdentifier('1.2.840.113549.1.1.10'), parameters);
}

function signedWhole(
  members: readonly Uint8Array[],
  algorithm: Uint8Array,
  keys: TestKeys,
  choice: Choice,
): Uint8Array {
  const toBeSigned = element(DER.sequence, ...members);
  const { algorithm: name, hash } = chosen(keys, choice);
  const digest = hash.replace('-', '').toLowerCase();
  const padding =
    name === 'RSA-PSS'
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT_BYTES[hash] }
      : { dsaEncoding: 'der' as const };
  const signature = sign(digest, toBeSigned, { key: keys.privateKey, ...padding });
  return element(DER.sequence, toBeSigned, algorithm, bitString(signature));
}
