/**
 * Makes NVIDIA's reference manifests under authorities of the tests' own. The text that is signed is put together by hand beside the text that is
 * sent, so that the canonical form in `src/` is compared with one that it did not write.
 */
import { createHash } from 'node:crypto';
import { toBase64 } from '../../../src/bytes/base64.js';
import { utf8 } from '../../../src/bytes/octets.js';
import {
  keyUsage,
  makeAuthority,
  makeCertificate,
  signDocument,
  type TestIdentity,
  type TestKeys,
} from './x509-maker.js';

const SWID = 'http://standards.iso.org/iso/19770/-2/2015/schema.xsd';
const SHA384 = 'http://www.w3.org/2001/04/xmlenc#sha384';
const TCG =
  'https://trustedcomputinggroup.org/resource/tcg-reference-integrity-manifest-rim-information-model/';
const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const FORM = 'http://www.w3.org/2006/12/xml-c14n11';

export interface ManifestOptions {
  readonly product?: string;
  readonly version?: string;
  /** Lower-case hexadecimal: the alternatives of measurements that must match, by index from 0. */
  readonly measurements?: ReadonlyMap<number, readonly string[]>;
  readonly signer?: TestIdentity;
  /** From the signer to the root, in DER. */
  readonly chain?: readonly Uint8Array[];
  /** Changes the text after it has been signed. */
  readonly tampered?: (text: string) => string;
  /** Changes what is signed, in the text that is sent and in the canonical one alike. */
  readonly changed?: (text: string) => string;
  /** Signs something else than the text. */
  readonly digest?: string;
  readonly keys?: TestKeys;
}

/** From the signer to the root. */
export type ReferenceHouse = readonly [TestIdentity, TestIdentity, TestIdentity, TestIdentity];

/** Who signs manifests: a root, two authorities, a signer. */
export function makeReferenceHouse(): ReferenceHouse {
  const root = makeAuthority({ subject: 'Test signing Root CA' });
  const upper = makeAuthority({ subject: 'Test Reference Value CA', issuer: root, serial: 2 });
  const issuer = makeAuthority({
    subject: 'Test Reference Value L3',
    issuer: upper,
    serial: 3,
    pathLength: 0,
  });
  const signer = makeCertificate({
    subject: 'Test RIM L4 Signer',
    issuer,
    serial: 4,
    extensions: [keyUsage('digitalSignature')],
  });
  return [signer, issuer, upper, root];
}

/** A manifest as NVIDIA sends it: UTF-8 of XML. */
export function makeManifest(house: ReferenceHouse, options: ManifestOptions = {}): Uint8Array {
  const { signer = house[0], changed = same, tampered = same } = options;
  const { chain = house.map(({ certificate }) => certificate) } = options;
  const canonical = changed(documentText(options, 'canonical'));
  const digest = options.digest ?? sha384(canonical.replace('@SIGNATURE@', ''));
  const namespaces = `xmlns="${SWID}" xmlns:ds="${DSIG}" xmlns:ns0="${SWID}" xmlns:ns2="${SHA384}"`;
  const signed = changed(
    signedInfo(digest, 'canonical').replace('<ds:SignedInfo>', `<ds:SignedInfo ${namespaces}>`),
  );
  const value = toBase64(signDocument(options.keys ?? signer.keys, utf8(signed)));
  const certificates = chain.map(
    bytes =>
      `<ds:X509Certificate>${(toBase64(bytes).match(/.{1,64}/g) ?? []).join('\n')}\n</ds:X509Certificate>`,
  );
  const signature =
    `<ds:Signature xmlns:ds="${DSIG}">${changed(signedInfo(digest, 'sent'))}` +
    `<ds:SignatureValue>${value}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>${certificates.join('')}</ds:X509Data>` +
    '</ds:KeyInfo></ds:Signature>';
  const sent = `${changed(documentText(options, 'sent')).replace('@SIGNATURE@', signature)}\n`;
  const given = tampered(sent);
  if (given === sent && options.tampered !== undefined) throw new Error('nothing was tampered with');
  const plain = [documentText(options, 'sent'), signedInfo(digest, 'sent')];
  if (options.changed !== undefined && plain.every(text => changed(text) === text))
    throw new Error('nothing was changed');
  return utf8(given);
}

type Form = 'canonical' | 'sent';

function documentText(
  { product = 'GH100', version = '550.90.07', measurements = new Map() }: ManifestOptions,
  form: Form,
): string {
  const end = (name: string) => (form === 'sent' ? '/>' : `></${name}>`);
  const root =
    '<SoftwareIdentity ' +
    `xmlns="${SWID}" xmlns:ns0="${SWID}" xmlns:ns2="${SHA384}" corpus="false" name="${product}" patch="false" ` +
    `supplemental="false" tagId="${'ab'.repeat(48)}" ${form === 'sent' ? 'version="1.0" tagVersion="0"' : 'tagVersion="0" version="1.0"'}>`;
  const plain = [
    `colloquialVersion="${version}"`,
    'edition="GPU"',
    `product="${product}"`,
    'revision="r1"',
    'PayloadType="direct"',
  ];
  const qualified = ['ns1:BindingSpec="RIMIM"', 'ns1:PlatformModel="x"', 'ns1:FirmwareManufacturerId="5703"'];
  const meta =
    form === 'sent'
      ? [...plain, ...qualified]
      : [plain[4], ...plain.slice(0, 4), qualified[0], qualified[2], qualified[1]];
  return [
    root,
    `    <ns0:Entity name="Test Corporation" role="softwareCreator tagCreator"${end('ns0:Entity')}`,
    `    <ns0:Meta xmlns:ns1="${TCG}" ${meta.join(' ')}${end('ns0:Meta')}`,
    `    <ns0:Payload xmlns:SHA384="${SHA384}">`,
    ...Array.from({ length: 64 }, (_, index) => resource(index, measurements.get(index), form)),
    '    </ns0:Payload>',
    '@SIGNATURE@</SoftwareIdentity>',
  ].join('\n');
}

function resource(index: number, values: readonly string[] | undefined, form: Form): string {
  const all = values ?? ['00'.repeat(48)];
  const digests = all.map((value, at) => `ns2:Hash${at}="${value}"`).join(' ');
  const active = values === undefined ? 'False' : 'True';
  return form === 'sent'
    ? `        <ns0:Resource type="Measurement" index="${index}" active="${active}" alternatives="${all.length}" ${digests} ` +
        `name="Measurement_${index}" size="48"/>`
    : `        <ns0:Resource active="${active}" alternatives="${all.length}" index="${index}" name="Measurement_${index}" size="48" ` +
        `type="Measurement" ${digests}></ns0:Resource>`;
}

function signedInfo(digest: string, form: Form): string {
  const element = (name: string, algorithm: string) =>
    `<ds:${name} Algorithm="${algorithm}"${form === 'sent' ? '/>' : `></ds:${name}>`}`;
  return (
    `<ds:SignedInfo>${element('CanonicalizationMethod', FORM)}` +
    `${element('SignatureMethod', 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384')}<ds:Reference URI=""><ds:Transforms>` +
    `${element('Transform', 'http://www.w3.org/2000/09/xmldsig#enveloped-signature')}${element('Transform', FORM)}</ds:Transforms>` +
    `${element('DigestMethod', 'http://www.w3.org/2001/04/xmldsig-more#sha384')}<ds:DigestValue>${digest}</ds:DigestValue>` +
    '</ds:Reference></ds:SignedInfo>'
  );
}

function sha384(text: string): string {
  return createHash('sha384').update(text).digest('base64');
}

function same(text: string): string {
  return text;
}
