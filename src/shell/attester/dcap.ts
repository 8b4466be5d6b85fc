/**
 * Quotes of TDX, version 4, and of SGX, version 3. Source: Intel TDX DCAP Quoting Library API, appendix 3; Intel SGX ECDSA QuoteLibReference DCAP API,
 * appendix A; Intel SGX PCK Certificate profile, §1.3.5.
 */
import { sha256 } from '../../bytes/cryptography.js';
import { DER } from '../../bytes/der.js';
import { element, integer, objectIdentifier, octetString, sequence } from '../../bytes/der-writer.js';
import { concat, concatAll, utf8 } from '../../bytes/octets.js';
import { SGX_EXTENSION } from '../../evidence/dcap/pck.js';
import { extension, type Identity, issue, pemOf, signatureOf } from './certificates.js';
import { littleEndian, mark, padded } from './fields.js';
import type { Keys, MakeKeys } from './keys.js';

/** A trust domain, or an enclave. */
export type Tee = 'tdx' | 'sgx';

export interface QuoteRequest {
  /** When the collateral is made, in Unix seconds. */
  readonly at: number;
  /** What the software puts in, up to 64 bytes. */
  readonly reportData?: Uint8Array;
  /** MRTD, 48 bytes, or MRENCLAVE, 32 bytes. */
  readonly measurement?: Uint8Array;
}

export interface IntelHouse {
  readonly root: Identity;
  readonly platform: Identity;
  readonly processor: Identity;
  /** Who signs TCB info and identities. */
  readonly tcb: Identity;
  /** The quoting enclave's, which has no certificate: its report names it. */
  readonly attestation: Keys;
}

/** What the processor, its module and its quoting enclave are at, for the certificate, the quote and the collateral. */
export const PLATFORM = {
  components: [2, 2, 2, 2, 3, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0],
  pceSvn: 13,
  /** `sim`: of no family that Intel makes. */
  fmspc: padded(utf8('sim'), 6),
  teeTcbSvn: [6, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  qeSvn: 8,
  /** Who has signed the quoting enclave. */
  qeSigner: mark(32),
  qeProduct: { sgx: 1, tdx: 2 },
  qeAttributes: [0x11, 0, 0, 0, 0, 0, 0, 0, 0xe7, 0, 0, 0, 0, 0, 0, 0],
} as const;

export function intelHouse(keys: MakeKeys): IntelHouse {
  const root = issue({
    commonName: 'Intel SGX Root CA',
    keys: keys('intel root', 'P-256'),
    role: 'authority',
    serial: 1,
  });
  const platform = issue({
    commonName: 'Intel SGX PCK Platform CA',
    keys: keys('intel platform', 'P-256'),
    issuer: root,
    role: 'authority',
    serial: 2,
  });
  const processor = issue({
    commonName: 'Intel SGX PCK Certificate',
    keys: keys('intel processor', 'P-256'),
    issuer: platform,
    role: 'signer',
    serial: 3,
    extensions: [extension(SGX_EXTENSION, sgxExtension())],
  });
  const tcb = issue({
    commonName: 'Intel SGX TCB Signing',
    keys: keys('intel tcb', 'P-256'),
    issuer: root,
    role: 'signer',
    serial: 4,
  });
  return { root, platform, processor, tcb, attestation: keys('intel quoting', 'P-256') };
}

function sgxExtension(): Uint8Array {
  const member = (number: string, value: Uint8Array) =>
    sequence(objectIdentifier(`${SGX_EXTENSION}.${number}`), value);
  const { components, pceSvn, fmspc } = PLATFORM;
  return sequence(
    member('1', octetString(mark(16))),
    member(
      '2',
      sequence(
        ...components.map((svn, at) => member(`2.${at + 1}`, integer(svn))),
        member('2.17', integer(pceSvn)),
        member('2.18', octetString(Uint8Array.from(components))),
      ),
    ),
    member('3', octetString(new Uint8Array(2))),
    member('4', octetString(fmspc)),
    member('5', element(DER.enumerated, Uint8Array.of(1))),
  );
}

/** How a quote of each begins, and whether what leads to the certificates stands in a frame of its own. */
const FORMS = {
  tdx: { version: 4, type: 0x81, isFramed: true },
  sgx: { version: 3, type: 0x00, isFramed: false },
} as const;
const ECDSA_P256 = 2;
const QE_REPORT = 6;
const PCK_CHAIN = 5;
/** Intel's, by which its form is known. Source: Intel SGX ECDSA QuoteLibReference DCAP API, appendix A, "QE Vendor ID". */
const VENDOR = Uint8Array.of(
  ...[0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07],
);

export function dcapQuote(
  { root, platform, processor, attestation }: IntelHouse,
  tee: Tee,
  request: QuoteRequest,
): Uint8Array {
  const { version, type, isFramed } = FORMS[tee];
  const signed = concatAll([
    littleEndian(version, 2),
    littleEndian(ECDSA_P256, 2),
    littleEndian(type, 4),
    new Uint8Array(4),
    VENDOR,
    mark(20),
    tee === 'tdx' ? tdReport(request) : applicationReport(request),
  ]);
  // The two coordinates stand at the end of a key's encoding.
  const key = attestation.spki.slice(-64);
  const authData = mark(32);
  const report = quotingEnclaveReport(tee, sha256(concat(key, authData)));
  const chain = utf8(pemOf(processor, platform, root));
  const certified = concatAll([
    report,
    signatureOf(processor.keys, report),
    littleEndian(authData.length, 2),
    authData,
    littleEndian(PCK_CHAIN, 2),
    littleEndian(chain.length, 4),
    chain,
  ]);
  const data = concatAll([
    signatureOf(attestation, signed),
    key,
    ...(isFramed ? [littleEndian(QE_REPORT, 2), littleEndian(certified.length, 4)] : []),
    certified,
  ]);
  return concatAll([signed, littleEndian(data.length, 4), data]);
}

/** Of the form of TDX 1.0: no debugging, and the host cannot make its memory fault. */
function tdReport({ reportData, measurement }: QuoteRequest): Uint8Array {
  const report = new Uint8Array(584);
  report.set(PLATFORM.teeTcbSvn, 0);
  report.set(mark(48), 16);
  report.set([0, 0, 0, 0x10], 120);
  report.set([0xe7], 128);
  report.set(padded(measurement ?? new Uint8Array(48).fill(0x7d), 48), 136);
  // What its owner has configured.
  report.set(mark(48), 184);
  report.set(padded(reportData ?? new Uint8Array(), 64), 520);
  return report;
}

/** Of an enclave that nobody can debug. */
function applicationReport({ reportData, measurement }: QuoteRequest): Uint8Array {
  const report = enclaveReport(padded(reportData ?? new Uint8Array(), 64));
  report.set(padded(measurement ?? new Uint8Array(32).fill(0x5e), 32), 64);
  return report;
}

function quotingEnclaveReport(tee: Tee, named: Uint8Array): Uint8Array {
  const report = enclaveReport(padded(named, 64));
  report.set(mark(32), 64);
  report.set(littleEndian(PLATFORM.qeProduct[tee], 2), 256);
  report.set(littleEndian(PLATFORM.qeSvn, 2), 258);
  return report;
}

/** Signed by the same who has signed the quoting enclave. */
function enclaveReport(reportData: Uint8Array): Uint8Array {
  const report = new Uint8Array(384);
  report.set(PLATFORM.components, 0);
  report.set(PLATFORM.qeAttributes, 48);
  report.set(PLATFORM.qeSigner, 128);
  report.set(reportData, 320);
  return report;
}
