import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  BEGIN,
  basicConstraints,
  type CertificateOptions,
  commonName,
  DURING,
  END,
  extension,
  keyUsage,
  makeAuthority,
  makeCertificate,
  testKeys,
} from '../../../test/support/evidence/x509-maker.js';
import { failureOf } from '../../../test/support/failure.js';
import { neighbours, parseOrRefuse } from '../../../test/support/mutation.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { contextTag, DER, derChildren, readDer } from '../../bytes/der.js';
import {
  bitString,
  boolean,
  element,
  integer,
  objectIdentifier,
  octetString,
  text,
  time,
} from '../../bytes/der-writer.js';
import { toHex } from '../../bytes/hex.js';
import { concat, equal, utf8 } from '../../bytes/octets.js';
import { EXTENSION, MAX_CERTIFICATE_BYTES, parseCertificate } from './certificate.js';
import { documentScheme } from './key-kind.js';

const keys = testKeys('P-384');
const made = (options: Partial<CertificateOptions> = {}) =>
  makeCertificate({ subject: 'somebody', keys, ...options }).certificate;

const detailOf = (bytes: Uint8Array): string => {
  const { code, detail } = failureOf(() => parseCertificate(bytes));
  expect(code).toBe('certificate/malformed');
  return detail ?? '';
};

describe('a certificate', () => {
  it('is read as it was made', () => {
    const bytes = made({ serial: 0x80ff, extensions: [basicConstraints(3), keyUsage('keyCertSign')] });
    const certificate = parseCertificate(bytes);
    expect(certificate).toMatchObject({
      commonName: 'somebody',
      notBefore: BEGIN,
      notAfter: END,
      keyKind: { name: 'EC', curve: 'P-384' },
      authority: { pathLength: 3 },
      maySign: { certificates: true, revocations: false, documents: false },
      signedAs: { kind: 'ECDSA', hash: 'SHA-384' },
    });
    expect(toHex(certificate.bytes)).toBe(toHex(bytes));
    expect(toHex(certificate.serial)).toBe('80ff');
    expect(toHex(certificate.issuer)).toBe(toHex(commonName('somebody')));
    expect(toHex(certificate.subject)).toBe(toHex(commonName('somebody')));
    expect(toHex(certificate.spki)).toBe(toHex(keys.spki));
    expect([...certificate.extensions.keys()]).toEqual([EXTENSION.basicConstraints, EXTENSION.keyUsage]);
    expect(certificate.extensions.get(EXTENSION.keyUsage)?.critical).toBe(true);
  });

  it('keeps nothing of the memory that it was read from', () => {
    const bytes = Buffer.from(made());
    const { serial, bytes: kept } = parseCertificate(bytes);
    bytes.fill(0);
    expect(toHex(serial)).toBe('01');
    expect(Object.getPrototypeOf(kept)).toBe(Uint8Array.prototype);
  });

  it('may be of version 1, without extensions; it then says nothing about what it may do', () => {
    const bytes = made({ members: members => members.slice(1) });
    expect(parseCertificate(bytes)).toMatchObject({
      authority: null,
      maySign: { certificates: true, revocations: true, documents: true },
    });
    expect(new X509Certificate(bytes).subject).toBe('CN=somebody');
  });

  it.each([
    ['P-256', { name: 'ECDSA', curve: 'P-256', hash: 'SHA-256' }],
    ['P-384', { name: 'ECDSA', curve: 'P-384', hash: 'SHA-384' }],
    ['P-521', { name: 'ECDSA', curve: 'P-521', hash: 'SHA-512' }],
    ['RSA-2048', null],
  ] as const)('a key of %s signs documents as %o', (type, scheme) => {
    expect(documentScheme(parseCertificate(made({ keys: testKeys(type) })).keyKind)).toEqual(scheme);
  });

  it('has a serial number of zero as no octets', () => {
    expect(parseCertificate(made({ serial: 0 })).serial).toHaveLength(0);
  });

  it.each([
    ['of UTF-8', text('a\u00e9'), 'a\u00e9'],
    ['of printable characters', text('a', DER.printableString), 'a'],
    ['of another type', text('a', DER.ia5String), null],
    ['that is not UTF-8', element(DER.utf8String, Uint8Array.of(0xff)), null],
  ])('has a common name %s', (_, value, name) => {
    const attribute = (oid: string, inner: Uint8Array) =>
      element(DER.set, element(DER.sequence, objectIdentifier(oid), inner));
    const subject = element(
      DER.sequence,
      attribute('2.5.4.10', text('o')),
      attribute('2.5.4.3', value),
      attribute('2.5.4.3', text('second')),
    );
    expect(parseCertificate(made({ subject })).commonName).toBe(name);
  });

  it('may have no common name', () => {
    expect(parseCertificate(made({ subject: element(DER.sequence) })).commonName).toBeNull();
  });

  it('may have unique identifiers, which mean nothing', () => {
    const identifiers = [
      element(contextTag(1, 'primitive'), Uint8Array.of(0)),
      element(contextTag(2, 'primitive')),
    ];
    const bytes = made({ members: members => [...members, ...identifiers] });
    expect(parseCertificate(bytes).extensions.size).toBe(0);
  });
});

