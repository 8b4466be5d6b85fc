/**
 * The entry with which an operator takes back what hardware, software or a model has been relied on for: a chip that was opened, a TCB level with a known
 * flaw, a measurement of bad software, weights that were tampered with. It says what is bad, since when, and why in one word; which receipts lose what by it
 * is computed by whoever reads them, and never set. Normative: spec/revocation.md.
 *
 * A key of the log itself is not revoked here but by a key change (spec/keys.md), which ends it at an index; the keys meant here have signed an enclave, and
 * are known by their digest alone.
 */
import * as v from 'valibot';
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize } from '../bytes/json.js';
import { Failure } from '../reason-core.js';
import {
  MAX_REVOCATIONS,
  REVOCABLE,
  REVOCATION_FIELDS,
  REVOCATION_REASONS,
  type RevocationField,
  type RevocationReason,
} from './revocation-words.js';
import { Count, Hash, KeyLabel, Time } from './shapes.js';
import { type readStatement, statementType, writeStatement } from './statement.js';

/** Whether the value is one of its field, {@link checkRevocation} says. */
export const Revocation = v.strictObject({
  field: v.picklist(REVOCATION_FIELDS),
  reason: v.picklist(REVOCATION_REASONS),
  /** Milliseconds since 1970 from which on it counts as bad; null: it always was. */
  since: v.nullable(Time),
  /** As the index of facts writes it. */
  value: v.pipe(v.string(), v.maxLength(256)),
});
export type Revocation = v.InferOutput<typeof Revocation>;

export const REVOCATION = statementType({
  predicateType: 'urn:countersign:revocation:v1',
  subject: v.strictTuple([
    v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('revocation') }),
  ]),
  predicate: v.strictObject({
    /** Milliseconds since 1970: from then on it is known, and counts. */
    decided: Time,
    issuer: KeyLabel,
    revocation: Revocation,
    /** How many the log had before it. */
    sequence: Count,
  }),
  malformed: 'entry/malformed',
});

export type RevocationStatement = ReturnType<
  typeof readStatement<typeof REVOCATION.subject, typeof REVOCATION.predicate>
>;

/** SHA-256 of a revocation's canonical JSON, hexadecimal: the statement's subject. */
export function revocationDigest(revocation: Revocation): string {
  return toHex(sha256(canonicalize(revocation)));
}

/**
 * What has to hold for a revocation by this issuer beyond its form. Throws `envelope/issuer-mismatch`, or `entry/malformed` naming the member.
 */
export function checkRevocation({ subject, predicate }: RevocationStatement, issuer: string): void {
  const { revocation, decided, sequence } = predicate;
  if (predicate.issuer !== issuer)
    throw new Failure('envelope/issuer-mismatch', { field: 'predicate.issuer' });
  if (subject[0].digest.sha256 !== revocationDigest(revocation))
    throw new Failure('entry/malformed', { field: 'subject.0.digest.sha256' });
  if (!REVOCABLE[revocation.field].test(revocation.value))
    throw new Failure('entry/malformed', { field: 'predicate.revocation.value' });
  // It would be a forecast.
  if ((revocation.since ?? 0) > decided)
    throw new Failure('entry/malformed', { field: 'predicate.revocation.since' });
  if (sequence >= MAX_REVOCATIONS) throw new Failure('entry/malformed', { field: 'predicate.sequence' });
}

/** Null where the field does not take such a value. */
export function revocationOf(
  field: RevocationField,
  value: string,
  reason: RevocationReason,
  since: number | null,
): Revocation | null {
  return REVOCABLE[field].test(value) ? { field, reason, since, value } : null;
}

/** `issuer`: the label of the key that signs; `decided` in milliseconds. */
export function revocationStatement(
  revocation: Revocation,
  issuer: string,
  decided: number,
  sequence: number,
): Uint8Array {
  return writeStatement(REVOCATION, {
    subject: [{ digest: { sha256: revocationDigest(revocation) }, name: 'revocation' }],
    predicate: { decided, issuer, revocation, sequence },
  });
}
