import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  BEGIN,
  basicConstraints,
  DURING,
  END,
  extension,
  keyUsage,
  makeAuthority,
  makeCertificate,
  makeRevocationList,
  type RevocationListOptions,
  testKeys,
} from '../../../test/support/evidence/x509-maker.js';
import { failureOf, reasonOf, reasonOfAsync } from '../../../test/support/failure.js';
import { mutants, parseOrRefuse } from '../../../test/support/mutation.js';
import { contextTag, DER, derChildren, readDer } from '../../bytes/der.js';
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
import { toHex } from '../../bytes/hex.js';
import { concat, equal } from '../../bytes/octets.js';
import { parseCertificate } from './certificate.js';
import { checkNotRevoked, MAX_LIST_BYTES, parseRevocationList } from './revocation-list.js';

const DAY = 86_400;
const authority = makeAuthority({ subject: 'authority' });
const issuer = parseCertificate(authority.certificate);
const certificateOf = (serial: number) =>
  parseCertificate(makeCertificate({ subject: 'somebody', issuer: authority, serial }).certificate);
const made = (options: Partial<RevocationListOptions> = {}) =>
  makeRevocationList({ issuer: authority, ...options });
const holds = { serial: 7, at: DURING };

const verdictOn = (serial: number, list: Uint8Array, asOf = DURING, under = issuer) =>
  checkNotRevoked(certificateOf(serial), under, parseRevocationList(list), asOf);
const reasonFor = (serial: number, list: Uint8Array, asOf = DURING, under = issuer) =>
  reasonOfAsync(() => verdictOn(serial, list, asOf, under));

describe('a revocation list', () => {
  it('is read as it was made', () => {
    const bytes = made({ revoked: [holds, { serial: 0x80ff, at: BEGIN }], nextUpdate: DURING + DAY });
    const list = parseRevocationList(bytes);
    expect(list).toMatchObject({ thisUpdate: BEGIN, nextUpdate: DURING + DAY });
    expect([...list.revoked()]).toEqual([
      ['07', DURING],
      ['80ff', BEGIN],
    ]);
    expect(toHex(list.issuer)).toBe(toHex(authority.name));
    expect(toHex(list.bytes)).toBe(toHex(bytes));
  });

  it('may be empty, without extensions, and of version 1', () => {
    expect(parseRevocationList(made({ extensions: [] })).revoked().size).toBe(0);
    expect(parseRevocationList(made({ extensions: [], members: all => all.slice(1) })).revoked().size).toBe(
      0,
    );
  });

  it('keeps nothing of the memory that it was read from', () => {
    const bytes = Buffer.from(made());
    const list = parseRevocationList(bytes);
    bytes.fill(0);
    expect(toHex(list.issuer)).toBe(toHex(authority.name));
  });
});

describe('whether a certificate is revoked', () => {
  it('not when the list does not name it', async () => {
    await verdictOn(8, made({ revoked: [holds] }));
    await verdictOn(8, made());
  });

  it('from the time on that the list names: what was revoked later was still good', async () => {
    const list = made({ revoked: [holds] });
    await verdictOn(7, list, DURING - 1);
    expect(await reasonFor(7, list, DURING)).toBe('certificate/revoked');
    expect(await reasonFor(7, list, DURING + 1)).toBe('certificate/revoked');
  });

  it('RFC 5280 §5.3.2: from when its key was lost, where the list says so and that is earlier', async () => {
    const lost = (at: number) => extension('2.5.29.24', element(DER.generalizedTime, digitsOf(at)));
    const list = (at: number) => made({ revoked: [{ ...holds, extensions: [lost(at)] }] });
    await verdictOn(7, list(DURING - DAY), DURING - DAY - 1);
    expect(await reasonFor(7, list(DURING - DAY), DURING - DAY)).toBe('certificate/revoked');
    expect(await reasonFor(7, list(DURING + DAY), DURING)).toBe('certificate/revoked');
  });

  it('from the earliest entry, where the list names it twice', async () => {
    for (const times of [
      [DURING, DURING + DAY],
      [DURING + DAY, DURING],
    ]) {
      const list = made({ revoked: times.map(at => ({ serial: 7, at })) });
      expect(await reasonFor(7, list)).toBe('certificate/revoked');
    }
  });

  it('whatever the reason: one on hold is, while it is on the list', async () => {
    const onHold = extension('2.5.29.21', element(DER.enumerated, Uint8Array.of(6)));
    expect(await reasonFor(7, made({ revoked: [{ ...holds, extensions: [onHold] }] }))).toBe(
      'certificate/revoked',
    );
  });

  it('a serial number of zero is one too', async () => {
    expect(await reasonFor(0, made({ revoked: [{ serial: 0, at: BEGIN }] }))).toBe('certificate/revoked');
    await verdictOn(0, made({ revoked: [holds] }));
  });

  it('says since when', async () => {
    const list = parseRevocationList(made({ revoked: [{ serial: 7, at: Date.UTC(2025, 0, 2) / 1000 }] }));
    await expect(checkNotRevoked(certificateOf(7), issuer, list, DURING)).rejects.toMatchObject({
      detail: 'since 2025-01-02T00:00:00.000Z',
    });
  });
});

