/**
 * Quotes and collateral under a root of the tests' own: right in every way unless a test says otherwise. Every change is made before what covers it
 * is signed, so that a document can be wrong in one way only.
 */

import { sha256 } from '../../../src/bytes/cryptography.js';
import { DER } from '../../../src/bytes/der.js';
import { element, integer, objectIdentifier, octetString } from '../../../src/bytes/der-writer.js';
import { toHex } from '../../../src/bytes/hex.js';
import { concat, concatAll, utf8 } from '../../../src/bytes/octets.js';
import { SGX_EXTENSION } from '../../../src/evidence/dcap/pck.js';
import {
  type CertificateOptions,
  DURING,
  END,
  extension,
  keyUsage,
  makeAuthority,
  makeCertificate,
  makeRevocationList,
  pem,
  pinned,
  type RevocationListOptions,
  signDocument,
  type TestIdentity,
  type TestKeys,
  testKeys,
} from './x509-maker.js';

/** What the platform of the tests is at. */
export const COMPONENTS = [3, 3, 2, 2, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0] as const;
export const PCE_SVN = 13;
export const TEE_TCB_SVN = [6, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] as const;
export const QE_ISV_SVN = 8;
const FMSPC = [0xb0, 0xc0, 0x6f, 0, 0, 0] as const;

export const PLATFORM_CA = 'Intel SGX PCK Platform CA';
export const PCK = 'Intel SGX PCK Certificate';
export const TCB_SIGNING = 'Intel SGX TCB Signing';
const DOCUMENTS = keyUsage('digitalSignature', 'nonRepudiation');

/** Everybody who signs something. */
export interface House {
  readonly root: TestIdentity;
  readonly authority: TestIdentity;
  readonly processor: TestIdentity;
  readonly signer: TestIdentity;
}

export function makeHouse(root: TestIdentity = makeRoot()): House {
  const authority = makeAuthority({ subject: PLATFORM_CA, type: 'P-256', issuer: root, serial: 2 });
  return {
    root,
    authority,
    processor: makePck({}, authority),
    signer: makeCertificate({
      subject: TCB_SIGNING,
      type: 'P-256',
      issuer: root,
      serial: 4,
      extensions: [DOCUMENTS],
    }),
  };
}

export function makeRoot(): TestIdentity {
  return makeAuthority({ subject: 'Intel SGX Root CA', type: 'P-256' });
}

/** A processor's certificate under an authority. */
export function makePck(
  options: Partial<CertificateOptions> & { readonly sgx?: Uint8Array | null },
  authority: TestIdentity = HOUSE.authority,
): TestIdentity {
  const { sgx = sgxExtension(), ...rest } = options;
  return makeCertificate({
    subject: PCK,
    type: 'P-256',
    issuer: authority,
    serial: 3,
    extensions: [DOCUMENTS, ...(sgx === null ? [] : [extension(SGX_EXTENSION, sgx)])],
    ...rest,
  });
}

export interface SgxExtension {
  readonly components?: readonly number[];
  readonly pceSvn?: number;
  readonly fmspc?: Uint8Array;
  readonly pceId?: Uint8Array;
  /** Changes the members, of the whole and of the TCB in it. */
  readonly members?: (members: Uint8Array[]) => readonly Uint8Array[];
  readonly tcbMembers?: (members: Uint8Array[]) => readonly Uint8Array[];
}

/** What a processor's certificate says about it, in DER. */
export function sgxExtension(options: SgxExtension = {}): Uint8Array {
  const { components = COMPONENTS, pceSvn = PCE_SVN } = options;
  const tcb = [
    ...components.map((svn, i) => sgxMember(`2.${i + 1}`, integer(svn))),
    sgxMember('2.17', integer(pceSvn)),
    sgxMember('2.18', octetString(Uint8Array.from(components))),
  ];
  const members = [
    sgxMember('1', octetString(new Uint8Array(16).fill(0x11))),
    sgxMember('2', element(DER.sequence, ...(options.tcbMembers?.(tcb) ?? tcb))),
    sgxMember('3', octetString(options.pceId ?? new Uint8Array(2))),
    sgxMember('4', octetString(options.fmspc ?? Uint8Array.from(FMSPC))),
    sgxMember('5', element(DER.enumerated, Uint8Array.of(1))),
    sgxMember('6', octetString(new Uint8Array(16).fill(0x66))),
    sgxMember('7', element(DER.sequence)),
  ];
  return element(DER.sequence, ...(options.members?.(members) ?? members));
}

