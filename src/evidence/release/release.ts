/** A release as somebody has signed it: software by what it measures, or a model by the digest of its files. */
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { Failure } from '../../reason.js';
import type { SignerIdentity } from '../sigstore/identity.js';
import { measurementsIn } from './measurements.js';
import { MODEL_PREDICATE, readModelManifest, type SignedModel } from './model-manifest.js';
import { type BuildProvenance, checkProvenance, type ProvenancePolicy, provenanceIn } from './provenance.js';
import { parseReleaseStatement } from './statement.js';

export interface ReleasePolicy extends ProvenancePolicy {
  /** The kinds of statement that count; null for all that are read here. */
  readonly predicateType: string | null;
  /** Names of subjects whose digest is a measurement. */
  readonly measured: readonly string[];
  /** SHA-256 that some subject must have; null for any. */
  readonly subject: string | null;
}

export interface SignedRelease {
  readonly what:
    | { readonly kind: 'software'; readonly measurements: readonly string[] }
    | { readonly kind: 'model'; readonly model: SignedModel };
  readonly predicateType: string;
  readonly subjects: readonly string[];
  readonly provenance: BuildProvenance | null;
  readonly signer: SignerIdentity;
  /** SHA-256 of the bundle, and of what it was verified with. */
  readonly bundle: string;
  readonly root: string;
}

/** An envelope whose signature was verified, and by what. */
export interface VerifiedEnvelope {
  readonly payload: Uint8Array;
  readonly payloadType: string;
  readonly signer: SignerIdentity;
  readonly bundle: Uint8Array;
  readonly root: Uint8Array;
}

/**
 * Throws what `parseReleaseStatement`, `readModelManifest`, `measurementsIn` and `checkProvenance` throw; `release/predicate-refused`, or
 * `release/subject-differs`.
 */
export function readRelease(envelope: VerifiedEnvelope, policy: ReleasePolicy): SignedRelease {
  const statement = parseReleaseStatement(envelope.payload, envelope.payloadType);
  const { predicateType, subjects } = statement;
  if (policy.predicateType !== null && predicateType !== policy.predicateType)
    throw new Failure('release/predicate-refused', { field: 'predicateType', detail: predicateType });
  const provenance = provenanceIn(statement);
  checkProvenance(provenance, policy);
  if (policy.subject !== null && !subjects.some(({ digest }) => digest.get('sha256') === policy.subject))
    throw new Failure('release/subject-differs', { field: 'subject', detail: policy.subject });
  return {
    what:
      predicateType === MODEL_PREDICATE
        ? { kind: 'model', model: readModelManifest(statement) }
        : { kind: 'software', measurements: measurementsIn(statement, policy.measured) },
    predicateType,
    subjects: subjects.map(({ name }) => name),
    provenance,
    signer: envelope.signer,
    bundle: toHex(sha256(envelope.bundle)),
    root: toHex(sha256(envelope.root)),
  };
}
