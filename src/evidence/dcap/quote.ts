/**
 * Quotes of Intel DCAP, versions 3, 4 and 5: what Intel's quoting enclave signs for an enclave (SGX) or a trust domain (TDX). Source: Intel SGX
 * ECDSA QuoteLibReference DCAP API, appendix A (version 3); Intel TDX DCAP Quoting Library API, appendix 3 (versions 4 and 5).
 *
 * Whoever hands in a quote may have written every byte of it. Nothing is believed here; what is read is where each part stands, and that all
 * lengths agree with one another.
 */
import { Failure } from '../../reason.js';
import type { ByteRange } from '../report.js';
import {
  ENCLAVE_REPORT_BYTES,
  type EnclaveReport,
  readEnclaveReport,
  readTdReport,
  TD_REPORT_BYTES,
  type TdReport,
} from './body.js';
import { Cursor, malformed } from './cursor.js';

export interface Quote {
  readonly version: 3 | 4 | 5;
  readonly tee: 'sgx' | 'tdx';
  /** Who has made the quoting enclave. */
  readonly vendorId: Uint8Array;
  /** 20 bytes that the quoting enclave may use. */
  readonly userData: Uint8Array;
  readonly body: EnclaveReport | TdReport;
  /** Header and body: what the attestation key has signed. */
  readonly signedBytes: Uint8Array;
  /** `r ‖ s`. */
  readonly signature: Uint8Array;
  /** The two coordinates of a point on P-256. */
  readonly attestationKey: Uint8Array;
  /** The quoting enclave's own report, with the signature of the processor's certification key over it. */
  readonly qeReport: EnclaveReport;
  readonly qeReportBytes: Uint8Array;
  readonly qeReportSignature: Uint8Array;
  /** What the quoting enclave has hashed with its key. */
  readonly authData: Uint8Array;
  /** What leads to the certification key: in practice the chain of its certificates, as text. */
  readonly certification: { readonly type: number; readonly data: Uint8Array };
  readonly uncovered: readonly ByteRange[];
}

/** Certification data that is a chain of certificates in PEM. Source: as above, "QE Certification Data", table of types. */
export const PCK_CHAIN = 5;

/** Five kilobytes are usual; the chain decides. */
export const MAX_QUOTE_BYTES = 64 * 1024;

const TEES: ReadonlyMap<number, Quote['tee']> = new Map([
  [0x00, 'sgx'],
  [0x81, 'tdx'],
]);
const ECDSA_P256 = 2;
const QE_REPORT_DATA = 6;
const SIGNATURE_BYTES = 64;
const KEY_BYTES = 64;

/**
 * Reads a quote. Bytes may follow it, because some platforms hand out a buffer of fixed size; they are reported as uncovered.
 *
 * Throws `quote/malformed` naming the part, `quote/version-unsupported`, `quote/tee-unknown` or `quote/key-type-unsupported`.
 */
export function parseQuote(received: Uint8Array): Quote {
  if (received.length > MAX_QUOTE_BYTES) throw malformed('quote', `${received.length} bytes`);
  const bytes = received.slice();
  const cursor = new Cursor(bytes);
  const version = cursor.u16('version');
  if (version !== 3 && version !== 4 && version !== 5)
    throw new Failure('quote/version-unsupported', { detail: `${version}` });
  const keyType = cursor.u16('attestation key type');
  if (keyType !== ECDSA_P256) throw new Failure('quote/key-type-unsupported', { detail: `${keyType}` });
  const teeType = cursor.u32('TEE type');
  const tee = TEES.get(teeType);
  if (tee === undefined) throw new Failure('quote/tee-unknown', { detail: `${teeType}` });
  // Security versions of quoting enclave and PCE in version 3, reserved in later ones: both are judged by what the certificate says.
  cursor.take(4, 'header');
  const vendorId = cursor.take(16, 'vendor');
  const userData = cursor.take(20, 'user data');
  const body = readBody(cursor, version, tee);
  const signedBytes = bytes.subarray(0, cursor.at);

  const uncovered: ByteRange[] = [];
  const uncoveredFrom = (from: number, what: string) => uncovered.push({ from, to: cursor.at, what });
  let from = cursor.at;
  const signatureLength = cursor.u32('length of the signature data');
  uncoveredFrom(from, 'the length of the signature data');
  const end = cursor.at + signatureLength;
  if (signatureLength > cursor.left)
    throw malformed('length of the signature data', `${signatureLength}, with ${cursor.left} bytes left`);
  const signature = cursor.take(SIGNATURE_BYTES, 'signature');
  const attestationKey = cursor.take(KEY_BYTES, 'attestation key');
  if (version > 3) {
    from = cursor.at;
    const type = cursor.u16('type of the certification data');
    const length = cursor.u32('length of the certification data');
    uncoveredFrom(from, 'type and length of the certification data');
    if (type !== QE_REPORT_DATA) throw malformed('type of the certification data', `${type}`);
    if (length !== end - cursor.at) throw malformed('length of the certification data', `${length}`);
  }
  const qeReportBytes = cursor.take(ENCLAVE_REPORT_BYTES, 'report of the quoting enclave');
  const qeReportSignature = cursor.take(SIGNATURE_BYTES, 'signature over the report of the quoting enclave');
  // Which bytes are hashed depends on this length, so that no other goes unnoticed.
  const authData = cursor.take(cursor.u16('length of the authentication data'), 'authentication data');
  from = cursor.at;
  const type = cursor.u16('type of the certificates');
  const length = cursor.u32('length of the certificates');
  uncoveredFrom(from, 'type and length of the certificates');
  if (length !== end - cursor.at) throw malformed('length of the certificates', `${length}`);
  from = cursor.at;
  const data = cursor.take(length, 'certificates');
  if (type !== PCK_CHAIN && length > 0) uncoveredFrom(from, 'certification data that is no certificate');
  from = cursor.at;
  if (cursor.left > 0) {
    cursor.take(cursor.left, 'quote');
    uncoveredFrom(from, 'what follows the quote');
  }
  return {
    version,
    tee,
    vendorId,
    userData,
    body,
    signedBytes,
    signature,
    attestationKey,
    qeReport: readEnclaveReport(qeReportBytes),
    qeReportBytes,
    qeReportSignature,
    authData,
    certification: { type, data },
    uncovered,
  };
}

/** From version 5 on the body says itself what it is. */
function readBody(cursor: Cursor, version: Quote['version'], tee: Quote['tee']): Quote['body'] {
  if (version === 3 && tee !== 'sgx') throw malformed('TEE type', 'TDX in a quote of version 3');
  const implied = tee === 'sgx' ? 1 : 2;
  const type = version < 5 ? implied : cursor.u16('type of the body');
  const form = type === 2 ? '1.0' : type === 3 ? '1.5' : null;
  if ((tee === 'sgx') !== (type === 1) || (tee === 'tdx') !== (form !== null))
    throw malformed('type of the body', `${type}`);
  const length = form === null ? ENCLAVE_REPORT_BYTES : TD_REPORT_BYTES[form];
  const stated = version < 5 ? length : cursor.u32('length of the body');
  if (stated !== length) throw malformed('length of the body', `${stated}`);
  const bytes = cursor.take(length, 'body');
  return form === null ? readEnclaveReport(bytes) : readTdReport(bytes, form);
}
