/**
 * Ending the journal of an epoch whose process died. What the journal lost, and the log did not, is taken from the log, from where the last mark
 * says that nothing is missing; of a number without a receipt nothing more is known.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { Failure } from '../../../reason.js';
import { epochKey, readEntry } from '../../../receipt/entry.js';
import { payloadDigest } from '../../../receipt/envelope.js';
import { EPOCH } from '../../../receipt/epoch.js';
import { RECEIPT } from '../../../receipt/receipt.js';
import { predicateTypeOf, readStatement } from '../../../receipt/statement.js';
import type { TransparencyLog } from '../../../tree/log.js';
import type { Disk } from '../../files/disk.js';
import { EpochJournal } from './epoch-journal.js';
import type { Mark } from './journal-format.js';
import { framesOf } from './read-journal.js';

/**
 * `ended`: the journal has its end now, or had it. `empty`: the epoch never began, and nothing happened in it.
 */
export type Recovered = 'ended' | 'empty';

interface Kept {
  readonly entry: Uint8Array | null;
  readonly hasRecords: boolean;
  readonly mark: Mark | null;
  readonly isEnded: boolean;
  /** As far as it is sound, in bytes. */
  readonly length: number;
}

/** Rejects with `epoch/journal-damaged`, `epoch/journal-unavailable`, or `log/…` when the epoch's entry is missing there and cannot be added. */
export async function recoverJournal(
  path: string,
  log: TransparencyLog,
  now: () => number,
  disk: Disk,
): Promise<Recovered> {
  const kept = await look(path);
  if (kept.isEnded) return 'ended';
  if (kept.entry === null) {
    if (kept.length === 0) return 'empty';
    throw new Failure('epoch/journal-damaged', { field: path });
  }
  const { issuer, epoch } = readStatement(EPOCH, readEntry(kept.entry)).predicate;
  let begins = await log.find(epochKey(issuer, epoch));
  if (begins === null) {
    if (!kept.hasRecords) return 'empty';
    // A loss of power took the entry, and left numbers that were given under it.
    begins = await log.include(kept.entry);
  }
  const journal = EpochJournal.resume(path, kept.length, disk);
  try {
    for (let index = kept.mark?.size ?? begins + 1; index < log.size; index++)
      noteReceipt(journal, issuer, epoch, await log.entry(index), index);
    await journal.end({ ending: 'cut-off', through: kept.mark?.through ?? 0, made: now() });
  } finally {
    journal.close();
  }
  return 'ended';
}

async function look(path: string): Promise<Kept> {
  let kept: Kept = { entry: null, hasRecords: false, mark: null, isEnded: false, length: 0 };
  for (const frame of framesOf(path)) {
    const { length } = frame;
    if (frame.kind === 'entry') kept = { ...kept, entry: kept.entry ?? frame.entry.slice(), length };
    else if (frame.kind === 'records') kept = { ...kept, hasRecords: true, length };
    else if (frame.kind === 'mark') kept = { ...kept, mark: frame.mark, length };
    else kept = { ...kept, isEnded: true, length };
    // Whoever asks a gateway that has just started does not wait for this.
    await turn();
  }
  return kept;
}

function noteReceipt(
  journal: EpochJournal,
  issuer: string,
  epoch: string,
  entry: Uint8Array,
  index: number,
): void {
  const envelope = readEntry(entry);
  if (predicateTypeOf(envelope) !== RECEIPT.predicateType) return;
  const { predicate } = readStatement(RECEIPT, envelope);
  if (predicate.issuer !== issuer || predicate.epoch !== epoch) return;
  const receipt = { digest: payloadDigest(envelope), index };
  journal.note(predicate.client, predicate.counter, { status: predicate.response.status, receipt });
}
