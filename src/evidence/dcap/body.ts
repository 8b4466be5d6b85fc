/**
 * The reports inside a quote: what an enclave or a trust domain states about itself, in the words of its processor. Source: Intel SGX Developer
 * Reference, `sgx_report_body_t`; Intel TDX DCAP Quoting Library API, appendix 3 (TD reports of 1.0 and of 1.5). Reserved octets are signed like
 * all others and mean nothing yet.
 */
import { Cursor } from './cursor.js';

/** Measurements are of 32 bytes (SHA-256). */
export interface EnclaveReport {
  readonly kind: 'enclave';
  /** Security versions of the processor's parts, raw. */
  readonly cpuSvn: Uint8Array;
  readonly miscSelect: Uint8Array;
  /** Flags (8 octets) and XFRM (8 octets). */
  readonly attributes: Uint8Array;
  readonly mrEnclave: Uint8Array;
  readonly mrSigner: Uint8Array;
  readonly isvProdId: number;
  readonly isvSvn: number;
  /** What the enclave has put in: 64 bytes. */
  readonly reportData: Uint8Array;
}

/** Measurements are of 48 bytes (SHA-384). */
export interface TdReport {
  readonly kind: 'td';
  /** Of which version of the TDX module the report is. */
  readonly form: '1.0' | '1.5';
  /** Security versions: of the module (its minor and major version), of microcode, and 13 that are not in use. */
  readonly teeTcbSvn: Uint8Array;
  readonly mrSeam: Uint8Array;
  readonly mrSignerSeam: Uint8Array;
  readonly seamAttributes: Uint8Array;
  readonly tdAttributes: Uint8Array;
  readonly xfam: Uint8Array;
  /** What the trust domain began as. */
  readonly mrTd: Uint8Array;
  readonly mrConfigId: Uint8Array;
  readonly mrOwner: Uint8Array;
  readonly mrOwnerConfig: Uint8Array;
  /** What was added while it ran. */
  readonly rtMr: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  /** What the trust domain has put in: 64 bytes. */
  readonly reportData: Uint8Array;
  /** Security versions of the module that runs now, which may be newer than the one that started the trust domain; only in 1.5. */
  readonly teeTcbSvn2: Uint8Array | null;
  /** The service that may move the trust domain to another machine, or zeros; only in 1.5. */
  readonly mrServiceTd: Uint8Array | null;
}

export const ENCLAVE_REPORT_BYTES = 384;
export const TD_REPORT_BYTES = { '1.0': 584, '1.5': 648 } as const;

/** Exactly {@link ENCLAVE_REPORT_BYTES}; throws `quote/malformed` for fewer. */
export function readEnclaveReport(bytes: Uint8Array): EnclaveReport {
  const cursor = new Cursor(bytes);
  const take = (length: number) => cursor.take(length, 'enclave report');
  const [cpuSvn, miscSelect] = [take(16), take(4)];
  take(28);
  const [attributes, mrEnclave] = [take(16), take(32)];
  take(32);
  const mrSigner = take(32);
  take(96);
  const [isvProdId, isvSvn] = [cursor.u16('enclave report'), cursor.u16('enclave report')];
  take(60);
  const reportData = take(64);
  return {
    kind: 'enclave',
    cpuSvn,
    miscSelect,
    attributes,
    mrEnclave,
    mrSigner,
    isvProdId,
    isvSvn,
    reportData,
  };
}

/** Exactly as many bytes as the form has; throws `quote/malformed` for fewer. */
export function readTdReport(bytes: Uint8Array, form: TdReport['form']): TdReport {
  const cursor = new Cursor(bytes);
  const take = (length: number) => cursor.take(length, 'TD report');
  return {
    kind: 'td',
    form,
    teeTcbSvn: take(16),
    mrSeam: take(48),
    mrSignerSeam: take(48),
    seamAttributes: take(8),
    tdAttributes: take(8),
    xfam: take(8),
    mrTd: take(48),
    mrConfigId: take(48),
    mrOwner: take(48),
    mrOwnerConfig: take(48),
    rtMr: [take(48), take(48), take(48), take(48)],
    reportData: take(64),
    teeTcbSvn2: form === '1.5' ? take(16) : null,
    mrServiceTd: form === '1.5' ? take(48) : null,
  };
}
