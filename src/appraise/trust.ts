/** What a relying party trusts: one log, the issuers whose receipts count, the witnesses and their quorum, and who controls which key. */
import * as v from 'valibot';
import { topLevelNames } from '../bytes/json.js';
import { equal, fromUtf8 } from '../bytes/octets.js';
import {
  formatVerifierKey,
  isCosignerType,
  KEY_TYPE,
  keyLabel,
  parseVerifierKey,
  sameKey,
  type VerifierKey,
} from '../note/key.js';
import { parsePolicy, type WitnessPolicy } from '../note/policy.js';
import { Failure } from '../reason-core.js';
import type { Revocation } from '../receipt/revocation.js';
import {
  MAX_REVOCATIONS,
  REVOCABLE,
  REVOCATION_FIELDS,
  REVOCATION_REASONS,
} from '../receipt/revocation-words.js';
import { Count, Time } from '../receipt/shapes.js';

const MAX_TRUST_BYTES = 1 << 20;
/** More than the schema has. */
const MAX_MEMBERS = 16;

const Name = v.pipe(v.string(), v.minLength(1), v.maxLength(128));

/** What a witness's key says beyond the base statement, as its operator has published it (C2SP tlog-cosignature, "Additional statements"). */
export const STATEMENTS = ['entries-checked', 'mirrored'] as const;

export const TrustSchema = v.strictObject({
  /** The log's verifier key; its name is the log's origin. */
  log: v.string(),
  /** The key, of type 06 and the same name, with which the log states when it signed. */
  logCosigner: v.optional(v.string()),
  /** The verifier keys whose receipts count; there may be none when some are retired. */
  issuers: v.pipe(v.array(v.string()), v.maxLength(1000)),
  /** A C2SP tlog-policy: the witnesses and the quorum. A `log` line in it must be the log above. */
  policy: v.string(),
  /** Who can make which keys act. Keys that stand here under nobody count as one unknown controller. */
  controllers: v.optional(
    v.array(
      v.strictObject({
        name: Name,
        keys: v.array(v.string()),
        /** Where the keys can be used: who could be made to act there acts in the controller's place. */
        cloud: v.optional(Name),
        jurisdiction: v.optional(Name),
        hardware: v.optional(Name),
      }),
    ),
    [],
  ),
  /** Keys that no longer sign: what they signed counts below that index (for a checkpoint: up to that size). */
  retired: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          key: v.string(),
          role: v.picklist(['log', 'issuer', 'validator', 'witness']),
          why: v.picklist(['rotated', 'revoked']),
          until: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
          /** The index from which on everybody could know; that of a theft which was noticed later lies before it. */
          announced: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
          /** The key that took its place, as `<name>+<key id>`. */
          successor: v.optional(v.string()),
        }),
      ),
      v.maxLength(1000),
    ),
    [],
  ),
  /** What witnesses' keys say beyond having seen a consistent tree. */
  statements: v.optional(
    v.pipe(v.array(v.strictObject({ key: v.string(), says: v.picklist(STATEMENTS) })), v.maxLength(1000)),
    [],
  ),
  /** What has been taken back: by this log, as its operator's house writes it, or by anybody else whose word on it the owner of this file takes. */
  revocations: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          field: v.picklist(REVOCATION_FIELDS),
          value: v.string(),
          reason: v.picklist(REVOCATION_REASONS),
          /** Milliseconds since 1970 from which on it was bad; left out where it always was. */
          since: v.optional(Time),
          /** Milliseconds since 1970: from then on it is known, and counts. */
          decided: Time,
          /** The entry of this log that says so; left out where it is the word of somebody else. */
          entry: v.optional(Count),
        }),
      ),
      v.maxLength(MAX_REVOCATIONS),
    ),
    [],
  ),
  /** The verifier keys whose verdicts count. */
  validators: v.optional(v.pipe(v.array(v.string()), v.maxLength(1000)), []),
});
export type TrustFile = v.InferInput<typeof TrustSchema>;
type ListedRevocation = v.InferOutput<typeof TrustSchema>['revocations'][number];

