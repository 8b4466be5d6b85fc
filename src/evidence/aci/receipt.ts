/** Receipts of `aci/1`: what a workload has hashed of one exchange, signed with a key of its keyset. Source: `spec/aci.md`, §7. */
import * as v from 'valibot';
import { verifyEd25519 } from '../../bytes/cryptography.js';
import { isSoundPublicKey } from '../../bytes/ed25519.js';
import { fromHex } from '../../bytes/hex.js';
import type { Json } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import { hexBytes, PrefixedDigest, readForeign, textOf } from '../foreign-json.js';
import { canonicalBytes, checkVersion, type Keyset } from './keyset.js';

export interface AciReceipt {
  readonly id: string;
  /** What was asked for. */
  readonly model: string | null;
  readonly keysetDigest: string;
  /** By the service's own clock, in Unix seconds. */
  readonly servedAt: number;
  readonly received: string;
  /** Null where nothing was handed on: a refusal. */
  readonly forwarded: string | null;
  readonly returned: string;
  /** What an aggregator says about the services that it has checked, in order. */
  readonly upstreams: readonly UpstreamEvent[];
  readonly keyId: string;
  readonly signature: Uint8Array;
  /** What is signed: the canonical form of all but the signature. */
  readonly signedBytes: Uint8Array;
}

export interface UpstreamEvent {
  readonly result: 'verified' | 'failed';
  readonly required: boolean;
  readonly model: string | null;
  /** The digest that names the session; null where there is none. */
  readonly session: string | null;
}

const CODE = 'aci/receipt-malformed';
const DIGESTS = ['request.received', 'request.forwarded', 'response.returned'] as const;

const Receipt = {
  code: CODE,
  maxBytes: 256 * 1024,
  schema: v.object({
    api_version: textOf(64),
    receipt_id: textOf(512),
    model: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(512))), null),
    workload_keyset_digest: PrefixedDigest,
    served_at: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    event_log: v.pipe(v.array(v.looseObject({ type: textOf(128) })), v.minLength(1), v.maxLength(256)),
    key_id: textOf(256),
    signature: hexBytes(64),
  }),
} as const;

const Hashed = v.object({ body_hash: PrefixedDigest });
const Upstream = v.object({
  result: v.picklist(['verified', 'failed']),
  required: v.boolean(),
  model_id: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(512))), null),
  session_id: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
});

/** Throws `aci/receipt-malformed` or `aci/version-unsupported`. Events of other types are signed like all, and mean nothing here. */
export function parseAciReceipt(bytes: Uint8Array): AciReceipt {
  const { value, read } = readForeign(bytes, Receipt);
  checkVersion(read.api_version);
  const [first] = read.event_log;
  if (first?.type !== 'request.received') throw malformed('event_log[0]');
  const [received, forwarded, returned] = DIGESTS.map(type => {
    const [event, ...more] = read.event_log.filter(each => each.type === type);
    // Of two it could be meant to be either.
    if (more.length > 0) throw malformed(type);
    return event === undefined ? null : within(Hashed, event, type).body_hash;
  });
  if (received == null || returned == null) throw malformed('response.returned');
  const { signature: _, ...unsigned } = value as { readonly [name: string]: Json };
  return {
    id: read.receipt_id,
    model: read.model,
    keysetDigest: read.workload_keyset_digest,
    servedAt: read.served_at,
    received,
    forwarded: forwarded ?? null,
    returned,
    upstreams: read.event_log
      .filter(({ type }) => type === 'upstream.verified')
      .map(event => {
        const { result, required, model_id, session_id } = within(Upstream, event, 'upstream.verified');
        return { result, required, model: model_id, session: session_id ?? null };
      }),
    keyId: read.key_id,
    signature: read.signature,
    signedBytes: canonicalBytes(unsigned, CODE),
  };
}

/** The keyset's own entry decides the algorithm. Throws `aci/key-unknown`, `aci/algorithm-unsupported` or `aci/signature-invalid`. */
export async function checkReceiptSignature(
  { keyId, signature, signedBytes }: AciReceipt,
  keyset: Keyset,
): Promise<void> {
  const [entry, ...more] = keyset.receiptKeys.filter(({ id }) => id === keyId);
  if (entry === undefined || more.length > 0) throw new Failure('aci/key-unknown', { field: 'key_id' });
  if (entry.algorithm !== 'ed25519') throw new Failure('aci/algorithm-unsupported', { field: 'algo' });
  const publicKey = fromHex(entry.publicKey) ?? new Uint8Array();
  if (!isSoundPublicKey(publicKey) || !(await verifyEd25519(publicKey, signedBytes, signature)))
    throw new Failure('aci/signature-invalid', { field: 'signature' });
}

function within<Schema extends v.GenericSchema>(
  schema: Schema,
  event: unknown,
  field: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, event, { abortEarly: true });
  if (!result.success) throw malformed(field);
  return result.output;
}

function malformed(field: string): Failure {
  return new Failure(CODE, { field });
}
