/** Attestation reports of AMD SEV-SNP under roots of the tests', of each product line, and by a chip's key or one that is lent to a cloud. */

import { DER } from '../../../src/bytes/der.js';
import { integer, text } from '../../../src/bytes/der-writer.js';
import { concatAll } from '../../../src/bytes/octets.js';
import { SNP_REPORT_BYTES } from '../../../src/evidence/snp/layout.js';
import { type SnpProduct, TCB_OCTETS } from '../../../src/evidence/snp/product.js';
import type { SnpRoot } from '../../../src/evidence/snp/roots.js';
import type { SnpInput } from '../../../src/evidence/snp/verify.js';
import {
  DURING,
  extension,
  makeAuthority,
  makeCertificate,
  pinned,
  signDocument,
  type TestIdentity,
} from './x509-maker.js';

const AMD = '1.3.6.1.4.1.3704.1';
const NAMES = { milan: 'Milan-B0', genoa: 'Genoa', turin: 'Turin' } as const;

export interface SnpPki {
  readonly ark: TestIdentity;
  readonly ask: TestIdentity;
  readonly asvk: TestIdentity;
}

/** Signed with RSA-PSS as AMD's are, with half as long keys; one pair serves all authorities of a line, because making it takes long. */
function makePki(product: SnpProduct): SnpPki {
  const ark = makeAuthority({ subject: `ARK-${product}`, type: 'RSA-2048', serial: 1 });
  const { keys } = ark;
  return {
    ark,
    ask: makeAuthority({ subject: `SEV-${product}`, keys, issuer: ark, pathLength: 0, serial: 2 }),
    asvk: makeAuthority({ subject: `SEV-VLEK-${product}`, keys, issuer: ark, pathLength: 0, serial: 3 }),
  };
}

const known = new Map<SnpProduct, SnpPki>();

export function snpPki(product: SnpProduct): SnpPki {
  const pki = known.get(product) ?? makePki(product);
  known.set(product, pki);
  return pki;
}

export function snpTestRoots(product: SnpProduct): readonly SnpRoot[] {
  return [{ ...pinned(snpPki(product).ark, `the root of ${product}`), product }];
}

/** A TCB_VERSION as that product line has it, each of its parts with a number of its own. */
export const tcbOctets = (product: SnpProduct): Uint8Array =>
  Uint8Array.from(TCB_OCTETS[product], arc => (arc === 8 ? 0xdb : arc >= 4 && arc <= 7 ? 0 : arc + 10));

export const CHIP_ID = Uint8Array.from({ length: 64 }, (_, at) => at + 1);
/** Turin's chips have shorter ids. */
const chipIdOf = (product: SnpProduct) => (product === 'turin' ? CHIP_ID.slice(0, 8) : CHIP_ID);

const CPUS = { milan: [0x19, 0x01, 1], genoa: [0x19, 0x11, 1], turin: [0x1a, 0x02, 1] } as const;

export interface SnpOptions {
  readonly product?: SnpProduct;
  readonly kind?: 'vcek' | 'vlek';
  readonly version?: number;
  /** Changes the report before it is signed. */
  readonly edit?: (report: DataView, bytes: Uint8Array) => void;
  /** Changes the extensions of the signer's certificate, each by the last part of its name: `3.8`. Undefined leaves one out. */
  readonly extensions?: Readonly<Record<string, Uint8Array | undefined>>;
  readonly signer?: Partial<Parameters<typeof makeCertificate>[0]>;
}

/** What the certificate of a signer has in it. Source: AMD 57230. */
export function snpExtensions({
  product = 'milan',
  kind = 'vcek',
  extensions = {},
}: SnpOptions): Uint8Array[] {
  const octets = tcbOctets(product);
  const all: Record<string, Uint8Array | undefined> = {
    '1': integer(product === 'turin' ? 1 : 0),
    '2': text(NAMES[product], DER.ia5String),
    ...Object.fromEntries(TCB_OCTETS[product].map((arc, at) => [`3.${arc}`, integer(octets[at] as number)])),
    ...(kind === 'vcek' ? { '4': chipIdOf(product) } : { '5': text('CN=cloud.example', DER.ia5String) }),
    ...extensions,
  };
  return Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [extension(`${AMD}.${name}`, value)],
  );
}

/** A report with its certificates: all that it takes to verify it. */
export function makeSnp(options: SnpOptions = {}): SnpInput {
  const { product = 'milan', kind = 'vcek', version = product === 'turin' ? 5 : 3 } = options;
  const pki = snpPki(product);
  const authority = kind === 'vcek' ? pki.ask : pki.asvk;
  const signer = makeCertificate({
    subject: kind === 'vcek' ? 'SEV-VCEK' : 'SEV-VLEK',
    issuer: authority,
    serial: 0,
    extensions: snpExtensions(options),
    ...options.signer,
  });
  const bytes = unsignedReport(product, kind, version);
  options.edit?.(new DataView(bytes.buffer), bytes);
  const signature = signDocument(signer.keys, bytes, 'SHA-384');
  const half = signature.length / 2;
  const room = (from: number) => {
    const number = new Uint8Array(72);
    number.set(signature.slice(from, from + Math.min(half, 72)).reverse());
    return number;
  };
  return {
    report: concatAll([bytes, room(0), room(half), new Uint8Array(SNP_REPORT_BYTES - 0x2a0 - 144)]),
    signer: { kind, certificate: signer.certificate },
    authority: authority.certificate,
    root: pki.ark.certificate,
    roots: snpTestRoots(product),
    asOf: DURING,
  };
}

function unsignedReport(product: SnpProduct, kind: 'vcek' | 'vlek', version: number): Uint8Array {
  const bytes = new Uint8Array(0x2a0);
  const view = new DataView(bytes.buffer);
  view.setUint32(0x00, version, true);
  view.setUint32(0x04, 2, true);
  view.setBigUint64(0x08, 0x3001fn, true);
  view.setUint32(0x34, 1, true);
  view.setUint32(0x40, 0x25, true);
  view.setUint32(0x48, kind === 'vlek' ? 1 << 2 : 0, true);
  for (let at = 0; at < 64; at++) bytes[0x50 + at] = 0x80 + at;
  bytes.fill(0x33, 0x90, 0xc0);
  bytes.fill(0x44, 0xc0, 0xe0);
  bytes.fill(0xff, 0x160, 0x180);
  for (const at of [0x38, 0x180, 0x1e0, 0x1f0]) bytes.set(tcbOctets(product), at);
  if (version >= 3) bytes.set(CPUS[product], 0x188);
  bytes.set(chipIdOf(product), 0x1a0);
  for (const at of [0x1e8, 0x1ec]) bytes.set([29, 55, 1], at);
  if (version >= 5) for (const at of [0x1f8, 0x200]) view.setBigUint64(at, 0x3fn, true);
  return bytes;
}
