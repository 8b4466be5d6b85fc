import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { CHIP_ID, snpExtensions, snpPki, tcbOctets } from '../../../test/support/evidence/snp.js';
import { makeCertificate, testKeys } from '../../../test/support/evidence/x509-maker.js';
import { failureOf } from '../../../test/support/failure.js';
import { describeGenuine, genuine, genuineText } from '../../../test/support/vectors.js';
import { DER } from '../../bytes/der.js';
import { integer, text } from '../../bytes/der-writer.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { type Certificate, parseCertificate } from '../x509/certificate.js';
import { certificatesFromPem } from '../x509/pem.js';
import { endorsedTcb, endorsementOf } from './endorsement.js';
import { parseSnpReport } from './layout.js';
import { type SnpProduct, TCB_OCTETS } from './product.js';

const keys = testKeys('P-384');
const certificate = (options: Parameters<typeof snpExtensions>[0] = {}): Certificate => {
  const { ark } = snpPki('milan');
  return parseCertificate(
    makeCertificate({ subject: 'SEV-VCEK', keys, issuer: ark, extensions: snpExtensions(options) })
      .certificate,
  );
};

describe('AMD 57230: what a certificate says about a key', () => {
  it('of a chip', () => {
    expect(endorsementOf(certificate())).toEqual({
      product: 'milan',
      productName: 'Milan-B0',
      hardwareId: CHIP_ID,
      cloud: null,
    });
  });

  it('that is lent to a cloud', () => {
    expect(endorsementOf(certificate({ product: 'genoa', kind: 'vlek' }))).toEqual({
      product: 'genoa',
      productName: 'Genoa',
      hardwareId: null,
      cloud: 'CN=cloud.example',
    });
  });

  it('of a line that is not known', () => {
    const named = certificate({ extensions: { '2': text('Venice-A0', DER.ia5String) } });
    expect(endorsementOf(named)).toMatchObject({ product: null, productName: 'Venice-A0' });
  });

  it.each<[string, Record<string, Uint8Array | undefined>, string]>([
    ['no product', { '2': undefined }, '.2'],
    ['a product that is not of ASCII\u2019s type', { '2': text('Milan') }, '.2'],
    ['a product that is not UTF-8', { '2': Uint8Array.of(0x16, 1, 0xff) }, '.2'],
    ['a product with bytes behind it', { '2': Uint8Array.of(0x16, 1, 0x41, 0) }, '.2'],
    ['an id that is longer than any', { '4': new Uint8Array(65) }, '.4'],
    ['a cloud that is a number', { '5': integer(1) }, '.5'],
  ])('%s is said in no certificate of AMD\u2019s', (_, extensions, name) => {
    const { code, field } = failureOf(() => endorsementOf(certificate({ extensions })));
    expect(code).toBe('snp/endorsement-malformed');
    expect(field).toBe(`1.3.6.1.4.1.3704.1${name}`);
  });
});

describe('the TCB that a key is for', () => {
  it.each(['milan', 'genoa', 'turin'] as const)('%s: as reports have it', product => {
    expect(endorsedTcb(certificate({ product }), product)).toEqual(tcbOctets(product));
  });

  it('whatever the numbers are', () => {
    const product = fc.constantFrom<SnpProduct[]>('milan', 'genoa', 'turin');
    fc.assert(
      fc.property(product, fc.uint8Array({ minLength: 8, maxLength: 8 }), (line, octets) => {
        const extensions = Object.fromEntries(
          TCB_OCTETS[line].map((arc, at) => [`3.${arc}`, integer(octets[at] as number)]),
        );
        expect(toHex(endorsedTcb(certificate({ product: line, extensions }), line))).toBe(toHex(octets));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['is missing', undefined],
    ['is over an octet', integer(256)],
    ['is negative', Uint8Array.of(2, 1, 0xff)],
    ['is of another type', text('1')],
    ['has a surplus octet', Uint8Array.of(2, 2, 0, 1)],
    ['has bytes behind it', Uint8Array.of(2, 1, 1, 0)],
    ['is empty', utf8('')],
  ])('a number that %s is none', (_, value) => {
    for (const arc of TCB_OCTETS.milan) {
      const { code, field } = failureOf(() =>
        endorsedTcb(certificate({ extensions: { [`3.${arc}`]: value } }), 'milan'),
      );
      expect(code).toBe('snp/endorsement-malformed');
      expect(field).toBe(`1.3.6.1.4.1.3704.1.3.${arc}`);
    }
  });

  it('of Turin is not said in certificates of other lines', () => {
    expect(failureOf(() => endorsedTcb(certificate(), 'turin')).field).toMatch(/3\.9$/);
  });
});

describeGenuine('certificates of AMD', () => {
  it.each([
    ['milan', 'Milan-B0', 'milan'],
    ['genoa', 'Genoa', 'genoa'],
    ['turin', 'Turin', 'turin'],
    ['debug', 'Milan-B0', 'milan'],
  ] as const)('%s: what it says is what the report has', (name, productName, product) => {
    const [signer] =
      name === 'debug'
        ? [parseCertificate(genuine('sev-snp/debug_vcek.der'))]
        : certificatesFromPem(genuineText(`sev-snp/${name}_vcek.pem`));
    const path = name === 'debug' ? 'sev-snp/debug_report.bin' : `sev-snp/${name}_attestation_report.bin`;
    const { stated } = parseSnpReport(genuine(path));
    const endorsement = endorsementOf(signer as Certificate);
    expect(endorsement).toMatchObject({ product, productName, cloud: null });
    const length = product === 'turin' ? 8 : 64;
    expect(toHex(endorsement.hardwareId ?? utf8(''))).toBe(toHex(stated.chipId.slice(0, length)));
    expect(endorsedTcb(signer as Certificate, product)).toEqual(stated.reportedTcb);
  });
});
