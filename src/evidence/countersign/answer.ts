/**
 * What a gateway of ours answers whoever asks it for attestation: evidence of its machine, and the statement whose digest the evidence carries. Normative:
 * spec/binding.md. It comes from a stranger: nothing of it is verified here.
 */
import * as v from 'valibot';
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import type { ProviderEvidence } from '../providers/provider.js';
import { type AttestedStatement, parseAttested } from './statement.js';

export const ATTESTATION_TYPE = 'urn:countersign:attestation:v1';
const CODE = 'provider/answer-malformed';

/** Many times what a quote with its chain has. */
export const MAX_ATTESTATION_BYTES = 256 * 1024;

const Octets = (most: number) =>
  v.pipe(
    v.string(),
    v.maxLength(Math.ceil(most / 3) * 4),
    v.check(text => (fromBase64(text)?.length ?? 0) > 0, 'no base64'),
    v.transform(text => fromBase64(text) as Uint8Array),
  );
const Certificate = Octets(16 * 1024);

const Evidence = v.variant('kind', [
  v.strictObject({ kind: v.literal('nitro'), document: Octets(32 * 1024) }),
  v.strictObject({
    authority: v.nullable(Certificate),
    certificate: Certificate,
    kind: v.literal('sev-snp'),
    report: Octets(4096),
    root: v.nullable(Certificate),
    /** Whose key has signed: the chip's, or one that is lent to a cloud. */
    signer: v.picklist(['vcek', 'vlek']),
  }),
  v.strictObject({ kind: v.literal('tdx'), quote: Octets(64 * 1024) }),
]);

const Answer = v.strictObject({
  evidence: Evidence,
  statement: Octets(4096),
  type: v.literal(ATTESTATION_TYPE),
});

export interface AttestationAnswer {
  readonly evidence: ProviderEvidence;
  /** The exact bytes of the statement. */
  readonly statement: Uint8Array;
}

/** Canonical JSON. Revocation lists are for whoever judges to get, and do not go along. */
export function formatAttestationAnswer({ evidence, statement }: AttestationAnswer): Uint8Array {
  return canonicalize({
    evidence: written(evidence),
    statement: toBase64(statement),
    type: ATTESTATION_TYPE,
  });
}

function written(evidence: ProviderEvidence): Json {
  switch (evidence.kind) {
    case 'nitro':
      return { kind: evidence.kind, document: toBase64(evidence.document) };
    case 'tdx':
      return { kind: evidence.kind, quote: toBase64(evidence.quote) };
    case 'sev-snp': {
      const { kind, report, signer, authority, root } = evidence;
      return {
        authority: authority === null ? null : toBase64(authority),
        certificate: toBase64(signer.certificate),
        kind,
        report: toBase64(report),
        root: root === null ? null : toBase64(root),
        signer: signer.kind,
      };
    }
  }
}

/**
 * Exactly what {@link formatAttestationAnswer} writes, with what its statement says. Throws `provider/answer-malformed` or
 * `binding/statement-malformed`.
 */
export function parseAttestationAnswer(
  bytes: Uint8Array,
): AttestationAnswer & { readonly stated: AttestedStatement } {
  if (bytes.length > MAX_ATTESTATION_BYTES) throw new Failure(CODE, { detail: `${bytes.length} bytes` });
  const result = v.safeParse(Answer, jsonOf(bytes), { abortEarly: true });
  if (!result.success)
    throw new Failure(CODE, {
      field: v.getDotPath(result.issues[0]) ?? 'answer',
      detail: result.issues[0].message,
    });
  const { evidence, statement } = result.output;
  return { evidence: evidenceOf(evidence), statement, stated: parseAttested(statement) };
}

function evidenceOf(read: v.InferOutput<typeof Evidence>): ProviderEvidence {
  if (read.kind !== 'sev-snp') return read;
  const { kind, report, signer, certificate, authority, root } = read;
  return { kind, report, signer: { kind: signer, certificate }, authority, root, revocations: null };
}

function jsonOf(bytes: Uint8Array): Json {
  try {
    return parseCanonical(bytes);
  } catch (error) {
    if (error instanceof Failure) throw new Failure(CODE, { detail: error.code });
    throw error;
  }
}
