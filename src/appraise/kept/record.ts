/**
 * The record of one judgement of a piece of evidence: which bytes were judged, with what, at what time, and what was found. It names all bytes by
 * their digest, so that whoever has record and pieces can judge again and must find the same.
 *
 * A record comes from a folder that somebody else may write in: it is read strictly, and nothing in it is believed that was not judged again.
 */
import * as v from 'valibot';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { equal } from '../../bytes/octets.js';
import type { EvidenceCheck, EvidenceKind } from '../../evidence/report.js';
import { Failure, isReasonCode, type ReasonCode } from '../../reason.js';
import { checkRoles, MAX_PIECE_BYTES, type PieceRole, ROLES } from './roles.js';

/** One check, without the sentence that belongs to it. */
export type KeptCheck =
  | { readonly name: string; readonly status: 'pass' }
  | {
      readonly name: string;
      readonly status: 'fail' | 'not-checked';
      readonly code: ReasonCode;
      readonly field: string | null;
      readonly detail: string | null;
      readonly waived: boolean;
    };

export interface PieceEntry {
  readonly role: PieceRole;
  /** SHA-256, hexadecimal. */
  readonly digest: string;
  readonly length: number;
  /** Unix seconds: when it came from whoever publishes it. Null for what came with the evidence, or was made here. */
  readonly fetched: number | null;
}

export interface EvidenceRecord {
  readonly kind: EvidenceKind;
  /** SHA-256 of what the hardware has signed, hexadecimal: what the evidence is identified by. */
  readonly signedRegion: string;
  /** SHA-256 of the document as it was received, hexadecimal. */
  readonly whole: string;
  /** Sorted by role, then by digest; no two are the same. */
  readonly pieces: readonly PieceEntry[];
  /** Unix seconds: at what time it was judged. */
  readonly asOf: number;
  readonly checks: readonly KeptCheck[];
}

export const MAX_RECORD_BYTES = 256 * 1024;
const MAX_CHECKS = 64;

const Digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Time = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Name = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,63}$/));
const Check = v.variant('status', [
  v.strictObject({ name: Name, status: v.literal('pass') }),
  v.strictObject({
    code: v.pipe(v.string(), v.check(isReasonCode)),
    detail: v.nullable(v.string()),
    field: v.nullable(v.string()),
    name: Name,
    status: v.picklist(['fail', 'not-checked']),
    waived: v.boolean(),
  }),
]);
const Record = v.strictObject({
  asOf: Time,
  checks: v.pipe(v.array(Check), v.maxLength(MAX_CHECKS)),
  kind: v.picklist(Object.keys(ROLES) as EvidenceKind[]),
  pieces: v.array(
    v.strictObject({
      digest: Digest,
      fetched: v.nullable(Time),
      length: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_PIECE_BYTES)),
      role: Name,
    }),
  ),
  signedRegion: Digest,
  version: v.literal(1),
  whole: Digest,
});

/** Canonical JSON. Throws what {@link parseEvidenceRecord} throws for what would be no record. */
export function formatEvidenceRecord(record: EvidenceRecord): Uint8Array {
  const bytes = written(record);
  parseEvidenceRecord(bytes);
  return bytes;
}

/** Reads exactly what {@link formatEvidenceRecord} writes. Throws `archive/record-malformed` or `archive/pieces-unfit`. */
export function parseEvidenceRecord(bytes: Uint8Array): EvidenceRecord {
  if (bytes.length > MAX_RECORD_BYTES) throw malformed(`${bytes.length} bytes`);
  const result = v.safeParse(Record, jsonOf(bytes), { abortEarly: true });
  if (!result.success) throw malformed(v.getDotPath(result.issues[0]) ?? 'no object');
  const { version: _, ...record } = result.output as EvidenceRecord & { readonly version: 1 };
  // A member that the schema did not see is none that we would have written.
  if (!equal(written(record), bytes)) throw malformed('written otherwise');
  checkRoles(
    record.kind,
    record.pieces.map(({ role }) => role),
  );
  const order = record.pieces.map(({ role, digest }) => `${role} ${digest}`);
  if (order.some((key, at) => at > 0 && key <= (order[at - 1] as string)))
    throw malformed('pieces out of order');
  if (record.pieces.find(({ role }) => role === ROLES[record.kind].subject)?.digest !== record.whole)
    throw malformed('a document other than the one that was judged');
  return record;
}

/** A check as it is kept: what a hostile document put into it may be no text that JSON can carry. */
export function keptCheck(check: EvidenceCheck): KeptCheck {
  const { name, status } = check;
  if (status === 'pass') return { name, status };
  const { code, field, detail, waived = false } = check;
  return { name, status, code, field: wellFormed(field), detail: wellFormed(detail), waived };
}

/** By role, then by digest, which is how records have them; the same piece twice is one. */
export function sortedEntries(entries: readonly PieceEntry[]): readonly PieceEntry[] {
  const byName = new Map(entries.map(entry => [`${entry.role} ${entry.digest}`, entry]));
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

function written(record: EvidenceRecord): Uint8Array {
  return canonicalize({ ...record, version: 1 } as unknown as Json);
}

function wellFormed(text: string | null): string | null {
  return text === null ? null : text.toWellFormed();
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
  return new Failure('archive/record-malformed', { detail });
}
