/**
 * Attestation reports of proxies in dstack's trust domains, in the older form that NEAR AI and Phala serve at `/v1/attestation/report`. Source:
 * `nearai/nearai-cloud-verifier`; `Dstack-TEE/private-ai-gateway`, notes on `phala-direct` and `near-ai`.
 */
import * as v from 'valibot';
import { sha256 } from '../../bytes/cryptography.js';
import type { Json } from '../../bytes/json.js';
import { concat, concatAll } from '../../bytes/octets.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { hexBytes, parseForeign, readMember } from '../foreign-json.js';

/** Of ECDSA on secp256k1 an address of 20 bytes; of Ed25519 the key, 32. */
export type SigningIdentity =
  | { readonly algorithm: 'ecdsa'; readonly address: Uint8Array }
  | { readonly algorithm: 'ed25519'; readonly key: Uint8Array };

export interface DstackReport {
  readonly quote: Uint8Array;
  readonly signer: SigningIdentity;
  /** What the service says that it was asked with; null where it says nothing. */
  readonly statedNonce: Uint8Array | null;
  /** SHA-256 of the SubjectPublicKeyInfo at which it says that TLS ends. */
  readonly tls: Uint8Array | null;
  /** Null without either of them. */
  readonly deployment: { readonly eventLog: Json; readonly appCompose: string } | null;
  /** What the service says about its GPUs: a text of JSON. */
  readonly nvidia: string | null;
  /** A name, which nothing ties to what runs. */
  readonly model: string | null;
}

/** With event logs, certificates and evidence of eight GPUs. */
export const MAX_REPORT_BYTES = 8 * 1024 * 1024;
const MAX_COMPONENTS = 64;

const optionalText = (most: number) => v.optional(v.nullable(v.pipe(v.string(), v.maxLength(most))), null);

const Component = v.pipe(
  v.object({
    intel_quote: hexBytes(48 + 384, 64 * 1024),
    signing_address: v.string(),
    signing_algo: v.pipe(v.string(), v.toLowerCase(), v.picklist(['ecdsa', 'ed25519'])),
    request_nonce: v.optional(v.nullable(hexBytes(32)), null),
    tls_cert_fingerprint: v.optional(v.nullable(hexBytes(32)), null),
    event_log: v.optional(v.nullable(v.union([v.string(), v.array(v.unknown())])), null),
    info: v.optional(v.nullable(v.object({ tcb_info: v.optional(v.unknown()) })), null),
    nvidia_payload: optionalText(2 * 1024 * 1024),
    model_name: optionalText(512),
  }),
  v.rawTransform(({ dataset: { value: read }, addIssue, NEVER }): DstackReport => {
    const length = read.signing_algo === 'ecdsa' ? 20 : 32;
    const signer = v.safeParse(hexBytes(length), read.signing_address);
    if (!signer.success) {
      addIssue({ message: `signing_address is not ${length} bytes` });
      return NEVER;
    }
    const appCompose = composeIn(read.info?.tcb_info);
    return {
      quote: read.intel_quote,
      signer:
        read.signing_algo === 'ecdsa'
          ? { algorithm: 'ecdsa', address: signer.output }
          : { algorithm: 'ed25519', key: signer.output },
      statedNonce: read.request_nonce,
      tls: read.tls_cert_fingerprint,
      deployment:
        read.event_log === null || appCompose === null
          ? null
          : { eventLog: read.event_log as Json, appCompose },
      nvidia: read.nvidia_payload,
      model: read.model_name,
    };
  }),
);

/** Of one component, or of a gateway and models. */
export interface DstackReports {
  readonly gateway: DstackReport | null;
  readonly models: readonly DstackReport[];
}

const Several = v.object({
  gateway_attestation: v.optional(v.nullable(Component), null),
  model_attestations: v.optional(v.nullable(v.pipe(v.array(Component), v.maxLength(MAX_COMPONENTS))), null),
});

/** A report of one component stands among the models. Throws `code`. */
export function parseDstackReports(bytes: Uint8Array, code: ReasonCode): DstackReports {
  const { value } = parseForeign(bytes, { code, maxBytes: MAX_REPORT_BYTES });
  if (Array.isArray(value)) throw new Failure(code, { detail: 'a list' });
  const isOne = typeof value === 'object' && value !== null && 'intel_quote' in value;
  if (isOne) return { gateway: null, models: [readMember(value, { code, schema: Component })] };
  const { gateway_attestation, model_attestations } = readMember(value, { code, schema: Several });
  return { gateway: gateway_attestation, models: model_attestations ?? [] };
}

/**
 * What the quote must carry (64 bytes): the signer, with the TLS key where the report has one, and the nonce behind it.
 */
export function carriedReportData(
  { signer, tls }: Pick<DstackReport, 'signer' | 'tls'>,
  nonce: Uint8Array,
): Uint8Array {
  const identity = signer.algorithm === 'ecdsa' ? signer.address : signer.key;
  const first =
    tls === null ? concat(identity, new Uint8Array(32 - identity.length)) : sha256(concat(identity, tls));
  return concatAll([first, nonce]);
}

/** `info.tcb_info` is an object, or the text of one. */
function composeIn(tcbInfo: unknown): string | null {
  let value = tcbInfo;
  if (typeof value === 'string') {
    try {
      value = JSON.parse(value);
    } catch {
      return null;
    }
  }
  const { app_compose } = Object(value) as { readonly app_compose?: unknown };
  return typeof app_compose === 'string' ? app_compose : null;
}
