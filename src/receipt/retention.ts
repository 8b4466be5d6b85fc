/**
 * What a log's operator says of reading: the retention policy, and each act under it. They are entries, so that whoever limits what can
 * be read answers for it. Neither changes the tree: what is pruned or denied is still there and still proven. Source: C2SP tlog-tiles,
 * "Pruning" and "Retention Policies".
 */
import * as v from 'valibot';
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize } from '../bytes/json.js';
import { CLOSING } from './closing.js';
import type { Envelope } from './envelope.js';
import { EPOCH } from './epoch.js';
import { ERASURE } from './erasure.js';
import { RECEIPT } from './receipt.js';
import { REFUND } from './refund.js';
import { REVOCATION } from './revocation.js';
import { Count, Hash, KeyLabel, Time } from './shapes.js';
import { predicateTypeOf, readStatement, statementType, writeStatement } from './statement.js';
import { VERDICT } from './verdict.js';
import { VERDICT_BATCH } from './verdict-batch.js';

/** The shortest time for which a log may promise to show its entries, in days: monitors must be able to keep ahead, and disputes to be decided. */
export const LEAST_RETENTION_DAYS = 30;

export const RetentionPolicy = v.strictObject({
  /** How old every entry is, by the time that it states, before it may be pruned. */
  minimumDays: v.pipe(Count, v.minValue(LEAST_RETENTION_DAYS), v.maxValue(36_500)),
  /** What may be pruned: everything below an index, hashes that no later proof needs included. */
  prunes: v.literal('oldest-entries'),
});
export type RetentionPolicy = v.InferOutput<typeof RetentionPolicy>;

/** Why an entry is denied to readers. Never more than this word: a description could hold what must not be shown. */
export const DENIAL_REASONS = [
  'court-order',
  'personal-data',
  'unlawful-content',
  'intellectual-property',
  'secret',
] as const;
export type DenialReason = (typeof DENIAL_REASONS)[number];

/** An act that changes what may be read. */
export const Access = v.variant('act', [
  /** Entries below `minimum` are no longer served. */
  v.strictObject({ act: v.literal('prune'), minimum: Count }),
  v.strictObject({ act: v.literal('deny'), index: Count, reason: v.picklist(DENIAL_REASONS) }),
  /** The denial of an entry ends. */
  v.strictObject({ act: v.literal('undeny'), index: Count }),
]);
export type Access = v.InferOutput<typeof Access>;

export const RETENTION = statementType({
  predicateType: 'urn:countersign:retention:v1',
  subject: v.strictTuple([
    v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('retention') }),
  ]),
  predicate: v.strictObject({ decided: Time, issuer: KeyLabel, retention: RetentionPolicy }),
  malformed: 'entry/malformed',
});

export const ACCESS = statementType({
  predicateType: 'urn:countersign:access:v1',
  subject: v.strictTuple([
    v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('access') }),
  ]),
  predicate: v.strictObject({ access: Access, decided: Time, issuer: KeyLabel }),
  malformed: 'entry/malformed',
});

/** SHA-256 of the canonical JSON of a policy or an act, hexadecimal: the statement's subject. */
export function retentionDigest(value: RetentionPolicy | Access): string {
  return toHex(sha256(canonicalize(value)));
}

/** `issuer`: the label of the key that signs; `decided` in milliseconds. */
export function retentionStatement(retention: RetentionPolicy, issuer: string, decided: number): Uint8Array {
  return writeStatement(RETENTION, {
    subject: [{ digest: { sha256: retentionDigest(retention) }, name: 'retention' }],
    predicate: { decided, issuer, retention },
  });
}

/** `issuer`: the label of the key that signs; `decided` in milliseconds. */
export function accessStatement(access: Access, issuer: string, decided: number): Uint8Array {
  return writeStatement(ACCESS, {
    subject: [{ digest: { sha256: retentionDigest(access) }, name: 'access' }],
    predicate: { access, decided, issuer },
  });
}

/**
 * The time from which an entry's retention counts, in milliseconds: when its exchange was completed, when its epoch began or was
 * closed, or when it was decided; null for an entry that states none. Throws the code of a statement that is malformed.
 */
export function statedTime(envelope: Envelope): number | null {
  switch (predicateTypeOf(envelope)) {
    case RECEIPT.predicateType:
      return readStatement(RECEIPT, envelope).predicate.time.completed;
    case EPOCH.predicateType:
      return readStatement(EPOCH, envelope).predicate.started;
    case RETENTION.predicateType:
      return readStatement(RETENTION, envelope).predicate.decided;
    case ACCESS.predicateType:
      return readStatement(ACCESS, envelope).predicate.decided;
    case ERASURE.predicateType:
      return readStatement(ERASURE, envelope).predicate.decided;
    case CLOSING.predicateType:
      return readStatement(CLOSING, envelope).predicate.made;
    case VERDICT.predicateType:
      return readStatement(VERDICT, envelope).predicate.made;
    case VERDICT_BATCH.predicateType:
      return readStatement(VERDICT_BATCH, envelope).predicate.made;
    case REFUND.predicateType:
      return readStatement(REFUND, envelope).predicate.decided;
    case REVOCATION.predicateType:
      return readStatement(REVOCATION, envelope).predicate.decided;
    default:
      return null;
  }
}
