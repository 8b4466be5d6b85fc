/**
 * The entry with which a validator logs the appraisal policy that it will judge by, before the first verdict under it: whoever chooses a policy once the
 * result is known judges nothing. The whole policy stands in it, so that anybody can judge again.
 *
 * What a policy may hold is for those who judge by it to say, and more may come; what may enter the log is said here: names that somebody has published,
 * keys, digests and words, and no other text.
 */
import * as v from 'valibot';
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize, type Json } from '../bytes/json.js';
import { Hash, KeyLabel, PublicName } from './shapes.js';
import { statementType, writeStatement } from './statement.js';

const MEMBER = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/;
/** A key, a measurement or a time in its encoding: nothing that has a blank. */
const ENCODED = /^[A-Za-z0-9+/=._:@-]{0,4096}$/;
const MAX_DEPTH = 8;

/** Whether everything in a policy may stand in a public log for ever. */
export function isLoggable(value: unknown, depth = 0): value is Json {
  if (depth > MAX_DEPTH) return false;
  if (typeof value === 'string') return ENCODED.test(value) || v.is(PublicName, value);
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0;
  if (value === null || typeof value === 'boolean') return true;
  if (Array.isArray(value)) return value.every(item => isLoggable(item, depth + 1));
  return (
    typeof value === 'object' &&
    Object.entries(value).every(([name, item]) => MEMBER.test(name) && isLoggable(item, depth + 1))
  );
}

const LoggablePolicy = v.custom<{ readonly [name: string]: Json }>(
  value => typeof value === 'object' && value !== null && !Array.isArray(value) && isLoggable(value),
);
export type LoggablePolicy = v.InferOutput<typeof LoggablePolicy>;

export const APPRAISAL_POLICY = statementType({
  predicateType: 'urn:countersign:appraisal-policy:v1',
  subject: v.strictTuple([
    v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('appraisal-policy') }),
  ]),
  /** No time of its own: the same policy is logged once, however often its author starts. */
  predicate: v.strictObject({ issuer: KeyLabel, policy: LoggablePolicy }),
  malformed: 'entry/malformed',
});

/** SHA-256 of the policy's canonical JSON, hexadecimal: how verdicts name it. */
export function loggedAppraisalPolicyDigest(policy: Json): string {
  return toHex(sha256(canonicalize(policy)));
}

/** `issuer`: the label of the validator's key. */
export function appraisalPolicyStatement(policy: LoggablePolicy, issuer: string): Uint8Array {
  return writeStatement(APPRAISAL_POLICY, {
    subject: [{ digest: { sha256: loggedAppraisalPolicyDigest(policy) }, name: 'appraisal-policy' }],
    predicate: { issuer, policy },
  });
}
