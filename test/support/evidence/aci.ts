/** Receipts, reports and sessions of aci/1 under keys and a root of the tests: right in every way unless a test says otherwise. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { toBase64 } from '../../../src/bytes/base64.js';
import { sha256 } from '../../../src/bytes/cryptography.js';
import { toHex } from '../../../src/bytes/hex.js';
import { canonicalize, type Json } from '../../../src/bytes/json.js';
import { utf8 } from '../../../src/bytes/octets.js';
import { aciReportData } from '../../../src/evidence/aci/keyset.js';
import { APP_COMPOSE, EVENTS, NONCE, TLS_KEY, trustDomainQuote } from './dstack.js';
import { DURING } from './x509-maker.js';

export const REQUEST = utf8('{"model":"demo","messages":[]}');
export const RESPONSE = utf8('{"id":"1","choices":[]}');
/** The seed of the published vectors. */
const SEED = new Uint8Array(32).fill(2);
const SERVED_AT = DURING - 60;

type Members = Readonly<Record<string, unknown>>;
export const digestOf = (bytes: Uint8Array) => `sha256:${toHex(sha256(bytes))}`;
const canonical = (value: unknown) => canonicalize(JSON.parse(JSON.stringify(value)) as Json);
export const written = (value: unknown) => utf8(JSON.stringify(value, null, 1));

export function makeKeyset(members: Members = {}): Record<string, unknown> {
  return {
    subject: null,
    not_after: DURING + 3600,
    receipt_signing_keys: [
      { key_id: 'other', algo: 'something-new', public_key: 'x' },
      { key_id: 'receipt-1', algo: 'ed25519', public_key: toHex(ed25519.getPublicKey(SEED)) },
    ],
    e2ee_public_keys: [],
    tls_public_keys: [{ spki_sha256: toHex(TLS_KEY), domain: 'api.example.com' }],
    ...members,
  };
}

export interface AciReportOptions {
  readonly keyset?: Record<string, unknown>;
  readonly nonce?: Uint8Array | null;
  /** What the quote carries, in place of what follows from keyset and nonce. */
  readonly carried?: Uint8Array;
  readonly attestation?: Members;
  readonly evidence?: Members;
  readonly members?: Members;
}

export function makeReport(options: AciReportOptions = {}): Uint8Array {
  const { keyset = makeKeyset(), nonce = NONCE } = options;
  const digest = digestOf(canonical(keyset));
  const reportData = aciReportData(digest, nonce);
  return written({
    api_version: 'aci/1',
    workload_keyset_digest: digest,
    attestation: {
      tee_type: 'tdx',
      workload_keyset: keyset,
      report_data: toHex(reportData),
      source_provenance: null,
      evidence: {
        quote: toHex(trustDomainQuote({ reportData: options.carried ?? reportData })),
        event_log: JSON.stringify(EVENTS),
        app_compose: APP_COMPOSE,
        ...options.evidence,
      },
      ...options.attestation,
    },
    service_capabilities: { supported_e2ee_versions: [], serving: 'aggregator' },
    ...options.members,
  });
}

export function makeSession(members: Members = {}): Uint8Array {
  return written(sessionOf(members));
}

function sessionOf(members: Members): Record<string, unknown> {
  const evidence = utf8('what the aggregator was shown');
  return {
    api_version: 'aci/1',
    upstream_name: 'upstream',
    endpoint: 'https://upstream.example.com',
    verifier_id: 'example/1',
    established_at: SERVED_AT - 60,
    expires_at: SERVED_AT + 60,
    channel_binding: [],
    claims: { tee_attested: { status: 'asserted', source: 'hardware_proven', reason: 'quote' } },
    evidence: { digest: digestOf(evidence), data: `data:text/plain;base64,${toBase64(evidence)}` },
    ...members,
  };
}

/** The digest by which receipts cite it. */
export const sessionId = (members: Members = {}) => toHex(sha256(canonical(sessionOf(members))));

export function makeEvents(upstream: Members | null = {}): Members[] {
  return [
    { type: 'request.received', body_hash: digestOf(REQUEST) },
    { type: 'request.forwarded', body_hash: digestOf(utf8('rewritten')) },
    ...(upstream === null
      ? []
      : [
          {
            type: 'upstream.verified',
            result: 'verified',
            required: true,
            model_id: 'demo',
            session_id: sessionId(),
            ...upstream,
          },
        ]),
    { type: 'something.else', note: [1, { a: null }] },
    { type: 'response.returned', body_hash: digestOf(RESPONSE) },
  ];
}

export interface AciReceiptOptions {
  readonly keyset?: Record<string, unknown>;
  readonly events?: readonly Members[];
  readonly members?: Members;
  /** Changed after it was signed. */
  readonly after?: Members;
  readonly seed?: Uint8Array;
}

export function makeReceipt({
  keyset = makeKeyset(),
  events = makeEvents(),
  members,
  after,
  seed = SEED,
}: AciReceiptOptions = {}): Uint8Array {
  const unsigned = {
    api_version: 'aci/1',
    receipt_id: 'receipt',
    chat_id: '1',
    model: 'demo',
    workload_keyset_digest: digestOf(canonical(keyset)),
    endpoint: '/v1/chat/completions',
    method: 'POST',
    served_at: SERVED_AT,
    event_log: events,
    key_id: 'receipt-1',
    ...members,
  };
  return written({ ...unsigned, signature: toHex(ed25519.sign(canonical(unsigned), seed)), ...after });
}
