/** Attestation reports as AMD's chips make them. Source: AMD 56860, table 23; AMD 57230 for what is in certificates of chips and of clouds. */
import { DER } from '../../bytes/der.js';
import { integer, text } from '../../bytes/der-writer.js';
import { concatAll, utf8 } from '../../bytes/octets.js';
import { SNP_REPORT_BYTES } from '../../evidence/snp/layout.js';
import { type SnpProduct, TCB_OCTETS } from '../../evidence/snp/product.js';
import type { SnpSignerKind } from '../../evidence/snp/signer-chain.js';
import { emptyRevocationList, extension, type Identity, issue, signatureOf } from './certificates.js';
import { littleEndian, mark, padded } from './fields.js';
import { type MakeKeys, SIMULATED } from './keys.js';

export interface SnpRequest {
  /** By default Milan. */
  readonly product?: SnpProduct;
  /** Whose key signs: by default the chip's, else one that is lent to a cloud. */
  readonly signer?: SnpSignerKind;
  /** Of the report's form, from 2 to 5: by default 3, and 5 for Turin. */
  readonly version?: 2 | 3 | 4 | 5;
  /** What the guest puts in, up to 64 bytes. */
  readonly reportData?: Uint8Array;
  /** 48 bytes. */
  readonly measurement?: Uint8Array;
}

/** The authorities and the one chip of a product line. */
export interface SnpHouse {
  readonly product: SnpProduct;
  readonly root: Identity;
  /** Whose certificate is under which authority, by the kind of key. */
  readonly signers: Readonly<
    Record<SnpSignerKind, { readonly authority: Identity; readonly signer: Identity }>
  >;
}

interface Line {
  /** As certificates name it, with the form of what is in them. */
  readonly name: string;
  readonly form: number;
  /** Family, model and stepping, as from version 3 on reports have them. */
  readonly cpu: readonly number[];
  /** What the certificate says of the chip, and the report too. */
  readonly tcb: readonly number[];
  readonly chipId: Uint8Array;
}

export const SNP_PRODUCTS: readonly SnpProduct[] = ['milan', 'genoa', 'turin'];

const LINES: Readonly<Record<SnpProduct, Line>> = {
  milan: {
    name: 'Milan-B0',
    form: 0,
    cpu: [0x19, 0x01, 1],
    tcb: [4, 0, 0, 0, 0, 0, 24, 219],
    chipId: mark(64),
  },
  genoa: {
    name: 'Genoa',
    form: 0,
    cpu: [0x19, 0x11, 1],
    tcb: [9, 0, 0, 0, 0, 0, 23, 72],
    chipId: mark(64),
  },
  // Its chips have an id of eight octets, in which there is no room for the whole word.
  turin: {
    name: 'Turin',
    form: 1,
    cpu: [0x1a, 0x02, 1],
    tcb: [1, 1, 0, 4, 0, 0, 0, 80],
    chipId: padded(utf8('sim'), 8),
  },
};

const AMD = '1.3.6.1.4.1.3704.1';
/** Simultaneous multithreading, and a bit that is always one: nobody may debug or migrate it. */
const GUEST_POLICY = 0x30000;
const FIRMWARE = Uint8Array.of(29, 55, 1, 0);
/** The number of the kind of key in the bits from the third on. Source: AMD 56860, table 23, SIGNING_KEY. */
const SIGNING_KEY = { vcek: 0, vlek: 1 << 2 } as const;

export function snpHouse(keys: MakeKeys, product: SnpProduct): SnpHouse {
  const { name, form, tcb, chipId } = LINES[product];
  const [line = ''] = name.split('-');
  const root = issue({
    commonName: `ARK-${line}`,
    keys: keys(`snp ${product} root`, 'P-384'),
    role: 'authority',
    serial: 1,
  });
  const authority = (commonName: string, role: string, serial: number) =>
    issue({
      commonName,
      keys: keys(`snp ${product} ${role}`, 'P-384'),
      issuer: root,
      role: 'authority',
      serial,
    });
  const signer = (commonName: string, role: string, issuer: Identity, own: Uint8Array) =>
    issue({
      commonName,
      keys: keys(`snp ${product} ${role}`, 'P-384'),
      issuer,
      role: 'signer',
      // As all of AMD's have it.
      serial: 0,
      extensions: [
        extension(`${AMD}.1`, integer(form)),
        extension(`${AMD}.2`, text(name, DER.ia5String)),
        ...TCB_OCTETS[product].map((arc, at) => extension(`${AMD}.3.${arc}`, integer(tcb[at] ?? 0))),
        own,
      ],
    });
  const ofChips = authority(`SEV-${line}`, 'authority', 2);
  const ofClouds = authority(`SEV-VLEK-${line}`, 'lender', 3);
  return {
    product,
    root,
    signers: {
      vcek: {
        authority: ofChips,
        signer: signer('SEV-VCEK', 'chip', ofChips, extension(`${AMD}.4`, chipId)),
      },
      vlek: {
        authority: ofClouds,
        signer: signer('SEV-VLEK', 'cloud', ofClouds, extension(`${AMD}.5`, text(SIMULATED, DER.ia5String))),
      },
    },
  };
}

export function snpReport({ product, signers }: SnpHouse, request: SnpRequest): Uint8Array {
  const { signer: kind = 'vcek', version = product === 'turin' ? 5 : 3 } = request;
  const { cpu, tcb, chipId } = LINES[product];
  const body = new Uint8Array(0x2a0);
  const put = (at: number, octets: ArrayLike<number>) => body.set(octets, at);
  put(0x00, littleEndian(version, 4));
  put(0x08, littleEndian(GUEST_POLICY, 8));
  // Which family the guest is of, says its owner.
  put(0x10, mark(16));
  put(0x34, littleEndian(1, 4));
  put(0x48, littleEndian(SIGNING_KEY[kind], 4));
  put(0x50, padded(request.reportData ?? new Uint8Array(), 64));
  put(0x90, padded(request.measurement ?? new Uint8Array(48).fill(0x5e), 48));
  put(0x140, mark(32));
  // No migration agent.
  put(0x160, new Uint8Array(32).fill(0xff));
  for (const at of [0x38, 0x180, 0x1e0, 0x1f0]) put(at, tcb);
  if (version >= 3) put(0x188, cpu);
  put(0x1a0, chipId);
  for (const at of [0x1e8, 0x1ec]) put(at, FIRMWARE);
  // Mitigations at the launch and now: one, which has no name here.
  if (version >= 5) for (const at of [0x1f8, 0x200]) put(at, littleEndian(1, 8));
  const signature = signatureOf(signers[kind].signer.keys, body);
  const number = (from: number) => padded(signature.slice(from, from + 48).reverse(), 72);
  return concatAll([body, number(0), number(48), new Uint8Array(SNP_REPORT_BYTES - 0x2a0 - 144)]);
}

/** The root's list of authorities that it has taken back: none. `at`: Unix seconds. */
export function snpRevocationList({ root }: SnpHouse, at: number): Uint8Array {
  return emptyRevocationList(root, Math.floor(at), Math.floor(at) + LIST_LIFE);
}

/** AMD publishes anew about once a year. */
const LIST_LIFE = 365 * 86_400;