export function sgxMember(number: string, value: Uint8Array): Uint8Array {
  return element(DER.sequence, objectIdentifier(`${SGX_EXTENSION}.${number}`), value);
}

export const HOUSE: House = makeHouse();
export const ROOT = pinned(HOUSE.root, 'a root of the tests');
/** A second house under the same root, and one under a root that nobody has pinned. */
export const NEIGHBOUR: House = makeHouse(HOUSE.root);
export const STRANGER: House = makeHouse();
const ATTESTATION: TestKeys = testKeys('P-256');
export const OTHER_KEYS: TestKeys = testKeys('P-256');

export type Form = 'sgx-3' | 'sgx-4' | 'sgx-5' | 'tdx-4' | 'tdx-5' | 'tdx-5-1.5';
export const FORMS: readonly Form[] = ['sgx-3', 'sgx-4', 'sgx-5', 'tdx-4', 'tdx-5', 'tdx-5-1.5'];

export interface QuoteChanges {
  readonly form?: Form;
  readonly vendor?: Uint8Array;
  /** Changes the report in place before it is signed. Offsets are those of `body.ts`. */
  readonly body?: (body: Uint8Array) => void;
  readonly qeReport?: (report: Uint8Array) => void;
  readonly authData?: Uint8Array;
  /** Who signs instead. */
  readonly quoteSigner?: TestKeys;
  readonly qeReportSigner?: TestKeys;
  /** Two coordinates in place of the attestation key's; the quoting enclave vouches for them. */
  readonly attestationKey?: Uint8Array;
  readonly chain?: readonly TestIdentity[];
  /** In place of the chain. */
  readonly certification?: { readonly type?: number; readonly data?: Uint8Array };
  readonly trailing?: Uint8Array;
}

export function makeQuote(changes: QuoteChanges = {}): Uint8Array {
  const { form = 'tdx-4' } = changes;
  const version = Number(form[4]);
  const isTdx = form.startsWith('tdx');
  const body = isTdx ? tdReport(form.endsWith('1.5')) : enclaveReport(0x22, 7);
  changes.body?.(body);
  const bodyType = !isTdx ? 1 : form.endsWith('1.5') ? 3 : 2;
  const signed = concatAll([
    u16(version),
    u16(2),
    u32(isTdx ? 0x81 : 0),
    new Uint8Array(4),
    changes.vendor ?? hex('939a7233f79c4ca9940a0db3957f0607'),
    new Uint8Array(20).fill(0x55),
    ...(version < 5 ? [] : [u16(bodyType), u32(body.length)]),
    body,
  ]);
  const key = changes.attestationKey ?? ATTESTATION.spki.subarray(-64);
  const authData = changes.authData ?? Uint8Array.from({ length: 32 }, (_, i) => i);
  const qeReport = enclaveReport(isTdx ? 0xdc : 0x8c, isTdx ? 2 : 1);
  qeReport.fill(0, AT.enclave.reportData);
  qeReport.set(sha256(concat(key, authData)), AT.enclave.reportData);
  changes.qeReport?.(qeReport);
  const chain = changes.chain ?? [HOUSE.processor, HOUSE.authority, HOUSE.root];
  const data = changes.certification?.data ?? concat(utf8(chainOf(...chain)), Uint8Array.of(0));
  const certified = concatAll([
    qeReport,
    signDocument(changes.qeReportSigner ?? (chain[0] ?? HOUSE.processor).keys, qeReport),
    u16(authData.length),
    authData,
    u16(changes.certification?.type ?? 5),
    u32(data.length),
    data,
  ]);
  const outer = version === 3 ? [] : [u16(6), u32(certified.length)];
  const signature = signDocument(changes.quoteSigner ?? ATTESTATION, signed);
  const signatureData = concatAll([signature, key, ...outer, certified]);
  return concatAll([signed, u32(signatureData.length), signatureData, changes.trailing ?? new Uint8Array()]);
}