export interface Controller {
  readonly name: string;
  /** Keys as {@link keyLabel} writes them. */
  readonly keys: readonly string[];
  readonly cloud?: string | undefined;
  readonly jurisdiction?: string | undefined;
  readonly hardware?: string | undefined;
}

export interface RetiredKey {
  readonly key: VerifierKey;
  readonly role: 'log' | 'issuer' | 'validator' | 'witness';
  readonly why: 'rotated' | 'revoked';
  /** What it signed counts for entries below this index, and for checkpoints up to this size. */
  readonly until: number;
  /** From this index on everybody could know that it had ended; where it is not given, from `until` on. */
  readonly announced?: number | undefined;
  /** The key in its place, as {@link keyLabel} writes it; null when there is none. */
  readonly successor: string | null;
}

export interface Trust {
  readonly log: VerifierKey;
  /** With which the log states when it signed; null for a log that does not. */
  readonly logCosigner: VerifierKey | null;
  readonly issuers: readonly VerifierKey[];
  readonly policy: WitnessPolicy;
  readonly controllers: readonly Controller[];
  readonly retired: readonly RetiredKey[];
  readonly statements: readonly { readonly key: string; readonly says: (typeof STATEMENTS)[number] }[];
  readonly validators: readonly VerifierKey[];
  readonly revocations: readonly KnownRevocation[];
}

/** A revocation that a relying party takes for one, whoever has told it. */
export interface KnownRevocation {
  readonly revocation: Revocation;
  /** Milliseconds since 1970: from then on it is known, and counts. */
  readonly decided: number;
  /** The log's entry that says so; null where it is the word of somebody else. */
  readonly entry: number | null;
}

/** Reads a trust file. Throws `trust/malformed` naming the member, or the `policy/…` code of the policy's line. */
export function parseTrust(bytes: Uint8Array): Trust {
  if (bytes.length > MAX_TRUST_BYTES) throw new Failure('trust/malformed', { detail: 'over 1 MiB' });
  const text = fromUtf8(bytes);
  if (text === null) throw new Failure('trust/malformed', { detail: 'not UTF-8' });
  const result = v.safeParse(TrustSchema, parseJson(text), { abortEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    throw new Failure('trust/malformed', {
      field: v.getDotPath(issue) ?? 'file',
      detail: whatIsWrong(issue),
    });
  }
  // Of two policies a person might read the one and a parser the other.
  const names = topLevelNames(text, MAX_MEMBERS);
  if (names === null || new Set(names).size < names.length)
    throw new Failure('trust/malformed', { detail: 'one member twice' });
  const { log, logCosigner, issuers, policy, controllers, retired, statements, ...rest } = result.output;
  const { validators, revocations } = rest;
  const logKey = signingKey(log, 'log');
  const trust: Trust = {
    log: logKey,
    logCosigner: logCosigner === undefined ? null : logCosignerKey(logCosigner, logKey),
    issuers: issuers.map((issuer, index) => signingKey(issuer, `issuers.${index}`)),
    policy: parsePolicy(policy),
    controllers,
    retired: retired.map(({ key, successor, ...rest }, index) => ({
      ...rest,
      key: retiredKey(key, rest.role, logKey, `retired.${index}.key`),
      successor: successor ?? null,
    })),
    statements,
    revocations: revocations.map(knownRevocation),
    validators: validators.map((validator, index) => signingKey(validator, `validators.${index}`)),
  };
  const logKeys = trust.logCosigner === null ? [trust.log] : [trust.log, trust.logCosigner];
  if (trust.policy.logs.some(({ key }) => !logKeys.some(known => sameKey(known, key)))) {
    throw new Failure('trust/malformed', {
      field: 'policy',
      detail: 'a log line that is not the log of this file',
    });
  }
  if (trust.issuers.length === 0 && !trust.retired.some(({ role }) => role === 'issuer'))
    throw new Failure('trust/malformed', { field: 'issuers', detail: 'nobody whose receipts count' });
  const seen = [...logKeys, ...trust.issuers];
  const others = [
    ...[...trust.policy.witnesses.values()].map(({ key }) => ({ key, field: 'policy' })),
    ...trust.validators.map((key, index) => ({ key, field: `validators.${index}` })),
    ...trust.retired.map(({ key }, index) => ({ key, field: `retired.${index}.key` })),
  ];
  for (const { key, field } of others) {
    if (seen.some(other => equal(other.publicKey, key.publicKey) || keyLabel(other) === keyLabel(key)))
      throw new Failure('trust/malformed', { field, detail: 'one key twice' });
    seen.push(key);
  }
  const controlled = controllers.flatMap(({ keys }) => keys);
  if (new Set(controlled).size < controlled.length) {
    throw new Failure('trust/malformed', { field: 'controllers', detail: 'one key under two controllers' });
  }
  if (new Set(issuers.map(issuer => keyLabel(parseVerifierKey(issuer)))).size < issuers.length) {
    throw new Failure('trust/malformed', { field: 'issuers', detail: 'one key twice' });
  }
  return trust;
}

/** Who controls a key, or null where the trust file does not say. */
export function controllerOf(trust: Trust, key: VerifierKey): string | null {
  const label = keyLabel(key);
  return trust.controllers.find(({ keys }) => keys.includes(label))?.name ?? null;
}

function whatIsWrong({ expected, received }: v.BaseIssue<unknown>): string {
  if (received === 'undefined') return 'nothing, where there has to be something';
  return expected === 'never' ? 'a member that does not belong there' : 'a value that cannot stand there';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure('trust/malformed', { detail: 'not JSON' });
  }
}

