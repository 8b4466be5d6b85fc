/** When a checkpoint was signed, by the word of those who state a time. */
import { CLOCK_TOLERANCE } from '../../appraise/record.js';
import type { Trust } from '../../appraise/trust.js';
import { keyLabel } from '../../note/key.js';
import { formatNote, type SignedNote, type VerifiedSignature, verifyNote } from '../../note/signed-note.js';
import { signatureLabel } from '../tiles/signed-checkpoints.js';

/**
 * The latest time, in milliseconds, that a witness of the policy or the log itself states in a note; null where nobody states one. Whoever has the note and the
 * trust file comes to the same, and every cosignature in the note is no later than it.
 */
export async function timeOf(note: SignedNote, trust: Trust): Promise<number | null> {
  const times = (await stated(note, trust)).flatMap(({ time }) => (time === null ? [] : [time]));
  return times.length === 0 ? null : Math.max(...times) * 1000;
}

/**
 * The note without the lines that state a time which has not come yet by `now` (milliseconds), with its text. The latest time decides what is asked, and none of those
 * who state one, a single witness among them, is to choose a year in which every receipt is old.
 */
export async function withoutFuture(
  note: SignedNote,
  trust: Trust,
  now: number,
): Promise<{ readonly note: SignedNote; readonly text: string }> {
  const ahead = (await stated(note, trust)).flatMap(({ key, time }) =>
    time !== null && time * 1000 > now + CLOCK_TOLERANCE ? [keyLabel(key)] : [],
  );
  const signatures = note.signatures.filter(line => !ahead.includes(signatureLabel(line)));
  const kept = { text: note.text, signatures };
  return { note: kept, text: new TextDecoder().decode(formatNote(kept)) };
}

async function stated(note: SignedNote, trust: Trust): Promise<readonly VerifiedSignature[]> {
  const witnesses = [...trust.policy.witnesses.values()].map(({ key }) => key);
  const stating = trust.logCosigner === null ? witnesses : [...witnesses, trust.logCosigner];
  return (await verifyNote(note, stating)).verified;
}
