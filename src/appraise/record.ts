/** Whether a receipt is in the log, under the log's own signature and under a quorum of witnesses. */
import { utf8 } from '../bytes/octets.js';
import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.js';
import { KEY_TYPE, keyLabel, type VerifierKey } from '../note/key.js';
import { satisfies } from '../note/policy.js';
import { parseNote, type SignedNote, type VerifiedSignature, verifyNote } from '../note/signed-note.js';
import { Failure } from '../reason-core.js';
import type { Receipt } from '../receipt/receipt.js';
import { leafHash } from '../tree/hash.js';
import { verifyInclusion } from '../tree/merkle.js';
import { parseTlogProof } from '../tree/tlog-proof.js';
import { type Check, failed, notChecked, pass } from './check.js';
import { countingFor, heirOf } from './standing.js';
import { controllerOf, STATEMENTS, type Trust } from './trust.js';

/** Clocks of honest parties may differ by this much, in milliseconds. */
export const CLOCK_TOLERANCE = 60_000;

export interface RecordChecks {
  /** Where in the log the entry stands; null when that could not be shown. */
  readonly index: number | null;
  readonly inclusion: Check;
  readonly witnesses: Check;
}

/**
 * Checks a bundle's proof. `entry` is the log entry's exact bytes; `asOf`, in milliseconds, is the time that is asked about: what a
 * witness signed later does not count, so that the answer stays the same whenever the question is asked again.
 */
export async function checkRecord(
  proof: string | null,
  entry: Uint8Array,
  receipt: Receipt,
  trust: Trust | null,
  asOf: number,
): Promise<RecordChecks> {
  if (proof === null) {
    const code = asOf > receipt.log.deadline ? 'proof/overdue' : 'proof/absent';
    return {
      index: null,
      inclusion: notChecked('inclusion', code),
      witnesses: notChecked('witnesses', code),
    };
  }
  if (trust === null) {
    return {
      index: null,
      inclusion: notChecked('inclusion', 'trust/missing'),
      witnesses: notChecked('witnesses', 'trust/missing'),
    };
  }
  try {
    const { index, checkpoint, cosignatures } = await readProof(proof, entry, receipt, trust);
    const inclusion = pass(
      'inclusion',
      `entry ${index} of ${checkpoint.size} in ${checkpoint.origin}, signed by the log`,
    );
    return { index, inclusion, witnesses: checkWitnesses(cosignatures, receipt, trust, asOf) };
  } catch (error) {
    return {
      index: null,
      inclusion: failed('inclusion', error),
      witnesses: notChecked('witnesses', 'proof/invalid'),
    };
  }
}

interface ReadProof {
  readonly index: number;
  readonly checkpoint: Checkpoint;
  /** By witnesses, each under the key that stands in its place today. */
  readonly cosignatures: readonly VerifiedSignature[];
}

/**
 * The place in the trust file's log of an entry, by a proof of a bundle. `receipt`: what the entry says where it is a receipt, which then has to fit its place.
 *
 * Throws `proof/…`, `note/…`, `checkpoint/…` (`origin-mismatch`, `log-signature-missing` and `log-key-retired` among them), `receipt/log-mismatch` or
 * `receipt/order-impossible`.
 */
export async function readProof(
  text: string,
  entry: Uint8Array,
  receipt: Receipt | null,
  trust: Trust,
): Promise<ReadProof> {
  const { index, hashes, checkpoint: noteText } = parseTlogProof(text);
  if (latest?.text !== noteText || latest.trust !== trust) {
    const note = parseNote(utf8(noteText));
    latest = { text: noteText, trust, note, checkpoint: parseCheckpoint(note.text) };
  }
  const { checkpoint } = latest;
  if (checkpoint.origin !== trust.log.name) throw new Failure('checkpoint/origin-mismatch');
  if (receipt !== null && receipt.log.origin !== trust.log.name)
    throw new Failure('receipt/log-mismatch', { field: 'predicate.log.origin' });
  latest.cosignatures ??= judgeSignatures(latest);
  const cosignatures = await latest.cosignatures;
  verifyInclusion(index, checkpoint.size, leafHash(entry), hashes, checkpoint.root);
  if (receipt !== null && (receipt.seen.size > index || receipt.policy.index >= index))
    throw new Failure('receipt/order-impossible');
  return { index, checkpoint, cosignatures };
}

/** A note whose checkpoint was read. Its signatures are judged when somebody asks, and once. */
interface JudgedNote {
  readonly text: string;
  readonly trust: Trust;
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
  /** By witnesses, each under the key that stands in its place today. */
  cosignatures?: Promise<readonly VerifiedSignature[]>;
}

