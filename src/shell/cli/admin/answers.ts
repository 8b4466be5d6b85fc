/** What the admin API is asked and answers: also the source of its part of `spec/openapi.json`. */
import * as v from 'valibot';
import { parseLimit } from '../../../economy/limit.js';
import { HolderName, ModelPattern } from '../../../economy/virtual-key.js';
import { REVOCATION_FIELDS, REVOCATION_REASONS } from '../../../receipt/revocation-words.js';
import { Count, Time } from '../../../receipt/shapes.js';
import { Erased } from '../erasures.js';

const Checks = v.strictObject({
  log: v.boolean(),
  witnessed: v.boolean(),
  journal: v.boolean(),
  upstream: v.boolean(),
  open: v.boolean(),
});

const Configuration = v.picklist(['current', 'refused']);

/** What `/readyz` says. */
export const ReadinessSchema = v.strictObject({
  status: v.picklist(['ready', 'not-ready']),
  checks: Checks,
  configuration: Configuration,
});

/** How the last reading of something that can be read again went. */
export const ReloadedSchema = v.strictObject({
  /** What was read: the configuration, the virtual keys, the policy. */
  name: v.string(),
  outcome: v.picklist(['applied', 'unchanged', 'refused']),
  /** Why it was refused, and the one before stays in force; null where it was not. */
  problem: v.nullable(v.string()),
  /** Settings that changed and that only a restart can put in force. */
  waiting: v.array(v.string()),
  at: Time,
});
export type ReloadedAnswer = v.InferOutput<typeof ReloadedSchema>;

export const ReloadsSchema = v.strictObject({ reloaded: v.array(ReloadedSchema) });

export const StatusSchema = v.strictObject({
  version: v.string(),
  started: Time,
  address: v.string(),
  /** The log's origin. */
  log: v.string(),
  ready: v.boolean(),
  draining: v.boolean(),
  checks: Checks,
  exchanges: v.strictObject({ running: Count, streams: Count }),
  entries: v.strictObject({ included: Count, witnessed: Count }),
  upstreams: Count,
  configuration: Configuration,
  reloaded: v.array(ReloadedSchema),
  /** Who is told of revocations, and what each has yet to take. */
  webhooks: v.array(
    v.strictObject({
      name: v.string(),
      undelivered: Count,
      /** Attempts that have failed since the last that did not. */
      failures: Count,
      /** The code of why the last one failed. */
      problem: v.nullable(v.string()),
    }),
  ),
});
export type StatusAnswer = v.InferOutput<typeof StatusSchema>;

export const UpstreamsSchema = v.strictObject({
  upstreams: v.array(
    v.strictObject({
      name: v.string(),
      origin: v.string(),
      /** Whether requests are sent there; not while it has failed too often. */
      available: v.boolean(),
      /** Whether it has asked to be left alone for a moment. */
      resting: v.boolean(),
      running: Count,
    }),
  ),
});
export type UpstreamsAnswer = v.InferOutput<typeof UpstreamsSchema>;

export const DrainSchema = v.strictObject({ draining: v.boolean() });

const ShownKey = {
  id: v.string(),
  name: v.string(),
  team: v.nullable(v.string()),
  models: v.array(v.string()),
  limits: v.array(v.string()),
  created: Time,
  expires: v.nullable(Time),
  revoked: v.nullable(Time),
  /** Until when the secret before the present one is taken. */
  formerUntil: v.nullable(Time),
};
export const KeySchema = v.strictObject(ShownKey);
/** The one time that a key is seen. */
export const NewKeySchema = v.strictObject({ ...ShownKey, key: v.string() });

const Shared = v.array(v.strictObject({ name: v.string(), limits: v.array(v.string()) }));
export const KeysSchema = v.strictObject({ keys: v.array(KeySchema), teams: Shared, models: Shared });

const LIMIT = 'a limit is requests, tokens or money a period, such as money=50/month';
const LimitText = v.pipe(
  v.string(),
  v.maxLength(128),
  v.check(text => parseLimit(text) !== null, LIMIT),
);

/** What a new key is to be. */
export const KeyWishSchema = v.strictObject({
  name: HolderName,
  team: v.optional(v.nullable(HolderName), null),
  models: v.optional(v.pipe(v.array(ModelPattern), v.maxLength(100)), []),
  limits: v.optional(v.pipe(v.array(LimitText), v.maxLength(12)), []),
  expires: v.optional(v.nullable(Time), null),
});

const YEAR = 31_536_000;
/** For how long both secrets of a key are taken, in seconds. */
export const RotationSchema = v.strictObject({
  overlap: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(YEAR)), 86_400),
});

/** What is to be revoked. */
export const RevocationWishSchema = v.strictObject({
  field: v.picklist(REVOCATION_FIELDS),
  value: v.pipe(v.string(), v.maxLength(256)),
  reason: v.picklist(REVOCATION_REASONS),
  /** From which time on it was bad, in milliseconds; null: always. */
  since: v.optional(v.nullable(Time), null),
});
export const RevokedSchema = v.strictObject({
  field: v.picklist(REVOCATION_FIELDS),
  value: v.string(),
  reason: v.picklist(REVOCATION_REASONS),
  since: v.nullable(Time),
  decided: Time,
  sequence: Count,
  /** The log entry that says so. */
  entry: Count,
  /** Whether it became witnessed while the question waited. */
  witnessed: v.boolean(),
});
export type RevokedAnswer = v.InferOutput<typeof RevokedSchema>;

/** By the names that they have in `spec/openapi.json`. */
export const ADMIN_SCHEMAS = {
  Drain: DrainSchema,
  Erased,
  Key: KeySchema,
  KeyWish: KeyWishSchema,
  Keys: KeysSchema,
  NewKey: NewKeySchema,
  Readiness: ReadinessSchema,
  Reloads: ReloadsSchema,
  RevocationWish: RevocationWishSchema,
  Revoked: RevokedSchema,
  Rotation: RotationSchema,
  Status: StatusSchema,
  Upstreams: UpstreamsSchema,
} as const;
