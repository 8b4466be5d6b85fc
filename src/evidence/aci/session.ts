/** Sessions of `aci/1`: what an aggregator has kept of checking one upstream, known by the digest of the whole. Source: `spec/aci.md`, §8. */
import * as v from 'valibot';
import { fromBase64 } from '../../bytes/base64.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { Failure } from '../../reason.js';
import { PrefixedDigest, readForeign, textOf } from '../foreign-json.js';
import { canonicalBytes, checkVersion } from './keyset.js';

export interface AciSession {
  /** The digest of it, which receipts cite. */
  readonly id: string;
  readonly upstream: string;
  /** Unix seconds. */
  readonly establishedAt: number;
  readonly expiresAt: number;
  /** What the aggregator claims about the upstream, as it stands there. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly evidenceDigest: string;
  /** The evidence, decoded; null where the service has left it out. */
  readonly evidence: Uint8Array | null;
}

const CODE = 'aci/session-malformed';
const Seconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const MAX_SESSION_BYTES = 16 * 1024 * 1024;

const Session = {
  code: CODE,
  maxBytes: MAX_SESSION_BYTES,
  schema: v.object({
    api_version: textOf(64),
    upstream_name: textOf(512),
    established_at: Seconds,
    expires_at: Seconds,
    claims: v.record(v.string(), v.unknown()),
    evidence: v.object({
      digest: PrefixedDigest,
      data: v.optional(v.pipe(v.string(), v.maxLength(MAX_SESSION_BYTES))),
    }),
  }),
} as const;

/** Throws `aci/session-malformed` or `aci/version-unsupported`. */
export function parseAciSession(bytes: Uint8Array): AciSession {
  const { value, read } = readForeign(bytes, Session);
  checkVersion(read.api_version);
  const { digest, data } = read.evidence;
  return {
    id: toHex(sha256(canonicalBytes(value, CODE))),
    upstream: read.upstream_name,
    establishedAt: read.established_at,
    expiresAt: read.expires_at,
    claims: read.claims,
    evidenceDigest: digest,
    evidence: data === undefined ? null : dataOf(data),
  };
}

/** The data of a URI (RFC 2397) in base64. */
function dataOf(uri: string): Uint8Array {
  const comma = uri.startsWith('data:') ? uri.indexOf(',') : -1;
  const bytes = uri.slice(0, comma).endsWith(';base64') ? fromBase64(uri, comma + 1) : null;
  if (bytes === null) throw new Failure(CODE, { field: 'evidence.data' });
  return bytes;
}