/** JSON that a test may change. */
// biome-ignore lint/suspicious/noExplicitAny: tests reach into it at every depth
export type Loose = any;

export interface CollateralChanges {
  readonly tee?: 'sgx' | 'tdx';
  /** Changes what is signed. */
  readonly tcbInfo?: (info: Loose) => void;
  readonly qeIdentity?: (identity: Loose) => void;
  /** The text that is signed, given that of the JSON. */
  readonly tcbInfoText?: (text: string) => string;
  readonly qeIdentityText?: (text: string) => string;
  readonly tcbInfoSigner?: TestKeys;
  readonly qeIdentitySigner?: TestKeys;
  readonly tcbInfoChain?: string;
  readonly qeIdentityChain?: string;
  readonly pckCrl?: Partial<RevocationListOptions> | Uint8Array;
  readonly rootCrl?: Partial<RevocationListOptions> | Uint8Array;
  readonly pckCrlChain?: string;
  /** Changes the members at the end. */
  readonly members?: (members: Record<string, unknown>) => void;
}

export const ISSUED = DURING - 86_400;
export const NEXT_UPDATE = DURING + 29 * 86_400;

export function makeCollateral(changes: CollateralChanges = {}): Uint8Array {
  const { tee = 'tdx' } = changes;
  const info = tcbInfoOf(tee);
  changes.tcbInfo?.(info);
  const identity = qeIdentityOf(tee);
  changes.qeIdentity?.(identity);
  const [infoText, identityText] = [JSON.stringify(info), JSON.stringify(identity)];
  const tcbInfo = changes.tcbInfoText?.(infoText) ?? infoText;
  const qeIdentity = changes.qeIdentityText?.(identityText) ?? identityText;
  const { root, authority, signer } = HOUSE;
  const members: Record<string, unknown> = {
    pck_crl_issuer_chain: changes.pckCrlChain ?? chainOf(authority, root),
    root_ca_crl: toHex(crlOf(changes.rootCrl, root)),
    pck_crl: toHex(crlOf(changes.pckCrl, authority)),
    tcb_info_issuer_chain: changes.tcbInfoChain ?? chainOf(signer, root),
    tcb_info: tcbInfo,
    tcb_info_signature: toHex(signDocument(changes.tcbInfoSigner ?? signer.keys, utf8(tcbInfo))),
    qe_identity_issuer_chain: changes.qeIdentityChain ?? chainOf(signer, root),
    qe_identity: qeIdentity,
    qe_identity_signature: toHex(signDocument(changes.qeIdentitySigner ?? signer.keys, utf8(qeIdentity))),
  };
  changes.members?.(members);
  return utf8(JSON.stringify(members));
}

export function chainOf(...chain: readonly TestIdentity[]): string {
  return pem(...chain.map(({ certificate }) => certificate));
}

function crlOf(
  options: Partial<RevocationListOptions> | Uint8Array | undefined,
  issuer: TestIdentity,
): Uint8Array {
  if (options instanceof Uint8Array) return options;
  return makeRevocationList({ issuer, thisUpdate: ISSUED, nextUpdate: END, ...options });
}

export function tcbInfoOf(tee: 'sgx' | 'tdx'): Loose {
  const level = (sgx: readonly number[], tdx: readonly number[], pcesvn: number, rest: object) => ({
    tcb: {
      sgxtcbcomponents: sgx.map(svn => ({ svn })),
      pcesvn,
      ...(tee === 'tdx' ? { tdxtcbcomponents: tdx.map(svn => ({ svn })) } : {}),
    },
    ...rest,
  });
  const padded = (...svns: readonly number[]) => [...svns, ...new Array(16 - svns.length).fill(0)];
  const module = { mrsigner: '00'.repeat(48), attributes: '00'.repeat(8), attributesMask: 'FF'.repeat(8) };
  return {
    id: tee === 'sgx' ? 'SGX' : 'TDX',
    version: 3,
    issueDate: iso(ISSUED),
    nextUpdate: iso(NEXT_UPDATE),
    fmspc: toHex(Uint8Array.from(FMSPC)).toUpperCase(),
    pceId: '0000',
    tcbType: 0,
    tcbEvaluationDataNumber: 17,
    ...(tee === 'sgx'
      ? {}
      : {
          tdxModule: module,
          tdxModuleIdentities: [
            {
              id: 'TDX_01',
              ...module,
              tcbLevels: [
                { tcb: { isvsvn: 6 }, tcbDate: '2025-02-01T00:00:00Z', tcbStatus: 'UpToDate' },
                {
                  tcb: { isvsvn: 4 },
                  tcbDate: '2024-03-13T00:00:00Z',
                  tcbStatus: 'OutOfDate',
                  advisoryIDs: ['INTEL-SA-01099'],
                },
              ],
            },
          ],
        }),
    tcbLevels: [
      level(COMPONENTS, padded(5, 0, 3), PCE_SVN, { tcbDate: '2025-03-01T00:00:00Z', tcbStatus: 'UpToDate' }),
      level(padded(2, 2, 2, 2, 3, 1, 0, 5), padded(5, 0, 2), 11, {
        tcbDate: '2024-03-13T00:00:00Z',
        tcbStatus: 'OutOfDate',
        advisoryIDs: ['INTEL-SA-00837', 'INTEL-SA-01036'],
      }),
    ],
  };
}

