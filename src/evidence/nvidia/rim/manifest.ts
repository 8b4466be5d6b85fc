/**
 * NVIDIA's reference integrity manifests: what a driver or a firmware must measure as, in a SWID tag (ISO/IEC 19770-2:2015) with the members of
 * TCG's RIM information model 1.01, under a signature of XML (W3C XML Signature 1.1, enveloped, ECDSA P-384 with SHA-384). All of the
 * document but its signature is signed; the shape is fixed to the last element, so that what is read is what is signed.
 */
import { fromBase64 } from '../../../bytes/base64.js';
import { sha384, verifyForeign } from '../../../bytes/cryptography.js';
import { fromHex } from '../../../bytes/hex.js';
import { equal, parseDecimal, utf8 } from '../../../bytes/octets.js';
import { Failure } from '../../../reason.js';
import { type Certificate, parseCertificate } from '../../x509/certificate.js';
import { checkChain, type PinnedRoot } from '../../x509/chain.js';
import { documentScheme } from '../../x509/key-kind.js';
import { MAX_CHAIN } from '../../x509/pem.js';
import { canonicalXml, malformed, parseXml, type XmlElement } from './xml.js';

export interface ReferenceManifest {
  /** The chip: `GH100`. */
  readonly product: string;
  /** The version of the driver or firmware. */
  readonly version: string;
  readonly tagId: string;
  /** The digests that a measurement may have, by its index as the manifest counts: from 0. Only those that must match. */
  readonly measurements: ReadonlyMap<number, readonly Uint8Array[]>;
  /** From the signer to the root. */
  readonly chain: readonly Certificate[];
  readonly signature: ManifestSignature;
}

interface ManifestSignature {
  /** SHA-384 of the document's canonical form: by computing, and as the signed part states it. */
  readonly computedDigest: Uint8Array;
  readonly statedDigest: Uint8Array;
  /** The canonical form of what is signed. */
  readonly signedBytes: Uint8Array;
  /** ECDSA P-384, `r ‖ s`. */
  readonly value: Uint8Array;
}

const SWID = 'http://standards.iso.org/iso/19770/-2/2015/schema.xsd';
const SHA384 = 'http://www.w3.org/2001/04/xmlenc#sha384';
const SIGNATURE = 'http://www.w3.org/2000/09/xmldsig#';
const CANONICAL_FORM = 'http://www.w3.org/2006/12/xml-c14n11';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
const ECDSA_SHA384 = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384';
const DIGEST_SHA384 = 'http://www.w3.org/2001/04/xmldsig-more#sha384';

const SHA384_BYTES = 48;
const SIGNATURE_BYTES = 96;
const MAX_INDEX = 254;
const MAX_ALTERNATIVES = 32;

/** Throws `nvidia/rim-malformed`, or `certificate/malformed` for a certificate in it. Nothing is verified yet. */
export function parseManifest(bytes: Uint8Array): ReferenceManifest {
  const root = parseXml(bytes);
  expectName(root, SWID, 'SoftwareIdentity');
  // A patch or a supplement says what changes in another manifest, and would be read as a whole one.
  for (const name of ['corpus', 'patch', 'supplemental'])
    if (attributeOf(root, name) !== 'false') throw malformed(`${name} is not false`);
  const [entity, meta, payload, signature, ...more] = elementsOf(root);
  if (more.length > 0) throw malformed('a fifth element');
  expectName(entity, SWID, 'Entity');
  const [described, signed] = [expectName(meta, SWID, 'Meta'), expectName(signature, SIGNATURE, 'Signature')];
  const { chain, ...rest } = signatureOf(root, signed);
  return {
    product: attributeOf(described, 'product'),
    version: attributeOf(described, 'colloquialVersion'),
    tagId: attributeOf(root, 'tagId'),
    measurements: measurementsOf(expectName(payload, SWID, 'Payload')),
    chain,
    signature: rest,
  };
}

/**
 * Whether the manifest is signed by whom the roots vouch for at `asOf` (Unix seconds).
 *
 * Throws `nvidia/rim-digest-mismatch`, `nvidia/rim-signature-invalid`, `nvidia/signer-unfit`, or what `checkChain` throws.
 */
export async function checkManifest(
  { chain, signature }: ReferenceManifest,
  roots: readonly PinnedRoot[],
  asOf: number,
): Promise<void> {
  const [signer] = chain;
  if (!equal(signature.computedDigest, signature.statedDigest))
    throw new Failure('nvidia/rim-digest-mismatch');
  const scheme = documentScheme(signer?.keyKind ?? null);
  if (signer === undefined || scheme?.name !== 'ECDSA' || scheme.curve !== 'P-384')
    throw new Failure('nvidia/rim-signature-invalid', { detail: 'a key of another kind' });
  if (!(await verifyForeign(scheme, signer.spki, signature.signedBytes, signature.value)))
    throw new Failure('nvidia/rim-signature-invalid');
  await checkChain(chain, { roots, asOf });
  if (signer.authority !== null || !signer.maySign.documents)
    throw new Failure('nvidia/signer-unfit', { field: 'certificate 0' });
}

function measurementsOf(payload: XmlElement): ReadonlyMap<number, readonly Uint8Array[]> {
  const measurements = new Map<number, readonly Uint8Array[]>();
  const seen = new Set<number>();
  for (const resource of elementsOf(payload)) {
    expectName(resource, SWID, 'Resource');
    const index = numberOf(resource, 'index', MAX_INDEX);
    if (attributeOf(resource, 'type') !== 'Measurement' || elementsOf(resource).length > 0)
      throw malformed('a resource that is no measurement');
    if (seen.has(index)) throw malformed(`measurement ${index} twice`);
    seen.add(index);
    const values = valuesOf(resource);
    const active = attributeOf(resource, 'active');
    if (active !== 'True' && active !== 'False') throw malformed(`measurement ${index} is ${active}`);
    if (active === 'True') measurements.set(index, values);
  }
  return measurements;
}