/** The one that was looked at last: who appraises a log has thousands of receipts under one checkpoint. What comes out is a function of note and trust. */
let latest: JudgedNote | undefined;

async function judgeSignatures({
  note,
  checkpoint,
  trust,
}: JudgedNote): Promise<readonly VerifiedSignature[]> {
  const witnesses = [...trust.policy.witnesses.values()].map(({ key }) => key);
  const logKeys = trust.logCosigner === null ? [trust.log] : [trust.log, trust.logCosigner];
  // All that there were: every one of them counted for the empty tree.
  const retired = [...countingFor(trust, 'log', 0), ...countingFor(trust, 'witness', 0)];
  const { verified, unknown } = await verifyNote(note, [...logKeys, ...witnesses, ...retired]);
  checkSignedByLog(verified, checkpoint.size, trust);
  // Anybody can add lines to a note. In a bundle nothing may stand that nobody vouches for.
  const [surplus] = unknown;
  if (surplus !== undefined) throw new Failure('proof/surplus-signature', { field: surplus.name });
  const counting = [...witnesses, ...countingFor(trust, 'witness', checkpoint.size)];
  return verified.flatMap(({ key, time }) => {
    const heir = counting.includes(key) ? heirOf(trust, key) : null;
    return heir === null ? [] : [{ key: heir, time }];
  });
}

function checkSignedByLog(verified: readonly VerifiedSignature[], size: number, trust: Trust): void {
  const signers = verified.flatMap(({ key }) => (key.type === KEY_TYPE.ed25519 ? [key] : []));
  const counting = [trust.log, ...countingFor(trust, 'log', size)];
  if (signers.some(key => counting.includes(key))) return;
  throw new Failure(signers.length === 0 ? 'checkpoint/log-signature-missing' : 'checkpoint/log-key-retired');
}

function checkWitnesses(
  cosignatures: readonly VerifiedSignature[],
  receipt: Receipt,
  trust: Trust,
  asOf: number,
): Check {
  const cosigned = cosignatures.flatMap(({ key, time }) =>
    time === null ? [] : [{ key, time: time * 1000 }],
  );
  const upToThen = cosigned.filter(({ time }) => time <= asOf + CLOCK_TOLERANCE);
  // Who cosigned a tree with this receipt in it before the receipt was made has a wrong clock, or the issuer has.
  const possible = upToThen.filter(({ time }) => time >= receipt.time.completed - CLOCK_TOLERANCE);
  const cosigners = [...new Set(possible.map(({ key }) => key))];
  const { quorum } = trust.policy;
  if (quorum.kind === 'none' && cosigners.length === 0) return notChecked('witnesses', 'witness/not-asked');
  if (!satisfies(quorum, cosigners)) {
    const contradicted = satisfies(
      quorum,
      upToThen.map(({ key }) => key),
    );
    return notChecked('witnesses', contradicted ? 'receipt/time-contradicted' : 'witness/quorum-not-met');
  }
  return pass(
    'witnesses',
    `cosigned by ${count(cosigners.length, 'witness', 'witnesses')} of ${describeControllers(cosigners, trust)}${describeStatements(cosigners, trust)}`,
  );
}

const MEANING: Readonly<Record<Trust['statements'][number]['says'], string>> = {
  'entries-checked': 'that every entry was read and checked',
  mirrored: 'that every entry is stored and served',
};

/** What cosignatures say beyond having seen a consistent tree, by whose keys the trust file says so. */
function describeStatements(cosigners: readonly VerifierKey[], trust: Trust): string {
  return STATEMENTS.map(says => {
    const keys = new Set(trust.statements.filter(stated => stated.says === says).map(({ key }) => key));
    const number = cosigners.filter(key => keys.has(keyLabel(key))).length;
    return number === 0 ? '' : `; ${number} of them also ${number === 1 ? 'says' : 'say'} ${MEANING[says]}`;
  }).join('');
}

/** Keys are not controllers: three keys of one party are one party. */
function describeControllers(cosigners: readonly VerifierKey[], trust: Trust): string {
  const named = new Set(cosigners.map(key => controllerOf(trust, key) ?? ''));
  const unknown = named.delete('');
  const controllers = [...named].sort();
  const logController = controllerOf(trust, trust.log);
  const total = count(controllers.length + (unknown ? 1 : 0), 'controller', 'controllers');
  const names = [...controllers, ...(unknown ? ['unattributed'] : [])].join(', ');
  const own = logController !== null && named.size === 1 && named.has(logController) && !unknown;
  return `${total} (${names})${own ? ', who also runs the log: nobody independent' : ''}`;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
