/** Attestation reports as chips of AMD's Milan line make them. Source: AMD 56860, table 23; AMD 57230 for what is in the chip's certificate. */
import { DER } from '../../bytes/der.js';
import { concatAll, utf8 } from '../../bytes/octets.js';
import { SNP_REPORT_BYTES } from '../../evidence/snp/layout.js';
import { TCB_OCTETS } from '../../evidence/snp/product.js';
import { extension, type Identity, issue, signatureOf } from './certificates.js';
import { element, integer } from './der-writer.js';
import { littleEndian, mark, padded } from './fields.js';
import type { MakeKeys } from './keys.js';

export interface SnpRequest {
  /** What the guest puts in, up to 64 bytes. */
  readonly reportData?: Uint8Array;
  /** 48 bytes. */
  readonly measurement?: Uint8Array;
}

export interface SnpHouse {
  readonly root: Identity;
  readonly authority: Identity;
  readonly chip: Identity;
}

const AMD = '1.3.6.1.4.1.3704.1';
/** What the certificate says of the chip, and the report too. */
const TCB = Uint8Array.of(4, 0, 0, 0, 0, 0, 24, 219);
const CHIP_ID = mark(64);
/** Simultaneous multithreading, and a bit that is always one: nobody may debug or migrate it. */
const GUEST_POLICY = 0x30000;
/** The form of the report that names the processor: Milan. */
const VERSION = 3;
const CPU = Uint8Array.of(0x19, 0x01, 1);
const FIRMWARE = Uint8Array.of(29, 55, 1, 0);

export function snpHouse(keys: MakeKeys): SnpHouse {
  const root = issue({
    commonName: 'ARK-Milan',
    keys: keys('snp root', 'P-384'),
    role: 'authority',
    serial: 1,
  });
  const authority = issue({
    commonName: 'SEV-Milan',
    keys: keys('snp authority', 'P-384'),
    issuer: root,
    role: 'authority',
    serial: 2,
  });
  const chip = issue({
    commonName: 'SEV-VCEK',
    keys: keys('snp chip', 'P-384'),
    issuer: authority,
    role: 'signer',
    // As all of AMD's have it.
    serial: 0,
    extensions: [
      extension(`${AMD}.1`, integer(0)),
      extension(`${AMD}.2`, element(DER.ia5String, utf8('Milan-B0'))),
      ...TCB_OCTETS.milan.map((arc, at) => extension(`${AMD}.3.${arc}`, integer(TCB[at] ?? 0))),
      extension(`${AMD}.4`, CHIP_ID),
    ],
  });
  return { root, authority, chip };
}

export function snpReport({ chip }: SnpHouse, request: SnpRequest): Uint8Array {
  const body = new Uint8Array(0x2a0);
  const put = (at: number, octets: Uint8Array) => body.set(octets, at);
  put(0x00, littleEndian(VERSION, 4));
  put(0x08, littleEndian(GUEST_POLICY, 8));
  // Which family the guest is of, says its owner.
  put(0x10, mark(16));
  put(0x34, littleEndian(1, 4));
  put(0x50, padded(request.reportData ?? new Uint8Array(), 64));
  put(0x90, padded(request.measurement ?? new Uint8Array(48).fill(0x5e), 48));
  put(0x140, mark(32));
  // No migration agent.
  put(0x160, new Uint8Array(32).fill(0xff));
  for (const at of [0x38, 0x180, 0x1e0, 0x1f0]) put(at, TCB);
  put(0x188, CPU);
  put(0x1a0, CHIP_ID);
  for (const at of [0x1e8, 0x1ec]) put(at, FIRMWARE);
  const signature = signatureOf(chip.keys, body);
  const number = (from: number) => padded(signature.slice(from, from + 48).reverse(), 72);
  return concatAll([body, number(0), number(48), new Uint8Array(SNP_REPORT_BYTES - 0x2a0 - 144)]);
}
