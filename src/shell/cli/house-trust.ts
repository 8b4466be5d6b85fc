/** The trust file that an operator's house writes: what its keys are, and what became of earlier ones. */
import type { TrustFile } from '../../appraise/trust.js';
import { formatVerifierKey, keyLabel } from '../../note/key.js';
import type { KeyHistory, Tenure } from '../../receipt/key-history.js';
import type { HouseKeys } from './house-keys.js';
import { type HousePolicy, withSuccessors } from './house-policy.js';

/**
 * Whom the operator's own receipts ask to be believed. `operator`: the name under which all these keys count as one controller.
 * `history`: what has become of earlier keys. `policy` and `controllers`: who has to cosign, and who the others are.
 */
export function trustFile(
  { log, logCosigner, issuer, witnesses }: HouseKeys,
  operator: string,
  history: KeyHistory,
  { text, controllers }: Pick<HousePolicy, 'text' | 'controllers'>,
): TrustFile {
  const own = [log.key, logCosigner.key, issuer.key, ...witnesses.map(({ key }) => key)];
  const retired = history.tenures.flatMap(retiredKey);
  return {
    log: formatVerifierKey(log.key),
    logCosigner: formatVerifierKey(logCosigner.key),
    issuers: history.inForce('issuer').map(formatVerifierKey),
    policy: withSuccessors(text, history),
    controllers: [{ name: operator, keys: own.map(keyLabel) }, ...controllers],
    ...(retired.length > 0 && { retired }),
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
