/**
 * What a key that no longer signs had the right to sign: an issuer's receipts below the index at which it ended, a log's checkpoints and a
 * witness's cosignatures up to that size. Source: spec/keys.md §7.
 */
import { keyLabel, type VerifierKey } from '../note/key.js';
import { KeyHistory } from '../receipt/key-history.js';
import { type Check, fail, notChecked, pass } from './check.js';
import type { RetiredKey, Trust } from './trust.js';

/**
 * The check of a signature by an issuer's key, given where in the log the receipt stands. A proof is the only thing that shows when a
 * retired key signed, so that without one (`index` is null) its signature shows nothing.
 */
export function checkStanding(signature: Check, retired: RetiredKey | null, index: number | null): Check {
  if (retired === null || signature.status !== 'pass') return signature;
  if (index === null) return notChecked('signature', 'key/standing-unknown');
  const { key, until, why, announced = until } = retired;
  if (index < until)
    return pass('signature', `signed by ${keyLabel(key)}, whose word counts below entry ${until}`);
  if (why === 'rotated') return fail('signature', 'key/retired');
  return fail('signature', index < announced ? 'key/disowned' : 'key/revoked');
}

/** The retired keys of a role that count for a checkpoint of that size. */
export function countingFor(trust: Trust, role: RetiredKey['role'], size: number): VerifierKey[] {
  return trust.retired.flatMap(retired =>
    retired.role === role && size <= retired.until ? [retired.key] : [],
  );
}

/** The key of today's policy that stands where this one stood, or null when that place is empty. */
export function heirOf(trust: Trust, key: VerifierKey): VerifierKey | null {
  const today = [...trust.policy.witnesses.values()].map(witness => witness.key);
  let label = keyLabel(key);
  // Each step leaves one retired key behind; a circle ends where the list does.
  for (let step = 0; step <= trust.retired.length; step++) {
    const found = today.find(candidate => keyLabel(candidate) === label);
    if (found !== undefined) return found;
    const retired = trust.retired.find(
      candidate => candidate.role === 'witness' && keyLabel(candidate.key) === label,
    );
    if (retired?.successor == null) return null;
    label = retired.successor;
  }
  return null;
}

/**
 * The history of the log before any of its keys changed, for those who follow the log from its first entry: the keys that stand in the
 * place of no other. Keys that never counted are left out, and so are validators: each was let in by an entry of the log.
 */
export function beginningOf(trust: Trust): KeyHistory {
  const logKeys = trust.logCosigner === null ? [trust.log] : [trust.log, trust.logCosigner];
  const keys = [
    ...logKeys.map(key => ({ role: 'log', key }) as const),
    ...trust.issuers.map(key => ({ role: 'issuer', key }) as const),
    ...[...trust.policy.witnesses.values()].map(({ key }) => ({ role: 'witness', key }) as const),
    ...trust.retired.filter(({ role, until }) => role !== 'validator' && until > 0),
  ];
  const successors = new Set(trust.retired.map(({ successor }) => successor));
  const first = keys.filter(({ key }) => !successors.has(keyLabel(key)));
  return KeyHistory.begin(
    trust.log.name,
    first.map(({ role, key }) => ({ role, key })),
  );
}