/** The alternatives: attributes `Hash0`, `Hash1`, …, as many as the element says. */
function valuesOf(resource: XmlElement): readonly Uint8Array[] {
  const count = numberOf(resource, 'alternatives', MAX_ALTERNATIVES);
  const given = resource.attributes.filter(({ namespace }) => namespace === SHA384);
  if (count === 0 || given.length !== count || numberOf(resource, 'size', SHA384_BYTES) !== SHA384_BYTES)
    throw malformed('a measurement of another size');
  return Array.from({ length: count }, (_, at) => {
    const value = fromHex(given.find(({ name }) => name === `Hash${at}`)?.value.toLowerCase() ?? '-');
    if (value?.length !== SHA384_BYTES) throw malformed('a digest of another length');
    return value;
  });
}

function signatureOf(
  root: XmlElement,
  signature: XmlElement,
): ManifestSignature & { readonly chain: readonly Certificate[] } {
  const [info, value, key, ...more] = elementsOf(signature);
  if (more.length > 0) throw malformed('a signature of more than three parts');
  const signedInfo = expectName(info, SIGNATURE, 'SignedInfo');
  const statedDigest = digestOf(signedInfo);
  const [data, ...others] = elementsOf(expectName(key, SIGNATURE, 'KeyInfo'));
  if (others.length > 0) throw malformed('a key that is named in another way');
  const certificates = elementsOf(expectName(data, SIGNATURE, 'X509Data'));
  if (certificates.length === 0 || certificates.length > MAX_CHAIN)
    throw malformed(`${certificates.length} certificates`);
  return {
    computedDigest: sha384(utf8(canonicalXml(root, signature))),
    statedDigest,
    signedBytes: utf8(canonicalXml(signedInfo)),
    value: base64Of(expectName(value, SIGNATURE, 'SignatureValue'), SIGNATURE_BYTES),
    chain: certificates.map(element =>
      parseCertificate(base64Of(expectName(element, SIGNATURE, 'X509Certificate'))),
    ),
  };
}

/** The digest that the signed part states, of the whole document without its signature in canonical form, and nothing else. */
function digestOf(signedInfo: XmlElement): Uint8Array {
  const [form, method, reference, ...more] = elementsOf(signedInfo);
  if (more.length > 0) throw malformed('more than one reference');
  expectAlgorithm(form, 'CanonicalizationMethod', CANONICAL_FORM);
  expectAlgorithm(method, 'SignatureMethod', ECDSA_SHA384);
  const whole = expectName(reference, SIGNATURE, 'Reference');
  if (whole.attributes.length !== 1 || attributeOf(whole, 'URI') !== '')
    throw malformed('a reference to something else than the document');
  const [transforms, digest, value, ...others] = elementsOf(whole);
  const [first, second, ...third] = elementsOf(expectName(transforms, SIGNATURE, 'Transforms'));
  if (others.length > 0 || third.length > 0) throw malformed('a reference of other parts');
  expectAlgorithm(first, 'Transform', ENVELOPED);
  expectAlgorithm(second, 'Transform', CANONICAL_FORM);
  expectAlgorithm(digest, 'DigestMethod', DIGEST_SHA384);
  return base64Of(expectName(value, SIGNATURE, 'DigestValue'), SHA384_BYTES);
}

function expectName(element: XmlElement | undefined, namespace: string, name: string): XmlElement {
  if (element?.namespace !== namespace || element.name !== name) throw malformed(`no ${name}`);
  return element;
}

function expectAlgorithm(element: XmlElement | undefined, name: string, algorithm: string): void {
  const { attributes, children } = expectName(element, SIGNATURE, name);
  const [only, ...more] = attributes;
  if (only?.namespace !== '' || only.name !== 'Algorithm' || only.value !== algorithm)
    throw malformed(`another algorithm as ${name}`);
  if (more.length > 0 || children.length > 0) throw malformed(`parameters of ${name}`);
}

/** The elements in an element that has no text but white space. */
function elementsOf({ name, children }: XmlElement): readonly XmlElement[] {
  return children.filter(child => {
    if (typeof child !== 'string') return true;
    if (child.trim() !== '') throw malformed(`text in ${name}`);
    return false;
  }) as readonly XmlElement[];
}

function attributeOf(element: XmlElement, name: string): string {
  const found = element.attributes.find(({ namespace, name: own }) => namespace === '' && own === name);
  if (found === undefined) throw malformed(`${element.name} has no ${name}`);
  return found.value;
}

function numberOf(element: XmlElement, name: string, most: number): number {
  const value = parseDecimal(attributeOf(element, name));
  if (value === null || value > most) throw malformed(`${name} of ${element.name}`);
  return value;
}

/** Base64 in lines. */
function base64Of({ name, attributes, children }: XmlElement, length?: number): Uint8Array {
  const [text, ...more] = children;
  const bytes = typeof text === 'string' ? fromBase64(text.replaceAll('\n', '')) : null;
  if (bytes === null || more.length > 0 || attributes.length > 0) throw malformed(`no base64 in ${name}`);
  if (length !== undefined && bytes.length !== length) throw malformed(`${bytes.length} bytes in ${name}`);
  return bytes;
}
