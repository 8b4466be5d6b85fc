/** When a checkpoint was signed, by the word of those who state a time. */
import type { Trust } from '../../appraise/trust.js';
import { type SignedNote, verifyNote } from '../../note/signed-note.js';

/**
 * The latest time, in milliseconds, that a witness of the policy or the log itself states in a note; null where nobody states one. Whoever has the note and the
 * trust file comes to the same, and every cosignature in the note is no later than it.
 */
export async function timeOf(note: SignedNote, trust: Trust): Promise<number | null> {
  const witnesses = [...trust.policy.witnesses.values()].map(({ key }) => key);
  const stating = trust.logCosigner === null ? witnesses : [...witnesses, trust.logCosigner];
  const { verified } = await verifyNote(note, stating);
  const times = verified.flatMap(({ time }) => (time === null ? [] : [time]));
  return times.length === 0 ? null : Math.max(...times) * 1000;
}
