/** What a relying party trusts: one log, the issuers whose receipts count, the witnesses and their quorum, and who controls which key. */
import * as v from 'valibot';
import { equal, fromUtf8 } from '../bytes/octets.js';
import {
  formatVerifierKey,
  KEY_TYPE,
  keyLabel,
  parseVerifierKey,
  sameKey,
  type VerifierKey,
} from '../note/key.js';
import { parsePolicy, type WitnessPolicy } from '../note/policy.js';
import { Failure } from '../reason.js';

const MAX_TRUST_BYTES = 1 << 20;

export const TrustSchema = v.strictObject({
  /** The log's verifier key; its name is the log's origin. */
  log: v.string(),
  /** The verifier keys whose receipts count. */
  issuers: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(1000)),
  /** A C2SP tlog-policy: the witnesses and the quorum. A `log` line in it must be the log above. */
  policy: v.string(),
  /** Who can make which keys act. Keys that stand here under nobody count as one unknown controller. */
  controllers: v.optional(
    v.array(
      v.strictObject({
        name: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
        keys: v.array(v.string()),
      }),
    ),
    [],
  ),
});
export type TrustFile = v.InferInput<typeof TrustSchema>;

export interface Controller {
  readonly name: string;
  /** Keys as {@link keyLabel} writes them. */
  readonly keys: readonly string[];
}

export interface Trust {
  readonly log: VerifierKey;
  readonly issuers: readonly VerifierKey[];
  readonly policy: WitnessPolicy;
  readonly controllers: readonly Controller[];
}

/** Reads a trust file. Throws `trust/malformed` naming the member, or the `policy/…` code of the policy's line. */
export function parseTrust(bytes: Uint8Array): Trust {
  if (bytes.length > MAX_TRUST_BYTES) throw new Failure('trust/malformed', { detail: 'over 1 MiB' });
  const result = v.safeParse(TrustSchema, parseJson(bytes), { abortEarly: true });
  if (!result.success)
    throw new Failure('trust/malformed', { field: v.getDotPath(result.issues[0]) ?? 'file' });
  const { log, issuers, policy, controllers } = result.output;
  const trust: Trust = {
    log: signingKey(log, 'log'),
    issuers: issuers.map((issuer, index) => signingKey(issuer, `issuers.${index}`)),
    policy: parsePolicy(policy),
    controllers,
  };
  if (trust.policy.logs.some(({ key }) => !sameKey(key, trust.log))) {
    throw new Failure('trust/malformed', {
      field: 'policy',
      detail: 'a log line that is not the log of this file',
    });
  }
  const own = [trust.log, ...trust.issuers];
  if (
    [...trust.policy.witnesses.values()].some(({ key }) =>
      own.some(({ publicKey }) => equal(publicKey, key.publicKey)),
    )
  ) {
    throw new Failure('trust/malformed', {
      field: 'policy',
      detail: 'a witness with the key of the log or of an issuer',
    });
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

function parseJson(bytes: Uint8Array): unknown {
  const text = fromUtf8(bytes);
  if (text === null) throw new Failure('trust/malformed', { detail: 'not UTF-8' });
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure('trust/malformed', { detail: 'not JSON' });
  }
}

function signingKey(text: string, field: string): VerifierKey {
  try {
    const key = parseVerifierKey(text);
    if (key.type === KEY_TYPE.ed25519) return key;
  } catch {
    // Falls through: the field says more than the key's own code would.
  }
  throw new Failure('trust/malformed', { field });
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
