/** A piece of evidence with all that it is judged with, as one JSON value: how it is handed to an appraiser, and how it stands in a proof against one. */
import * as v from 'valibot';
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import { Failure } from '../../reason.js';
import { MAX_PIECE_BYTES, MAX_PIECES, type PieceRole, ROLES } from '../kept/roles.js';
import type { EvidenceArtefact } from './weighed-evidence.js';

const MAX_CHARACTERS = Math.ceil(MAX_PIECE_BYTES / 3) * 4;
const Base64 = v.pipe(
  v.string(),
  v.maxLength(MAX_CHARACTERS),
  v.check(text => fromBase64(text) !== null, 'it takes padded base64'),
);
const HARDWARE = ['nitro', 'sev-snp', 'tdx', 'sgx', 'nvidia'] as const;
const Role = v.picklist([...new Set(Object.values(ROLES).flatMap(({ counts }) => Object.keys(counts)))]);

export const EvidenceJsonSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('countersign-receipt'), envelope: Base64 }),
  v.strictObject({ document: Base64, kind: v.literal('upstream-attestation') }),
  v.strictObject({
    kind: v.picklist(HARDWARE),
    pieces: v.pipe(
      v.array(v.strictObject({ bytes: Base64, role: Role })),
      v.minLength(1),
      v.maxLength(MAX_PIECES),
    ),
    statement: v.nullable(Base64),
  }),
]);
export type EvidenceJson = v.InferOutput<typeof EvidenceJsonSchema>;

/** Throws `appraisal/evidence-unreadable`, naming the member. */
export function evidenceArtefactOf(value: unknown): EvidenceArtefact {
  const result = v.safeParse(EvidenceJsonSchema, value, { abortEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    throw new Failure('appraisal/evidence-unreadable', {
      field: v.getDotPath(issue) ?? 'evidence',
      detail: issue.message,
    });
  }
  return artefactOf(result.output);
}

export function artefactOf(json: EvidenceJson): EvidenceArtefact {
  if (json.kind === 'countersign-receipt') return { kind: json.kind, envelope: octets(json.envelope) };
  if (json.kind === 'upstream-attestation') return { kind: json.kind, document: octets(json.document) };
  return {
    kind: json.kind,
    pieces: json.pieces.map(({ role, bytes }) => ({ role: role as PieceRole, bytes: octets(bytes) })),
    statement: json.statement === null ? null : octets(json.statement),
  };
}

export function evidenceJson(artefact: EvidenceArtefact): EvidenceJson {
  if (artefact.kind === 'countersign-receipt')
    return { kind: artefact.kind, envelope: toBase64(artefact.envelope) };
  if (artefact.kind === 'upstream-attestation')
    return { document: toBase64(artefact.document), kind: artefact.kind };
  return {
    kind: artefact.kind,
    pieces: artefact.pieces.map(({ role, bytes }) => ({ bytes: toBase64(bytes), role })),
    statement: artefact.statement === null ? null : toBase64(artefact.statement),
  };
}

/** The schema has seen that it is base64. */
function octets(text: string): Uint8Array {
  return fromBase64(text) as Uint8Array;
}