describe('a list that says nothing about the certificate', () => {
  it('of another authority, or about the certificate of another', async () => {
    const other = makeAuthority({ subject: 'other' });
    const list = makeRevocationList({ issuer: other });
    expect(await reasonFor(7, list)).toBe('revocation/issuer-mismatch');
    expect(await reasonFor(7, list, DURING, parseCertificate(other.certificate))).toBe(
      'revocation/issuer-mismatch',
    );
  });

  it('signed by somebody else under the name of the authority', async () => {
    const forged = makeRevocationList({ issuer: { name: authority.name, keys: testKeys('P-384') } });
    expect(await reasonFor(7, forged)).toBe('revocation/signature-invalid');
  });

  it('signed by an authority that may not sign lists', async () => {
    const { name, keys } = authority;
    const extensions = [basicConstraints(), keyUsage('keyCertSign')];
    const under = parseCertificate(makeCertificate({ subject: name, keys, extensions }).certificate);
    expect(await reasonFor(7, made(), DURING, under)).toBe('revocation/signature-invalid');
  });

  it('signed with an algorithm that nobody uses', async () => {
    const sha1 = element(DER.sequence, objectIdentifier('1.2.840.10045.4.1'));
    const tbs = element(DER.sequence, integer(1), sha1, authority.name, time(BEGIN), time(END));
    const list = element(DER.sequence, tbs, sha1, bitString(new Uint8Array(64)));
    expect(await reasonFor(7, list)).toBe('revocation/signature-invalid');
  });

  it('before it was published, and after the next one was to come', async () => {
    const list = made({ thisUpdate: DURING, nextUpdate: DURING + DAY, revoked: [holds] });
    expect(await reasonFor(8, list, DURING - 1)).toBe('revocation/not-yet-valid');
    await verdictOn(8, list, DURING);
    await verdictOn(8, list, DURING + DAY);
    expect(await reasonFor(8, list, DURING + DAY + 1)).toBe('revocation/expired');
    expect(await reasonFor(8, list, Number.NaN)).toBe('revocation/not-yet-valid');
  });
});

describe('refused as no list that we could conclude something from', () => {
  it.each([
    ['of what has changed', '2.5.29.27'],
    ['of one distribution point, or of others\u2019 certificates too', '2.5.29.28'],
  ])('a list %s, critical or not', (_, name) => {
    for (const critical of [true, false]) {
      const bytes = made({ extensions: [extension(name, integer(1), critical)] });
      expect(failureOf(() => parseRevocationList(bytes))).toMatchObject({
        code: 'revocation/partial',
        detail: name,
      });
    }
  });

  it('a list with a critical extension that nobody here understands', () => {
    const unknown = (critical: boolean) => made({ extensions: [extension('1.2.3', integer(1), critical)] });
    expect(reasonOf(() => parseRevocationList(unknown(true)))).toBe('revocation/extension-unknown');
    expect(parseRevocationList(unknown(false)).revoked().size).toBe(0);
    const number = made({ extensions: [extension('2.5.29.20', integer(1), true)] });
    expect(parseRevocationList(number).revoked().size).toBe(0);
  });

  it('an entry with a critical extension, which may say that it is of another authority', () => {
    const entry = { ...holds, extensions: [extension('2.5.29.29', integer(1), true)] };
    expect(failureOf(() => parseRevocationList(made({ revoked: [entry] })).revoked())).toMatchObject({
      code: 'revocation/extension-unknown',
      field: 'entry',
      detail: '2.5.29.29',
    });
  });

  const at = (place: number, value: Uint8Array) => made({ members: members => members.with(place, value) });
  const without = (place: number) => made({ members: members => members.toSpliced(place, 1) });
  const entries = (...list: Uint8Array[]) =>
    made({ members: members => members.toSpliced(5, 0, element(DER.sequence, ...list)) });
  const listed = (extensions: readonly Uint8Array[]) => made({ revoked: [{ ...holds, extensions }] });

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /too soon/],
    ['bytes behind it', concat(made(), Uint8Array.of(0)), /behind/],
    ['more bytes than any has', new Uint8Array(MAX_LIST_BYTES + 1), /131073 bytes/],
    ['a certificate', authority.certificate, /./],
    ['version 1 by number', at(0, integer(0)), /version/],
    ['version 3', at(0, integer(2)), /version/],
    ['version 1 with extensions', without(0), /part that/],
    ['two algorithms', at(1, element(DER.sequence, objectIdentifier('1.2.3'))), /two algorithms/],
    ['an issuer that is no name', at(2, integer(1)), /another type/],
    ['no time', without(3), /form/],
    ['no time of the next one', made({ nextUpdate: null }), /form/],
    ['a part that none has', made({ members: members => [...members, integer(1)] }), /part that/],
    ['an entry that is none', entries(integer(1)), /another type/],
    ['an entry without a time', entries(element(DER.sequence, integer(7))), /form/],
    [
      'an entry of four parts',
      entries(element(DER.sequence, integer(7), time(BEGIN), integer(1), integer(1))),
      /three/,
    ],
    ['an entry with an empty list of extensions', listed([]), /no list/],
    [
      'an entry with an extension twice',
      listed([extension('1.2', integer(1)), extension('1.2', integer(1))]),
      /twice/,
    ],
    ['an entry with a time that is none', listed([extension('2.5.29.24', integer(1))]), /form/],
    ['extensions of another form', at(5, element(contextTag(0), integer(1), integer(1))), /another form/],
    ['no extensions where there are to be some', at(5, element(contextTag(0))), /another form/],
    [
      'an extension without a value',
      made({ extensions: [element(DER.sequence, boolean(true))] }),
      /another type/,
    ],
    [
      'an extension of too many members',
      made({
        extensions: [
          element(DER.sequence, objectIdentifier('1.2'), boolean(true), octetString(integer(1)), integer(1)),
        ],
      }),
      /another form/,
    ],
    ['a fourth part', element(DER.sequence, integer(1), integer(1), integer(1), integer(1)), /three parts/],
  ])('%s', (_, bytes, detail) => {
    const failure = failureOf(() => parseRevocationList(bytes).revoked());
    expect(failure.code).toBe('revocation/malformed');
    expect(failure.detail).toMatch(detail);
  });
});

