/**
 * The policy entry of a gateway that was given a policy: what its author has written, as the public log may have it. Names of keys, of teams and of
 * people are commitments, each with an opening of its own, so that an operator can show one of them and no other.
 */
import * as v from 'valibot';
import { hmacSha256, sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize, type Json } from '../bytes/json.js';
import { concat, utf8 } from '../bytes/octets.js';
import { commit } from './opening.js';
import {
  CHECK_NAMES,
  CONSEQUENCES,
  GRADES,
  REDACTION_KINDS,
  SHARED_BY,
  STAGES,
  STATED_ROLES,
} from './policy-words.js';
import { Count, Hash, KeyLabel, PublicName, Word } from './shapes.js';
import { statementType, writeStatement } from './statement.js';

/** A key, a team, a person or a list of names. */
const Committed = v.strictObject({ commitment: Hash });
const Pattern = v.pipe(v.string(), v.regex(/^[A-Za-z0-9*][A-Za-z0-9._:/@*-]{0,127}$/));
const nullable = <Schema extends v.GenericSchema>(schema: Schema) => v.nullable(v.array(schema));

const LoggedRule = v.strictObject({
  buffer: v.boolean(),
  checks: v.array(
    v.strictObject({
      check: v.picklist(CHECK_NAMES),
      digests: v.exactOptional(v.array(Hash)),
      onFailure: v.picklist(CONSEQUENCES),
      stage: v.picklist(STAGES),
    }),
  ),
  diversity: v.array(
    v.strictObject({
      atMost: Count,
      of: v.picklist(SHARED_BY),
      ofLast: Count,
      onFailure: v.picklist(['block', 'reroute']),
    }),
  ),
  /** Null stands for all. */
  for: v.strictObject({
    keys: nullable(Committed),
    models: nullable(Pattern),
    teams: nullable(Committed),
  }),
  name: Word,
  redact: v.nullable(
    v.strictObject({
      kinds: v.array(v.picklist(REDACTION_KINDS)),
      names: v.nullable(Committed),
      restore: v.boolean(),
    }),
  ),
  requires: v.nullable(
    v.strictObject({
      answer: v.exactOptional(v.picklist(GRADES.answer)),
      model: v.exactOptional(v.picklist(GRADES.model)),
      onFailure: v.picklist(CONSEQUENCES),
      place: v.exactOptional(v.picklist(GRADES.place)),
      record: v.exactOptional(v.picklist(GRADES.record)),
    }),
  ),
  responsibility: v.array(v.strictObject({ party: PublicName, role: v.picklist(STATED_ROLES) })),
  /** Whom the rule lets be asked, by their names in receipts. */
  upstreams: v.array(PublicName),
});
export type LoggedRule = v.InferOutput<typeof LoggedRule>;

const LoggedPolicy = v.strictObject({
  name: PublicName,
  rules: v.array(LoggedRule),
  upstreams: v.array(
    v.strictObject({
      cloud: v.nullable(PublicName),
      controller: v.nullable(PublicName),
      name: PublicName,
      /** SHA-256 of the trust file by which its receipts are judged. */
      trust: v.nullable(Hash),
    }),
  ),
});
export type LoggedPolicy = v.InferOutput<typeof LoggedPolicy>;

export const POLICY_V2 = statementType({
  predicateType: 'urn:countersign:policy:v2',
  subject: v.strictTuple([
    v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('policy') }),
  ]),
  predicate: v.strictObject({ issuer: KeyLabel, policy: LoggedPolicy }),
  malformed: 'entry/malformed',
});

/** The most bytes that a policy's canonical JSON may have: an entry of a log has 65,535, its payload in base64 among them. */
export const MAX_LOGGED_BYTES = 45_000;

/** SHA-256 of the policy's canonical JSON, hexadecimal: how receipts name it. */
export function loggedPolicyDigest(policy: LoggedPolicy): string {
  return toHex(sha256(canonicalize(policy as Json)));
}

export function loggedPolicyStatement(policy: LoggedPolicy, issuer: string): Uint8Array {
  return writeStatement(POLICY_V2, {
    subject: [{ digest: { sha256: loggedPolicyDigest(policy) }, name: 'policy' }],
    predicate: { issuer, policy },
  });
}

/** What kind of name is committed to. */
export type CommittedKind = 'key' | 'team' | 'person' | 'names';

/**
 * Commits to the names in one policy. `secret`: 32 bytes that only the operator has. Another policy, by one letter even, has other commitments, so that nobody can be
 * followed from one to the next; the same has the same, so that a gateway that starts again logs nothing new.
 */
export class PolicyNames {
  readonly #key: Uint8Array;

  /** `source`: the bytes of the policy's file. */
  constructor(secret: Uint8Array, source: Uint8Array) {
    this.#key = hmacSha256(secret, concat(utf8('countersign/policy\n'), sha256(source)));
  }

  /** 32 bytes: whoever gets it, and the name, can check that the policy is about it. */
  opening(kind: CommittedKind, name: string): Uint8Array {
    return hmacSha256(this.#key, utf8(`${kind}\n${name}`));
  }

  /** Hexadecimal. */
  commitment(kind: CommittedKind, name: string): string {
    return toHex(commit(this.opening(kind, name), `policy/${kind}`, utf8(name)));
  }
}