function anyKey(text: string, field: string): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch {
    // The field says more than the key's own code would.
    throw new Failure('trust/malformed', { field, detail: 'not a verifier key' });
  }
}

function signingKey(text: string, field: string): VerifierKey {
  const key = anyKey(text, field);
  if (key.type !== KEY_TYPE.ed25519)
    throw new Failure('trust/malformed', { field, detail: 'a key of another kind than Ed25519' });
  return key;
}

function retiredKey(text: string, role: RetiredKey['role'], log: VerifierKey, field: string): VerifierKey {
  const key = anyKey(text, field);
  const fits = {
    log: key.name === log.name && key.type !== KEY_TYPE.cosignature,
    issuer: key.type === KEY_TYPE.ed25519,
    validator: key.type === KEY_TYPE.ed25519,
    witness: isCosignerType(key.type),
  }[role];
  if (!fits) throw new Failure('trust/malformed', { field, detail: 'no key of that role' });
  return key;
}

function knownRevocation(listed: ListedRevocation, index: number): KnownRevocation {
  const { field, value, reason, since, decided, entry } = listed;
  const malformed = (member: string, detail: string) =>
    new Failure('trust/malformed', { field: `revocations.${index}.${member}`, detail });
  if (!REVOCABLE[field].test(value)) throw malformed('value', `no ${field}`);
  if ((since ?? 0) > decided) throw malformed('since', 'after it was decided');
  const revocation: Revocation = { field, value, reason, since: since ?? null };
  return { revocation, decided, entry: entry ?? null };
}

function logCosignerKey(text: string, log: VerifierKey): VerifierKey {
  const key = anyKey(text, 'logCosigner');
  if (key.type === KEY_TYPE.mlDsaCosignature && key.name === log.name) return key;
  throw new Failure('trust/malformed', {
    field: 'logCosigner',
    detail: 'not an ML-DSA-44 key under the name of the log',
  });
}

/** The trust file of a log, its issuers and its witnesses, for people to read and programs to parse. */
export function formatTrust(file: TrustFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** The policy text in which `threshold` of these witnesses make the quorum. */
export function policyText(
  log: VerifierKey,
  witnesses: readonly VerifierKey[],
  threshold: number | 'all',
): string {
  const names = witnesses.map((_, index) => `witness-${index + 1}`);
  const lines = witnesses.map((key, index) => `witness ${names[index]} ${formatVerifierKey(key)}`);
  return [
    `log ${formatVerifierKey(log)}`,
    ...lines,
    `group witnesses ${threshold} ${names.join(' ')}`,
    'quorum witnesses',
    '',
  ].join('\n');
}
