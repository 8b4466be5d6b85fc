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
import { Count, Hash, KeyLabel, Time } from './shapes.js';
import { type readStatement, statementType, writeStatement } from './statement.js';

/** What can be revoked, by the names that the index of facts has for it (docs/evidence/archive.md). */
export const REVOCATION_FIELDS = ['chip', 'tcb', 'measurement', 'signer', 'model'] as const;
export type RevocationField = (typeof REVOCATION_FIELDS)[number];

/** Why. Never more than this word: the log keeps it for ever. */
export const REVOCATION_REASONS = [
  'compromised',
  'vulnerable',
  'defective',
  'withdrawn',
  'unspecified',
] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

/** A log has at most so many: whoever follows it, and every trust file, holds all of them. */
export const MAX_REVOCATIONS = 1000;

/** What Intel says of a level; `tcb` may be such a word. */
export const REVOCABLE_STATUSES = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'Revoked',
  'TDRelaunchAdvised',
  'TDRelaunchAdvisedConfigurationNeeded',
] as const;

/** The bytes of a measurement or of a key's digest. */
const Digest = v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{2}){32,64}$/));
const AMD_LEVEL = '(?:milan|genoa|turin):[0-9a-f]{16}';
const INTEL_LEVEL = '[0-9a-f]{12}:[0-9a-f]{32}:[0-9]{1,5}(?::[0-9a-f]{32})?';
const VERSION = '(?:driver|bios):[0-9A-Za-z._-]{1,32}';
const Level = new RegExp(`^(?:${AMD_LEVEL}|${INTEL_LEVEL}|${VERSION}|${REVOCABLE_STATUSES.join('|')})$`);

const VALUES = {
  chip: v.pipe(v.string(), v.regex(/^[0-9a-f]{4,128}$/)),
  tcb: v.pipe(v.string(), v.regex(Level)),
  measurement: Digest,
  signer: Digest,
  model: Hash,
} as const satisfies Record<RevocationField, v.GenericSchema>;

const of = <Field extends RevocationField>(field: Field) =>
  v.strictObject({
    field: v.literal(field),
    reason: v.picklist(REVOCATION_REASONS),
    /** Milliseconds since 1970 from which on it counts as bad; null: it always was. */
    since: v.nullable(Time),
    /** As the index of facts writes it. */
    value: VALUES[field],
  });

export const Revocation = v.variant('field', [
  of('chip'),
  of('tcb'),
  of('measurement'),
  of('signer'),
  of('model'),
]);
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
  const result = v.safeParse(Revocation, { field, reason, since, value });
  return result.success ? result.output : null;
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
