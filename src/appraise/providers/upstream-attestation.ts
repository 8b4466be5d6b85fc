/**
 * What an upstream has shown of itself before it was sent anything, kept as one document with all that it was judged with: the answers to a nonce, the
 * certificate that the connection has shown, and what makers of hardware had published. Whoever has it can judge it again. That the nonce was fresh, and when
 * it was asked for, is the word of the gateway that asked. Normative: spec/binding.md.
 */
import * as v from 'valibot';
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import { sha256 } from '../../bytes/cryptography.js';
import { contextTag, DER, derChildren, derExpect, readDer } from '../../bytes/der.js';
import { fromHex, toHex } from '../../bytes/hex.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { PROVIDER_NAMES, type ProviderName } from '../../evidence/providers/provider.js';
import { attestedProvider } from '../../evidence/providers/providers.js';
import { Failure } from '../../reason.js';
import { type AppraisedProvider, appraiseProvider, type ProviderCircumstances } from './appraise.js';

export interface UpstreamAttestation {
  readonly provider: ProviderName;
  /** The host name that was connected to. */
  readonly host: string;
  readonly nonce: Uint8Array;
  /** To the provider's requests, in that order. */
  readonly answers: readonly Uint8Array[];
  /** The TLS certificate that the connection has shown, in DER. */
  readonly certificate: Uint8Array;
  /** Unix seconds: when it was asked for. */
  readonly asked: number;
  /** What Intel, or AMD, had published about the platform; null where it was not needed, or not to be had. */
  readonly collateral: Uint8Array | null;
  readonly revocations: Uint8Array | null;
}

export const UPSTREAM_ATTESTATION_TYPE = 'urn:countersign:upstream-attestation:v1';
/** As receipts call such evidence. */
export const UPSTREAM_ATTESTATION = 'upstream-attestation';
export const UPSTREAM_ATTESTATION_MEDIA_TYPE = 'application/json';
/** The most bytes of a document: answers are at most 4 MiB together. */
export const MAX_UPSTREAM_ATTESTATION_BYTES = 8 * 1024 * 1024;
const MAX_ANSWERS = 4;

const Octets = v.pipe(
  v.string(),
  v.check(text => fromBase64(text) !== null, 'no base64'),
  v.transform(text => fromBase64(text) as Uint8Array),
);

const Schema = v.strictObject({
  answers: v.pipe(v.array(Octets), v.minLength(1), v.maxLength(MAX_ANSWERS)),
  asked: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  certificate: Octets,
  collateral: v.nullable(Octets),
  host: v.pipe(v.string(), v.regex(/^[A-Za-z0-9.:_-]{1,253}$/)),
  nonce: v.pipe(
    v.string(),
    v.regex(/^(?:[0-9a-f]{2}){16,64}$/),
    v.transform(digits => fromHex(digits) as Uint8Array),
  ),
  provider: v.picklist(PROVIDER_NAMES),
  revocations: v.nullable(Octets),
  type: v.literal(UPSTREAM_ATTESTATION_TYPE),
});

/** Canonical JSON. Throws what {@link parseUpstreamAttestation} throws for what would be no such document. */
export function formatUpstreamAttestation(attestation: UpstreamAttestation): Uint8Array {
  const { provider, host, nonce, answers, certificate, asked, collateral, revocations } = attestation;
  const bytes = canonicalize({
    answers: answers.map(toBase64),
    asked,
    certificate: toBase64(certificate),
    collateral: collateral === null ? null : toBase64(collateral),
    host,
    nonce: toHex(nonce),
    provider,
    revocations: revocations === null ? null : toBase64(revocations),
    type: UPSTREAM_ATTESTATION_TYPE,
  });
  parseUpstreamAttestation(bytes);
  return bytes;
}

/** Exactly what {@link formatUpstreamAttestation} writes. Throws `attestation/document-malformed`. */
export function parseUpstreamAttestation(bytes: Uint8Array): UpstreamAttestation {
  if (bytes.length > MAX_UPSTREAM_ATTESTATION_BYTES) throw malformed(`${bytes.length} bytes`);
  const result = v.safeParse(Schema, jsonOf(bytes), { abortEarly: true });
  if (!result.success) throw malformed(v.getDotPath(result.issues[0]) ?? 'no object');
  const { type: _, ...attestation } = result.output;
  return attestation;
}

/**
 * Judges it at the time at which it was asked for, or at `asOf`. Throws `attestation/document-malformed` for a certificate that cannot be read,
 * `provider/unattestable`, and as `appraiseProvider` does.
 */
export async function appraiseUpstreamAttestation(
  attestation: UpstreamAttestation,
  circumstances: Pick<ProviderCircumstances, 'roots' | 'policies'>,
  asOf: number = attestation.asked,
): Promise<AppraisedProvider> {
  const { host, nonce, answers, certificate, collateral, revocations } = attestation;
  return appraiseProvider(
    {
      provider: attestedProvider(attestation.provider),
      answers,
      nonce,
      tls: { host, key: tlsKeyOf(attestation), certificate: sha256(certificate) },
    },
    { ...circumstances, asOf, collateral, revocations },
  );
}

/** SHA-256 of the SubjectPublicKeyInfo that the connection has shown. Throws `attestation/document-malformed`. */
export function tlsKeyOf({ certificate }: Pick<UpstreamAttestation, 'certificate'>): Uint8Array {
  try {
    return sha256(publicKeyOf(certificate));
  } catch (error) {
    if (error instanceof Failure) throw malformed(error.code);
    throw error;
  }
}

/** Of a certificate of whatever algorithms: only where its key stands matters here. Source: RFC 5280 §4.1. */
function publicKeyOf(certificate: Uint8Array): Uint8Array {
  const [toBeSigned] = derChildren(derExpect(readDer(certificate), DER.sequence));
  const members = toBeSigned === undefined ? [] : derChildren(toBeSigned);
  // A version stands in front where it is not the first.
  const key = members[members[0]?.tag === contextTag(0) ? 6 : 5];
  if (key === undefined) throw malformed('a certificate without a key');
  return derExpect(key, DER.sequence).whole;
}

/** Whether an instance was accepted to which the connection itself is bound, and not only what is encrypted to a key of its own. */
export function isBoundToConnection({ instances }: AppraisedProvider): boolean {
  return instances.some(
    ({ status, checks }) =>
      status === 'accepted' && checks.some(check => check.name === 'tls' && check.status === 'pass'),
  );
}

function jsonOf(bytes: Uint8Array): Json {
  try {
    return parseCanonical(bytes);
  } catch (error) {
    if (error instanceof Failure) throw malformed(error.code);
    throw error;
  }
}

function malformed(detail: string): Failure {
  return new Failure('attestation/document-malformed', { detail });
}
