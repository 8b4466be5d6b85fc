/**
 * P3: a log has let the deadline of its promise pass, although the receipt had been submitted. Source: spec/misbehaviour.md, "P3".
 *
 * Why an honest log cannot be accused so. The receipt names the root of a tree that the log had: nobody can write that root before the tree
 * exists, so the receipt stands behind that tree or nowhere, and the entries from there to the log's own signature are all that has to
 * be read. They have to make the root under that signature, so that nobody can leave one out. What counts is the payload, because the
 * log may have taken the same statement in another envelope. The submission is known by the stamp of a mirror that the reader trusts, and
 * between the stamp and the log's own, later signature lie the promise's deadline and a whole challenge window, in which the log could
 * have asked the mirror. A receipt that the log may refuse proves nothing.
 */
import * as v from 'valibot';
import { toBase64 } from '../../bytes/base64.js';
import { toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import { isCosignerType, type VerifierKey } from '../../note/key.js';
import type { SignedNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import { readEntry } from '../../receipt/entry.js';
import { checkEntry } from '../../receipt/entry-rules.js';
import {
  type Envelope,
  EnvelopeSchema,
  envelopeBytes,
  envelopeJson,
  payloadDigest,
  readEnvelope,
} from '../../receipt/envelope.js';
import { RECEIPT, type Receipt } from '../../receipt/receipt.js';
import { verifyStamp } from '../../receipt/stamp.js';
import { readStatement } from '../../receipt/statement.js';
import { Frontier } from '../../tree/frontier.js';
import { leafHash } from '../../tree/hash.js';
import { decompose } from '../../tree/range.js';
import { MAX_ENTRY_BYTES } from '../../tree/tile.js';
import { HashTexts, readHashes } from './fork.js';
import { checkAnswersFor, type KnownKeys, keysWithLabel } from './known-keys.js';
import type { LogCopy } from './log-copy.js';
import { type ProofType, provenAgainst } from './proof-type.js';
import {
  checkSigned,
  NoteText,
  parseStated,
  type SignedCheckpoint,
  type StatedCheckpoint,
  stateFor,
} from './signed-checkpoint.js';

const TYPE = 'urn:countersign:misbehaviour:p3:v1';

/** How long a log has, after a submission was stamped, to learn of it and to take it: 24 hours, in milliseconds. */
export const CHALLENGE_WINDOW = 86_400_000;

const Schema = v.strictObject({
  /** Under the log's own signature that states a time. */
  checkpoint: NoteText,
  /** The complete subtrees, left to right, of the tree that the receipt has seen: from where to read on. */
  frontier: HashTexts,
  receipt: EnvelopeSchema,
  stamp: EnvelopeSchema,
  type: v.literal(TYPE),
});
export type BrokenPromiseJson = v.InferOutput<typeof Schema>;

interface Stated {
  readonly checkpoint: StatedCheckpoint;
  readonly frontier: readonly Uint8Array[];
  readonly envelope: Envelope;
  readonly receipt: Receipt;
  readonly stamp: Envelope;
}

export const BROKEN_PROMISE: ProofType<typeof Schema, Stated> = {
  type: TYPE,
  schema: Schema,
  read: value => {
    const envelope = readEnvelope(value.receipt);
    const receipt = readStatement(RECEIPT, envelope).predicate;
    const frontier = readHashes(value.frontier, 'frontier');
    if (frontier.length !== decompose(0, receipt.seen.size).length)
      throw new Failure('misbehaviour/malformed', { field: 'frontier' });
    const checkpoint = parseStated(value.checkpoint, 'checkpoint');
    return { checkpoint, frontier, envelope, receipt, stamp: readEnvelope(value.stamp) };
  },
  check: async (stated, known, copy) => {
    const [signed] = await checkSigned([stated.checkpoint], known.logs);
    const { checkpoint, key } = signed;
    checkPromise(stated, signed);
    await checkAdmissible(stated, signed, known);
    await checkSubmission(stated, signed, known);
    await checkAbsent(stated, signed, copy);
    return provenAgainst(
      key,
      'misbehaviour/promise-broken',
      `The log ${checkpoint.origin} had ${checkpoint.size} entries at ${signed.time}, and receipt ${toHex(payloadDigest(stated.envelope))} was not among them.`,
    );
  },
};

/** The promise was made by this log, and the log itself says that its time is over. */
function checkPromise({ receipt }: Stated, { checkpoint, key, time }: SignedCheckpoint): void {
  if (checkpoint.origin !== key.name)
    throw new Failure('misbehaviour/origin-foreign', {
      detail: `${checkpoint.origin}, signed as ${key.name}`,
    });
  if (receipt.log.origin !== checkpoint.origin)
    throw new Failure('receipt/log-mismatch', { field: 'predicate.log.origin' });
  if (!isCosignerType(key.type) || time === null) throw new Failure('misbehaviour/time-not-stated');
  if (time * 1000 <= receipt.log.deadline) throw new Failure('misbehaviour/deadline-not-passed');
}

/** The log had to take this receipt: by a registered issuer, valid, and with nothing in it that came later than it. */
async function checkAdmissible(
  { envelope, receipt }: Stated,
  { checkpoint }: SignedCheckpoint,
  known: KnownKeys,
): Promise<void> {
  const issuers = keysWithLabel(envelope.keyId, known.issuers);
  const entry = envelopeBytes(envelope);
  if (entry.length > MAX_ENTRY_BYTES) throw new Failure('log/entry-too-large');
  const place = { origin: checkpoint.origin, index: checkpoint.size };
  const { issuer } = await checkEntry(
    entry,
    issuers.map(({ key }) => key),
    place,
  );
  // The log refuses a key that has ended. One that was rotated later than in this tree had not ended yet.
  for (const known of issuers) if (known.key === issuer) checkAnswersFor(known, checkpoint.size);
  // As long as the tree is not larger than that index, the log is right to refuse; by the time of the stamp nobody can know that it was.
  if (receipt.policy.index >= receipt.seen.size) throw new Failure('misbehaviour/policy-unseen');
}

async function checkSubmission(
  { envelope, stamp }: Stated,
  { checkpoint, time }: SignedCheckpoint,
  known: KnownKeys,
): Promise<void> {
  const { digest, origin, received } = await verifyStamp(stamp, known.stampers);
  if (digest !== toHex(payloadDigest(envelope)) || origin !== checkpoint.origin)
    throw new Failure('misbehaviour/stamp-mismatch');
  if ((time as number) * 1000 < received + CHALLENGE_WINDOW) throw new Failure('misbehaviour/window-open');
}

/** Reads on from the tree that the receipt has seen, up to the one that the log has signed. */
async function checkAbsent(
  { envelope, receipt, frontier }: Stated,
  { checkpoint }: SignedCheckpoint,
  copy: LogCopy | null,
): Promise<void> {
  const { seen } = receipt;
  const tree = new Frontier(seen.size, frontier);
  if (toHex(tree.root()) !== seen.root) throw new Failure('misbehaviour/seen-mismatch');
  if (copy === null) throw new Failure('misbehaviour/log-data-missing');
  const digest = payloadDigest(envelope);
  let found: number | null = null;
  try {
    for await (const entry of copy.entries(seen.size, checkpoint.size)) {
      if (found === null && holds(entry, digest)) found = tree.size;
      tree.push(leafHash(entry));
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('misbehaviour/log-data-missing', { detail: error.message });
  }
  if (tree.size !== checkpoint.size || !equal(tree.root(), checkpoint.root))
    throw new Failure('misbehaviour/log-data-mismatch');
  if (found !== null) throw new Failure('misbehaviour/receipt-logged', { detail: `entry ${found}` });
}

/** What is no envelope holds no payload. */
function holds(entry: Uint8Array, digest: Uint8Array): boolean {
  try {
    return equal(payloadDigest(readEntry(entry)), digest);
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

export interface BrokenPromiseParts {
  readonly receipt: Envelope;
  readonly stamp: Envelope;
  /** The note of a checkpoint that the log signed after the deadline and the window. */
  readonly note: SignedNote;
  /** The key with which the log states when it signed. */
  readonly logCosigner: VerifierKey;
  /** The hashes of the complete subtrees of the tree that the receipt has seen, left to right. */
  readonly frontier: readonly Uint8Array[];
}

/** The evidence that these make; null when the key has not signed the note. Nothing is judged here. */
export function makeBrokenPromise(parts: BrokenPromiseParts): BrokenPromiseJson | null {
  const checkpoint = stateFor(parts.note, parts.logCosigner);
  if (checkpoint === null) return null;
  return {
    checkpoint,
    frontier: parts.frontier.map(toBase64),
    receipt: envelopeJson(parts.receipt),
    stamp: envelopeJson(parts.stamp),
    type: TYPE,
  } as BrokenPromiseJson;
}