describe('what a certificate says about its key', () => {
  const authorityOf = (...extensions: Uint8Array[]) => parseCertificate(made({ extensions })).authority;
  const constraints = (value: Uint8Array) => extension(EXTENSION.basicConstraints, value, true);

  it('is no authority unless it says so', () => {
    expect(authorityOf(keyUsage('keyCertSign'))).toBeNull();
    expect(authorityOf(constraints(element(DER.sequence)))).toBeNull();
    expect(authorityOf(constraints(element(DER.sequence, boolean(false))))).toBeNull();
    expect(authorityOf(basicConstraints())).toEqual({ pathLength: null });
    expect(authorityOf(basicConstraints(0))).toEqual({ pathLength: 0 });
  });

  it.each([
    ['a path length without an authority', element(DER.sequence, integer(1))],
    ['a path length of what is no authority', element(DER.sequence, boolean(false), integer(1))],
    ['a third member', element(DER.sequence, boolean(true), integer(1), integer(1))],
    [
      'a negative path length',
      element(DER.sequence, boolean(true), element(DER.integer, Uint8Array.of(0xff))),
    ],
    ['another type', integer(1)],
    ['two values', concat(element(DER.sequence), element(DER.sequence))],
  ])('%s is malformed', (_, value) => {
    detailOf(made({ extensions: [constraints(value)] }));
  });

  it.each([
    [['digitalSignature'], { certificates: false, revocations: false, documents: true }],
    [['keyCertSign'], { certificates: true, revocations: false, documents: false }],
    [['cRLSign'], { certificates: false, revocations: true, documents: false }],
    [['keyCertSign', 'cRLSign'], { certificates: true, revocations: true, documents: false }],
    [['nonRepudiation', 'keyAgreement'], { certificates: false, revocations: false, documents: false }],
    [[], { certificates: false, revocations: false, documents: false }],
  ] as const)('RFC 5280 §4.2.1.3: %j', (usages, maySign) => {
    expect(parseCertificate(made({ extensions: [keyUsage(...usages)] })).maySign).toEqual(maySign);
  });

  it.each([
    ['a curve that nobody uses', spki(objectIdentifier('1.3.132.0.10'), point(32))],
    ['a curve by its parameters', spki(element(DER.sequence), point(48))],
    ['a point in its compressed form', spki(objectIdentifier('1.3.132.0.34'), new Uint8Array(49).fill(2))],
    ['a point of another size', spki(objectIdentifier('1.3.132.0.34'), point(32))],
    ['no point', spki(objectIdentifier('1.3.132.0.34'), new Uint8Array())],
    [
      'Ed25519',
      element(
        DER.sequence,
        element(DER.sequence, objectIdentifier('1.3.101.112')),
        bitString(new Uint8Array(32)),
      ),
    ],
  ])('a key with %s is read, and can sign nothing', (_, key) => {
    expect(parseCertificate(made({ keys: { ...keys, spki: key } })).keyKind).toBeNull();
  });

  function spki(parameters: Uint8Array, key: Uint8Array): Uint8Array {
    const algorithm = element(DER.sequence, objectIdentifier('1.2.840.10045.2.1'), parameters);
    return element(DER.sequence, algorithm, bitString(key));
  }

  function point(size: number): Uint8Array {
    return new Uint8Array(1 + 2 * size).fill(4);
  }
});

