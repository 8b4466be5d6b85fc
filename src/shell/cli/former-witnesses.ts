/**
 * The witnesses that a house has named and names no more. What they cosigned stays in the bundles of that time, and who checks one has to
 * know their keys, or the line of a stranger would condemn it.
 *
 * The trust file of the last start is the only memory of them. A house that has lost it, or whose file cannot be read, has forgotten them.
 */
import { parseTrust, type RetiredKey, type Trust, type TrustFile } from '../../appraise/trust.js';
import { equal } from '../../bytes/octets.js';
import { formatVerifierKey, keyLabel, type VerifierKey } from '../../note/key.js';
import type { WitnessPolicy } from '../../note/policy.js';
import { Failure } from '../../reason.js';
import type { KeyHistory } from '../../receipt/key-history.js';
import { readIfPresent } from '../files/durable.js';

/** The trust file that the last start has written; null when there is none, or none that can be read. */
export async function readPreviousTrust(file: string): Promise<Trust | null> {
  const bytes = await readIfPresent(file);
  try {
    return bytes === null ? null : parseTrust(bytes);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/**
 * The entries under `retired` for witnesses that have left the policy: those that leave it now end at the log's present size, those that
 * left it before end where they did. Nobody stands in their place. One that is named again is no longer among them, and of one that the
 * log's own key changes have ended the history says more.
 */
export function formerWitnesses(
  previous: Trust | null,
  { witnesses }: WitnessPolicy,
  history: KeyHistory,
  size: number,
): NonNullable<TrustFile['retired']> {
  if (previous === null || previous.log.name !== history.origin) return [];
  const known = [
    ...[...witnesses.values()].map(({ key }) => key),
    ...history.tenures.flatMap(({ role, key, until }) => (role !== 'witness' || until !== null ? [key] : [])),
  ];
  const leaving = [...previous.policy.witnesses.values()].map(
    ({ key }): RetiredKey => ({ key, role: 'witness', why: 'rotated', until: size, successor: null }),
  );
  return [...previous.retired.filter(({ role }) => role === 'witness'), ...leaving]
    .filter(({ key }) => !known.some(other => isOneKey(other, key)))
    .map(({ key, successor, ...rest }) => ({
      ...rest,
      key: formatVerifierKey(key),
      ...(successor !== null && { successor }),
    }));
}

/** As a trust file counts keys, in which each stands once. */
function isOneKey(a: VerifierKey, b: VerifierKey): boolean {
  return equal(a.publicKey, b.publicKey) || keyLabel(a) === keyLabel(b);
}
