/** What a verdict is made from, as it is named on the command line. */
import {
  UPSTREAM_ATTESTATION,
  UPSTREAM_ATTESTATION_TYPE,
} from '../../appraise/providers/upstream-attestation.js';
import { appraisalPolicyOf, type EvidenceMeasure } from '../../appraise/verdict/appraisal-policy.js';
import { AppraisalPolicySchema } from '../../appraise/verdict/appraisal-policy-schema.js';
import { attestationEvidence } from '../../appraise/verdict/attestation-evidence.js';
import { evidenceArtefactOf } from '../../appraise/verdict/evidence-json.js';
import type { EvidenceArtefact } from '../../appraise/verdict/weighed-evidence.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import type { Json } from '../../bytes/json.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { ATTESTATION_TYPE } from '../../evidence/countersign/answer.js';
import { isKeyName, KEY_TYPE } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { openSigningKey, readSigningKey, type SigningKey } from '../files/keys.js';
import { UsageError } from './exit-code.js';
import { readInput, unwritable } from './files.js';
import { parseConfig } from './settings/config-document.js';
import { inFinding } from './settings/problem-words.js';
import { readDocument } from './settings/read-document.js';

const MAX_POLICY_BYTES = 1 << 20;
/** Of one piece of evidence with all that belongs to it, in base64. */
const MAX_EVIDENCE_BYTES = 1 << 23;

/**
 * The appraisal policy as its author wrote it, in YAML or JSON. Throws a usage error for a file that cannot be read, and `appraisal/policy-malformed`, with line
 * and column, for one that is no such policy.
 */
export async function readAppraisalPolicy(path: string): Promise<Json> {
  const bytes = await readInput(path, MAX_POLICY_BYTES);
  try {
    readDocument(path, bytes, AppraisalPolicySchema, 'member');
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new Failure('appraisal/policy-malformed', { detail: inFinding(error.message) });
  }
  return parseConfig(path, fromUtf8(bytes) as string).value as Json;
}

/**
 * What a policy says of evidence. Without one every kind counts under the usual measure, no software is named, so that no machine shows a place, and no provider is
 * known. Throws a usage error with line and column, and `appraisal/…`.
 */
export async function readEvidenceMeasure(path: string | undefined): Promise<EvidenceMeasure> {
  return appraisalPolicyOf(path === undefined ? { name: 'none' } : await readAppraisalPolicy(path));
}

/** The key in a file, which is made when there is none, under `name` or after itself. Throws what `openSigningKey` throws. */
export async function openValidatorKey(path: string, name: string | undefined): Promise<SigningKey> {
  const existing = await readSigningKey(path, KEY_TYPE.ed25519);
  if (existing === null) return makeKey(path, name);
  if (name === undefined || existing.key.name === name) return existing;
  throw new UsageError(
    `${path} is the key of ${existing.key.name}, and a key keeps its name. Leave --name out, or pass another file.`,
  );
}

async function makeKey(path: string, name: string | undefined): Promise<SigningKey> {
  if (name !== undefined && !isKeyName(name))
    throw new UsageError(
      `"${name}" cannot be the name of a key: it takes a domain or path of yours, such as validator.example, without blanks and plus signs.`,
    );
  try {
    return await openSigningKey(path, name ?? unnamed, KEY_TYPE.ed25519);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** The name of somebody who has named nobody: under a domain that can never be anybody's (RFC 2606). */
function unnamed(publicKey: Uint8Array): string {
  return `countersign.invalid/validator/${toHex(sha256(publicKey).subarray(0, 8))}`;
}

/** Throws `appraisal/evidence-unreadable`, `provider/answer-malformed`, `binding/statement-malformed`, and a usage error for a file that cannot be read. */
export async function readEvidenceFiles(paths: readonly string[]): Promise<EvidenceArtefact[]> {
  const artefacts: EvidenceArtefact[] = [];
  for (const path of paths) {
    const bytes = await readInput(path, MAX_EVIDENCE_BYTES);
    let value: unknown;
    try {
      value = JSON.parse(fromUtf8(bytes) ?? '');
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new Failure('appraisal/evidence-unreadable', {
        field: path,
        detail: 'no JSON; spec/verdict.md says how evidence is handed in',
      });
    }
    artefacts.push(artefactIn(value, bytes));
  }
  return artefacts;
}

function artefactIn(value: unknown, bytes: Uint8Array): EvidenceArtefact {
  const { type } = (value ?? {}) as { readonly type?: unknown };
  // As a gateway gives it at /v1/evidence/<digest>, by which receipts name it: to the byte.
  if (type === UPSTREAM_ATTESTATION_TYPE) return { kind: UPSTREAM_ATTESTATION, document: bytes };
  // As a gateway answers at /v1/attestation about itself.
  if (type === ATTESTATION_TYPE) return attestationEvidence(bytes);
  return evidenceArtefactOf(value);
}
