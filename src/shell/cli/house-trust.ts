/** The trust file that an operator's house writes: what its keys are, and what became of earlier ones. */
import type { Trust, TrustFile } from '../../appraise/trust.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import type { KeyHistory, Tenure } from '../../receipt/key-history.js';
import { formerWitnesses } from './former-witnesses.js';
import type { HouseKeys } from './house-keys.js';
import type { HousePolicy } from './house-policy.js';

/** What the house has said and done before it writes a trust file. */
export interface Before {
  /** The trust file that it wrote last; null for the first, or where that cannot be read. */
  readonly previous: Trust | null;
  /** How many entries its log has. */
  readonly size: number;
  /** What it has revoked. */
  readonly revocations: NonNullable<TrustFile['revocations']>;
}

/**
 * Whom the operator's own receipts ask to be believed. `operator`: the name under which all these keys count as one controller.
 * `history`: what has become of earlier keys. `policy`, `controllers` and `statements`: who has to cosign, who the others are, and what
 * their keys say.
 */
export function trustFile(
  { log, logCosigner, issuer, witnesses }: HouseKeys,
  operator: string,
  history: KeyHistory,
  { text, policy, controllers, statements }: HousePolicy,
  { previous, size, revocations }: Before,
): TrustFile {
  const own = [log.key, logCosigner.key, issuer.key, ...witnesses.map(({ key }) => key)];
  const former = formerWitnesses(previous, policy, history, size);
  const validators = history.inForce('validator').map(formatVerifierKey);
  const retired = [...history.tenures.flatMap(retiredKey), ...former];
  return {
    log: formatVerifierKey(log.key),
    logCosigner: formatVerifierKey(logCosigner.key),
    issuers: history.inForce('issuer').map(formatVerifierKey),
    policy: text,
    controllers: [{ name: operator, keys: own.map(keyLabel) }, ...controllers],
    ...(retired.length > 0 && { retired }),
    ...(statements.length > 0 && { statements }),
    ...(validators.length > 0 && { validators }),
    ...(revocations.length > 0 && { revocations }),
  };
}

function retiredKey({
  role,
  key,
  until,
  announced,
  why,
  successor,
}: Tenure): NonNullable<TrustFile['retired']> {
  if (role === 'recovery' || until === null || announced === null || why === null) return [];
  return [
    {
      key: formatVerifierKey(key),
      role,
      why,
      until,
      ...(announced !== until && { announced }),
      ...(successor !== null && { successor: keyLabel(successor) }),
    },
  ];
}
