/** Whose the witnesses are that an operator's own trust file names, in words for him. */
import type { Trust } from '../../appraise/trust.js';
import { keyLabel, type VerifierKey } from '../../note/key.js';

/** `trust`: as a house writes it, with the operator's own keys first among its controllers. Several keys of one name are one witness. */
export function whoseWitnesses({ policy, controllers }: Pick<Trust, 'policy' | 'controllers'>): string {
  const keys = [...policy.witnesses.values()].map(({ key }) => key);
  const isOwn = (key: VerifierKey) => controllers[0]?.keys.includes(keyLabel(key)) === true;
  const all = new Set(keys.map(({ name }) => name)).size;
  const own = new Set(keys.filter(isOwn).map(({ name }) => name)).size;
  const counted = `${all} ${all === 1 ? 'witness' : 'witnesses'}`;
  if (all === 0) return 'no witnesses: nobody else vouches for it';
  if (own === all) return `${counted}, all of them yours: one controller`;
  return own === 0 ? `${counted}, none of them yours` : `${counted}, ${own} of them yours`;
}