describe('refused as no certificate', () => {
  const at = (place: number, value: Uint8Array) =>
    made({ members: members => members.with(place, value), extensions: [keyUsage('cRLSign')] });
  const behind = (...values: Uint8Array[]) => made({ members: members => [...members, ...values] });
  const extensions = (...list: Uint8Array[]) => made({ extensions: list });
  const none = extension('1.2.3', element(DER.null));

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /too soon/],
    ['bytes behind it', concat(made(), Uint8Array.of(0)), /behind/],
    ['more bytes than any has', new Uint8Array(MAX_CERTIFICATE_BYTES + 1), /16385 bytes/],
    ['another type', integer(1), /another type/],
    ['one part', element(DER.sequence, element(DER.sequence)), /missing/],
    [
      'a fourth part',
      element(
        DER.sequence,
        element(DER.sequence),
        element(DER.sequence),
        bitString(new Uint8Array()),
        element(DER.null),
      ),
      /three parts/,
    ],
    ['version 4', at(0, element(contextTag(0), integer(3))), /version/],
    ['two versions', at(0, element(contextTag(0), integer(2), integer(2))), /version/],
    ['version 1 with extensions', at(0, element(contextTag(0), integer(0))), /part that/],
    ['version 2 with extensions', at(0, element(contextTag(0), integer(1))), /part that/],
    ['a negative serial number', at(1, element(DER.integer, Uint8Array.of(0x80))), /negative/],
    [
      'two algorithms',
      at(2, element(DER.sequence, objectIdentifier('1.2.840.10045.4.3.2'))),
      /two algorithms/,
    ],
    ['an issuer that is no name', at(3, integer(1)), /another type/],
    ['one time', at(4, element(DER.sequence, time(BEGIN))), /form/],
    ['three times', at(4, element(DER.sequence, time(BEGIN), time(END), time(END))), /two times/],
    ['a time of another type', at(4, element(DER.sequence, integer(1), time(END))), /form/],
    ['a subject that is no name', at(5, integer(1)), /another type/],
    ['a name whose part is no set', at(5, element(DER.sequence, element(DER.sequence))), /another type/],
    [
      'a name without a value',
      at(5, element(DER.sequence, element(DER.set, element(DER.sequence, objectIdentifier('2.5.4.3'))))),
      /without a value/,
    ],
    [
      'a key of three parts',
      at(6, element(DER.sequence, element(DER.sequence), bitString(utf8('')), none)),
      /parts/,
    ],
    [
      'a key that is no bit string',
      at(6, element(DER.sequence, element(DER.sequence), none)),
      /another type/,
    ],
    ['a part that none has', behind(element(contextTag(4), none)), /part that/],
    ['unique identifiers in another order', behind(unique(2), unique(1)), /part that/],
    ['a unique identifier twice', behind(unique(1), unique(1)), /part that/],
    ['extensions twice', behind(listOf(none), listOf(none)), /part that/],
    ['a unique identifier behind the extensions', behind(listOf(none), unique(1)), /part that/],
    ['no list of extensions', behind(element(contextTag(3))), /no list/],
    ['two lists of extensions', behind(element(contextTag(3), element(DER.sequence, none), none)), /no list/],
    ['an empty list of extensions', extensions(), /no list/],
    ['a hundred extensions', extensions(...numbered(100)), /no list/],
    ['an extension twice', extensions(none, none), /twice/],
    ['an extension without a value', extensions(element(DER.sequence, objectIdentifier('1.2'))), /twice, or/],
    [
      'an extension of four members',
      extensions(
        element(DER.sequence, objectIdentifier('1.2'), boolean(true), octetString(none), octetString(none)),
      ),
      /twice, or/,
    ],
    [
      'an extension whose value is in no octet string',
      extensions(element(DER.sequence, objectIdentifier('1.2'), integer(1))),
      /another type/,
    ],
    [
      'an extension that is critical in another type',
      extensions(element(DER.sequence, objectIdentifier('1.2'), integer(1), octetString(none))),
      /another type/,
    ],
  ])('%s', (_, bytes, detail) => {
    expect(detailOf(bytes)).toMatch(detail);
  });

  it('a signature that does not end on an octet', () => {
    const parts = derChildren(readDer(made())).map(({ whole }) => whole);
    const bytes = element(DER.sequence, ...parts.with(2, element(DER.bitString, Uint8Array.of(1, 0))));
    expect(detailOf(bytes)).toMatch(/end on an octet/);
  });

  function unique(number: number): Uint8Array {
    return element(contextTag(number, 'primitive'), Uint8Array.of(0));
  }

  function listOf(...members: Uint8Array[]): Uint8Array {
    return element(contextTag(3), element(DER.sequence, ...members));
  }

  function numbered(count: number): Uint8Array[] {
    return Array.from({ length: count }, (_, number) => extension(`1.2.${number}`, element(DER.null)));
  }
});

describe('damage', () => {
  const whole = makeAuthority({ subject: 'somebody', keys, pathLength: 1, notAfter: DURING }).certificate;

  it('of any one byte is refused, or is kept in what is read: no two encodings of one certificate', () => {
    let read = 0;
    let place = 0;
    for (const bytes of neighbours(whole)) {
      if (place++ % thorough(1, 7) !== 0) continue;
      const certificate = parseOrRefuse(() => parseCertificate(bytes), ['certificate/malformed']);
      if (certificate === undefined) continue;
      read++;
      expect(equal(certificate.bytes, bytes)).toBe(true);
      expect(equal(certificate.bytes, whole)).toBe(false);
    }
    // Most of a certificate is numbers, names and times that could be others.
    expect(read).toBeGreaterThan(100);
  });

  it('of every length is refused', () => {
    for (let length = 0; length < whole.length; length++) detailOf(whole.slice(0, length));
  });

  it('of any kind is refused as a certificate, never with another error', () => {
    const piece = fc.tuple(fc.nat(whole.length), fc.nat(40), fc.uint8Array({ maxLength: 40 }));
    fc.assert(
      fc.property(piece, ([from, length, other]) => {
        const bytes = concat(whole.slice(0, from), other, whole.slice(from + length));
        parseOrRefuse(() => parseCertificate(bytes), ['certificate/malformed']);
      }),
      { numRuns: thorough(5000, 300) },
    );
  });
});