export function qeIdentityOf(tee: 'sgx' | 'tdx'): Loose {
  return {
    id: tee === 'sgx' ? 'QE' : 'TD_QE',
    version: 2,
    issueDate: iso(ISSUED),
    nextUpdate: iso(NEXT_UPDATE),
    tcbEvaluationDataNumber: 17,
    miscselect: '00000000',
    miscselectMask: 'FFFFFFFF',
    attributes: `11${'00'.repeat(15)}`,
    attributesMask: `FBFFFFFFFFFFFFFF${'00'.repeat(8)}`,
    mrsigner: (tee === 'sgx' ? '8C' : 'DC').repeat(32),
    isvprodid: tee === 'sgx' ? 1 : 2,
    tcbLevels: [
      { tcb: { isvsvn: QE_ISV_SVN }, tcbDate: '2025-01-15T00:00:00Z', tcbStatus: 'UpToDate' },
      {
        tcb: { isvsvn: 6 },
        tcbDate: '2021-11-10T00:00:00Z',
        tcbStatus: 'OutOfDate',
        advisoryIDs: ['INTEL-SA-00615'],
      },
    ],
  };
}

/** Where things stand in the reports; `body.ts` reads them in order instead. */
export const AT = {
  enclave: { miscSelect: 16, attributes: 48, mrSigner: 128, isvProdId: 256, isvSvn: 258, reportData: 320 },
  td: {
    teeTcbSvn: 0,
    mrSignerSeam: 64,
    seamAttributes: 112,
    tdAttributes: 120,
    reportData: 520,
    teeTcbSvn2: 584,
    mrServiceTd: 600,
  },
} as const;

/** An enclave of some signer: each field of octets is filled with a value of its own. */
function enclaveReport(signer: number, product: number): Uint8Array {
  const report = new Uint8Array(384);
  report.set(Uint8Array.from(COMPONENTS), 0);
  report.set([0x15, 0, 0, 0, 0, 0, 0, 0, 0xe7], AT.enclave.attributes);
  report.fill(0xae, 64, 96);
  report.fill(signer, AT.enclave.mrSigner, AT.enclave.mrSigner + 32);
  report.set([product, 0, QE_ISV_SVN, 0], AT.enclave.isvProdId);
  report.fill(0x0d, AT.enclave.reportData);
  return report;
}

function tdReport(isLater: boolean): Uint8Array {
  const report = new Uint8Array(isLater ? 648 : 584);
  report.set(Uint8Array.from(TEE_TCB_SVN), 0);
  report.fill(0x5e, 16, 64);
  report.set([0, 0, 0, 0x10], AT.td.tdAttributes);
  report.set([0xe7], 128);
  report.fill(0xd0, 136, 184);
  for (let i = 0; i < 4; i++) report.fill(0xa0 + i, 328 + 48 * i, 376 + 48 * i);
  report.fill(0x0d, AT.td.reportData, AT.td.reportData + 64);
  if (isLater) report.set(Uint8Array.from(TEE_TCB_SVN), AT.td.teeTcbSvn2);
  return report;
}

export function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

export function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}

export function u32(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24);
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
}