describe('the work that a stranger can make', () => {
  const many = Array.from({ length: 6000 }, (_, at) => ({ serial: at + 100, at: BEGIN }));
  // The last entry is none, which whoever reads them finds out.
  const withBadEntry = (members: Uint8Array[]) =>
    members.map((member, place) =>
      place === 5 ? sequence(...derChildren(readDer(member)).map(({ whole }) => whole), integer(1)) : member,
    );

  it('is seeing that it is no list of the authority: no entry is read before', async () => {
    const stranger = { name: authority.name, keys: testKeys('P-384') };
    const list = parseRevocationList(
      makeRevocationList({ issuer: stranger, revoked: many, members: withBadEntry }),
    );
    const code = await reasonOfAsync(() => checkNotRevoked(certificateOf(7), issuer, list, DURING));
    expect(code).toBe('revocation/signature-invalid');
    expect(reasonOf(() => list.revoked())).toBe('revocation/malformed');
  });

  it('nor of one that is out of date; and all are read of one that counts', async () => {
    const old = made({ revoked: many, members: withBadEntry, nextUpdate: DURING - 1 });
    expect(await reasonFor(7, old)).toBe('revocation/expired');
    expect(await reasonFor(7, made({ revoked: many, members: withBadEntry }))).toBe('revocation/malformed');
  });

  it('entries are read once, however often somebody asks', () => {
    const list = parseRevocationList(made({ revoked: many }));
    expect(list.revoked()).toBe(list.revoked());
    const damaged = parseRevocationList(made({ revoked: many, members: withBadEntry }));
    expect(failureOf(() => damaged.revoked())).toBe(failureOf(() => damaged.revoked()));
  });
});

describe('damage', () => {
  const whole = made({ revoked: [holds, { serial: 9, at: BEGIN }] });
  const CODES = ['revocation/malformed', 'revocation/partial', 'revocation/extension-unknown'] as const;

  it('is refused, or found by the signature', async () => {
    await fc.assert(
      fc.asyncProperty(mutants([whole]), async bytes => {
        const list = parseOrRefuse(() => parseRevocationList(bytes), CODES);
        if (list === undefined || equal(bytes, whole)) return;
        const code = await reasonOfAsync(() => checkNotRevoked(certificateOf(8), issuer, list, DURING));
        expect(code).toMatch(/^revocation\/(signature-invalid|issuer-mismatch)$/);
      }),
      { numRuns: 200 },
    );
  });

  it('of every length is refused', () => {
    for (let length = 0; length < whole.length; length++)
      expect(reasonOf(() => parseRevocationList(whole.slice(0, length)))).toBe('revocation/malformed');
  });
});

function digitsOf(seconds: number): Uint8Array {
  const digits = new Date(seconds * 1000).toISOString().replace(/\.\d+|\D/g, '');
  return new TextEncoder().encode(`${digits}Z`);
}
