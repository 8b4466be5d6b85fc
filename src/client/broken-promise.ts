/**
 * Proving to others that a log has broken its promise: with the stamp of a mirror that the receipt had been handed in to, and the log's own
 * later signature. Source: spec/misbehaviour.md, "P3".
 */
import type { Trust } from '../appraise/trust.js';
import { utf8 } from '../bytes/octets.js';
import { makeBrokenPromise } from '../court/misbehaviour/broken-promise.js';
import { formatEvidence } from '../court/misbehaviour/evidence.js';
import { judgeEvidence } from '../court/misbehaviour/judge.js';
import { knownKeys } from '../court/misbehaviour/known-keys.js';
import { parseCheckpoint } from '../note/checkpoint.js';
import type { VerifierKey } from '../note/key.js';
import { parseNote, type SignedNote } from '../note/signed-note.js';
import { Failure } from '../reason.js';
import { type Envelope, parseEnvelope } from '../receipt/envelope.js';
import { RECEIPT } from '../receipt/receipt.js';
import { readStatement } from '../receipt/statement.js';
import { decompose } from '../tree/range.js';
import { entriesOf } from './log-entries.js';
import { hashesOf } from './log-hashes.js';
import { type Ask, askPeer, MAX_CHECKPOINT_BYTES } from './peer.js';

export interface UnkeptPromise {
  readonly receipt: Envelope;
  /** What mirrors signed when they were given the receipt, as texts. */
  readonly stamps: readonly string[];
  /** Where the log, or a copy of it, can be read: each is tried in turn. */
  readonly logs: readonly string[];
}

/**
 * The evidence, once a stranger would find it proven; null when there is not enough for that, as within a day after the stamp, or when nobody
 * shows the log.
 */
export async function proveBrokenPromise(
  { receipt, stamps, logs }: UnkeptPromise,
  {
    trust,
    stampers,
    ask,
  }: { readonly trust: Trust; readonly stampers: readonly VerifierKey[]; readonly ask: Ask },
): Promise<Uint8Array | null> {
  const known = knownKeys(trust, [], stampers);
  for (const log of stamps.length === 0 || trust.logCosigner === null ? [] : logs) {
    try {
      const made = await gather(receipt, log, trust.logCosigner as VerifierKey, ask);
      for (const stamp of stamps) {
        const parts = { ...made, receipt, stamp: parseEnvelope(utf8(stamp)) };
        const stated = makeBrokenPromise(parts);
        if (stated === null) break;
        const evidence = formatEvidence(stated);
        const { outcome } = await judgeEvidence(evidence, known, entriesOf(ask, log));
        if (outcome === 'proven') return evidence;
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }
  return null;
}

/** Rejects with `peer/…`, or the code of what the log shows and cannot be read. */
async function gather(
  receipt: Envelope,
  log: string,
  logCosigner: VerifierKey,
  ask: Ask,
): Promise<{ note: SignedNote; logCosigner: VerifierKey; frontier: readonly Uint8Array[] }> {
  const { bytes } = await askPeer(ask, `${log}/checkpoint`, MAX_CHECKPOINT_BYTES);
  const note = parseNote(bytes);
  const { size } = parseCheckpoint(note.text);
  const { seen } = readStatement(RECEIPT, receipt).predicate;
  if (seen.size > size) throw new Failure('peer/answer-missing', { field: log });
  const read = hashesOf(ask, log, size);
  return { note, logCosigner, frontier: await Promise.all(decompose(0, seen.size).map(read)) };
}
