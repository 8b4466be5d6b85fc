/**
 * The keys of a workload, and the attestation report that binds them into a quote: Attested Confidential Inference, `aci/1` (draft of August 2026). Its documents
 * are hashed as canonical JSON of whatever was parsed, so that they may be served in any spelling. Source: `Dstack-TEE/private-ai-gateway`, `spec/aci.md`,
 * §3, §4 and appendix A.
 */
import * as v from 'valibot';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { canonicalize, type Json } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { hexBytes, PrefixedDigest, readForeign, textOf } from '../foreign-json.js';

/** Keys of algorithms that are not known here are passed over. */
export interface Keyset {
  /** A name that means something under a policy only. */
  readonly subject: string | null;
  /** Unix seconds, after which none of the keys counts. */
  readonly notAfter: number;
  readonly receiptKeys: readonly {
    readonly id: string;
    readonly algorithm: string;
    readonly publicKey: string;
  }[];
  /** SHA-256 of SubjectPublicKeyInfos, some for one host name only. */
  readonly tlsKeys: readonly { readonly spki: Uint8Array; readonly domain: string | null }[];
}

export interface AciReport {
  /** What the service calls its keyset: `sha256:` and the digest. */
  readonly statedDigest: string;
  /** Computed of the keyset itself. */
  readonly keysetDigest: string;
  readonly keyset: Keyset;
  /** 32 bytes. */
  readonly statedReportData: Uint8Array;
  /** Of the trust domain; null for another TEE, or where the report has none. */
  readonly quote: Uint8Array | null;
  readonly deployment: { readonly eventLog: Json; readonly appCompose: string } | null;
  /** Whether inference runs in this workload, or it hands requests on. What is not said is taken for the latter. */
  readonly serving: 'direct' | 'aggregator';
}

const MAX_REPORT_BYTES = 8 * 1024 * 1024;
const VERSION = 'aci/1';
const REPORT_CODE = 'aci/report-malformed';

const Seconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const keys = <Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.maxLength(256));

export const KeysetForm = v.pipe(
  v.object({
    subject: v.optional(v.nullable(textOf(1024)), null),
    not_after: Seconds,
    receipt_signing_keys: keys(
      v.object({ key_id: textOf(256), algo: textOf(128), public_key: textOf(1024) }),
    ),
    tls_public_keys: v.optional(
      keys(v.object({ spki_sha256: hexBytes(32), domain: v.optional(v.nullable(textOf(253)), null) })),
      [],
    ),
  }),
  v.transform(
    (read): Keyset => ({
      subject: read.subject,
      notAfter: read.not_after,
      receiptKeys: read.receipt_signing_keys.map(({ key_id, algo, public_key }) => ({
        id: key_id,
        algorithm: algo,
        publicKey: public_key,
      })),
      tlsKeys: read.tls_public_keys.map(({ spki_sha256, domain }) => ({ spki: spki_sha256, domain })),
    }),
  ),
);

const Report = {
  code: REPORT_CODE,
  maxBytes: MAX_REPORT_BYTES,
  schema: v.object({
    api_version: textOf(64),
    workload_keyset_digest: PrefixedDigest,
    attestation: v.object({
      tee_type: textOf(64),
      workload_keyset: KeysetForm,
      report_data: hexBytes(32),
      evidence: v.optional(
        v.object({
          quote: v.optional(hexBytes(48 + 384, 64 * 1024)),
          event_log: v.optional(v.union([v.string(), v.array(v.unknown())])),
          app_compose: v.optional(v.string()),
        }),
        {},
      ),
    }),
    service_capabilities: v.optional(v.object({ serving: v.optional(v.string()) }), {}),
  }),
} as const;

/** Throws `aci/report-malformed` or `aci/version-unsupported`. */
export function parseAciReport(bytes: Uint8Array): AciReport {
  const { value, read } = readForeign(bytes, Report);
  checkVersion(read.api_version);
  const { tee_type, workload_keyset, report_data, evidence } = read.attestation;
  const { workload_keyset: keyset } = (value as { readonly attestation: { readonly workload_keyset: Json } })
    .attestation;
  const { quote, event_log, app_compose } = evidence;
  return {
    statedDigest: read.workload_keyset_digest,
    keysetDigest: prefixedDigest(keyset, REPORT_CODE),
    keyset: workload_keyset,
    statedReportData: report_data,
    quote: tee_type === 'tdx' ? (quote ?? null) : null,
    deployment:
      event_log === undefined || app_compose === undefined
        ? null
        : { eventLog: event_log as Json, appCompose: app_compose },
    serving: read.service_capabilities.serving === 'direct' ? 'direct' : 'aggregator',
  };
}

/** The 32 bytes that the quote carries in front of zeros, for a keyset and a nonce of 32 bytes; null for a report that nobody has asked with one. */
export function aciReportData(keysetDigest: string, nonce: Uint8Array | null): Uint8Array {
  const asked = nonce === null ? 'null' : `"${toHex(nonce)}"`;
  return sha256(utf8(`{"keyset_digest":"${keysetDigest}","nonce":${asked},"purpose":"aci.report_data.v1"}`));
}

/** `sha256:` with the digest of the canonical form. Throws `code` for what has none. */
export function prefixedDigest(value: Json, code: ReasonCode): string {
  return `sha256:${toHex(sha256(canonicalBytes(value, code)))}`;
}

export function canonicalBytes(value: Json, code: ReasonCode): Uint8Array {
  try {
    return canonicalize(value);
  } catch (error) {
    if (error instanceof Failure) throw new Failure(code, { detail: error.code });
    throw error;
  }
}

export function checkVersion(version: string): void {
  if (version !== VERSION)
    throw new Failure('aci/version-unsupported', { field: 'api_version', detail: version });
}
