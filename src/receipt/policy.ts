/** The policy entry: what the gateway asks of an exchange and does when a check fails, logged before the first receipt that names it. */
import * as v from 'valibot';
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize } from '../bytes/json.js';
import { Hash, KeyLabel, PublicName } from './shapes.js';
import { statementType, writeStatement } from './statement.js';

const Subject = v.strictTuple([
  v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('policy') }),
]);

const PolicyDocument = v.strictObject({
  name: PublicName,
  /** What happens when a check of the gateway's own fails: `flag` lets the answer pass and says so in the receipt. */
  onFailure: v.literal('flag'),
  /** The grade that each fact must reach before an answer is passed on. */
  requires: v.strictObject({
    answer: v.literal('not-recomputed'),
    model: v.literal('asserted'),
    place: v.literal('asserted'),
    record: v.literal('signed'),
  }),
  /** Whom the gateway may ask. */
  upstreams: v.array(PublicName),
});
export type PolicyDocument = v.InferOutput<typeof PolicyDocument>;

const Predicate = v.strictObject({ issuer: KeyLabel, policy: PolicyDocument });

export const POLICY = statementType({
  predicateType: 'urn:countersign:policy:v1',
  subject: Subject,
  predicate: Predicate,
  malformed: 'entry/malformed',
});

/** SHA-256 of the policy's canonical JSON, hexadecimal: how receipts name it. */
export function policyDigest(policy: PolicyDocument): string {
  return toHex(sha256(canonicalize(policy)));
}

export function policyStatement(policy: PolicyDocument, issuer: string): Uint8Array {
  return writeStatement(POLICY, {
    subject: [{ digest: { sha256: policyDigest(policy) }, name: 'policy' }],
    predicate: { issuer, policy },
  });
}

/** The policy of a gateway that was given none: it asks for nothing beyond what it always does, and says so. */
export function defaultPolicy(upstreams: readonly string[]): PolicyDocument {
  return {
    name: 'default',
    onFailure: 'flag',
    requires: { answer: 'not-recomputed', model: 'asserted', place: 'asserted', record: 'signed' },
    upstreams: [...upstreams],
  };
}
