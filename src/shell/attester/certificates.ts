/**
 * Certificates and revocation lists of the simulated attester (RFC 5280 §4, §5), all signed with ECDSA. Every name in them has the organization
 * `simulated`, which is part of what is signed.
 */
import { type KeyObject, sign } from 'node:crypto';
import { sha256 } from '../../bytes/cryptography.js';
import { contextTag, DER } from '../../bytes/der.js';
import {
  bitString,
  boolean,
  element,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  time,
} from '../../bytes/der-writer.js';
import { utf8 } from '../../bytes/octets.js';
import { EXTENSION } from '../../evidence/x509/certificate.js';
import type { PinnedRoot } from '../../evidence/x509/chain.js';
import { formatPem } from '../../evidence/x509/pem.js';
import { type Keys, SIMULATED } from './keys.js';

/** Somebody with a key and a certificate for it. */
export interface Identity {
  readonly keys: Keys;
  /** The subject in DER. */
  readonly name: Uint8Array;
  /** DER. */
  readonly certificate: Uint8Array;
}

export interface CertificateOptions {
  readonly commonName: string;
  readonly keys: Keys;
  /** The authority; none for a root. */
  readonly issuer?: Identity;
  readonly role: 'authority' | 'signer';
  readonly serial: number;
  /** Unix seconds; by default for as long as anybody may want. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** What {@link extension} has made. */
  readonly extensions?: readonly Uint8Array[];
}

/** Keys are made again from the folder's secret at each start, so that certificates cannot begin when they are made. */
const BEGIN = Date.UTC(2020, 0, 1) / 1000;
const END = Date.UTC(2049, 11, 31) / 1000;

/** Bits of key usage, with those behind them that are not used. Source: RFC 5280 §4.2.1.3. */
const USAGE = {
  authority: bitString(Uint8Array.of(0x06), 1),
  signer: bitString(Uint8Array.of(0x80), 7),
} as const;

export function issue(options: CertificateOptions): Identity {
  const { keys, role, notBefore = BEGIN, notAfter = END } = options;
  const name = nameOf(options.commonName);
  const issuer = options.issuer ?? { keys, name };
  const extensions = [
    ...(role === 'authority' ? [extension(EXTENSION.basicConstraints, sequence(boolean(true)), true)] : []),
    extension(EXTENSION.keyUsage, USAGE[role], true),
    ...(options.extensions ?? []),
  ];
  const certificate = signedBy(issuer.keys, [
    element(contextTag(0), integer(2)),
    integer(options.serial),
    algorithmOf(issuer.keys),
    issuer.name,
    sequence(time(notBefore), time(notAfter)),
    name,
    keys.spki,
    element(contextTag(3), sequence(...extensions)),
  ]);
  return { keys, name, certificate };
}

/** A list of nobody: what the attester has made it never takes back. */
export function emptyRevocationList(issuer: Identity, thisUpdate: number, nextUpdate: number): Uint8Array {
  return signedBy(issuer.keys, [
    integer(1),
    algorithmOf(issuer.keys),
    issuer.name,
    time(thisUpdate),
    time(nextUpdate),
    element(contextTag(0), sequence(extension('2.5.29.20', integer(1)))),
  ]);
}

export function extension(name: string, value: Uint8Array, critical = false): Uint8Array {
  return sequence(objectIdentifier(name), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** The root as somebody pins it who wants simulated evidence. It always says what it is. */
export function pinned(root: Identity, name: string): PinnedRoot & { readonly simulated: true } {
  return { name, spkiSha256: sha256(root.keys.spki), simulated: true };
}

/** As PEM. */
export function pemOf(...identities: readonly Identity[]): string {
  return formatPem(
    'CERTIFICATE',
    identities.map(({ certificate }) => certificate),
  );
}

/** `r ‖ s`, with the hash of the strength of the key's curve. */
export function signatureOf({ privateKey, curve }: Keys, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(HASH[curve].name, message, { key: privateKey, dsaEncoding: 'ieee-p1363' }));
}

/** Source: RFC 5758 §3.2. */
const HASH = {
  'P-256': { name: 'sha256', identifier: '1.2.840.10045.4.3.2' },
  'P-384': { name: 'sha384', identifier: '1.2.840.10045.4.3.3' },
} as const;

function algorithmOf({ curve }: Keys): Uint8Array {
  return sequence(objectIdentifier(HASH[curve].identifier));
}

function signedBy(keys: Keys, members: readonly Uint8Array[]): Uint8Array {
  const content = sequence(...members);
  const signature = sign(HASH[keys.curve].name, content, keys.privateKey as KeyObject);
  return sequence(content, algorithmOf(keys), bitString(new Uint8Array(signature)));
}

const ORGANIZATION = '2.5.4.10';
const COMMON_NAME = '2.5.4.3';

function nameOf(commonName: string): Uint8Array {
  const attribute = (type: string, value: string) =>
    element(DER.set, sequence(objectIdentifier(type), element(DER.utf8String, utf8(value))));
  return sequence(attribute(ORGANIZATION, SIMULATED), attribute(COMMON_NAME, commonName));
}
