/** Bringing the index of facts up to a log: what it lacks is read from the log's entries, and what they name from the archive. */

import { evidenceFacts, type Fact, receiptFacts } from '../../appraise/kept/facts.js';
import { judgeEvidence } from '../../appraise/kept/judge.js';
import type { EvidenceTrust } from '../../appraise/kept/material.js';
import { stakesOf } from '../../appraise/kept/stakes.js';
import type { LogCopy } from '../../court/misbehaviour/log-copy.js';
import { Failure } from '../../reason.js';
import { parseEnvelope } from '../../receipt/envelope.js';
import { RECEIPT, type Receipt } from '../../receipt/receipt.js';
import { glanceAtStatement, predicateTypeOf, readStatement } from '../../receipt/statement.js';
import type { EvidenceRecords } from './evidence-records.js';
import type { FactIndex } from './fact-index.js';

/** Evidence that many receipts name is judged once as long as it is among so many. */
const REMEMBERED = 4096;

/**
 * Adds the entries from `index.size` to before `size`, in order, and writes the index. Evidence is judged again, each piece as of the time of its first
 * record that agrees with what is found: what a record says is not believed. Evidence that is not in the archive, or is damaged, has no facts but its digest.
 *
 * Rejects with `archive/unavailable` or what the log throws; called again, it goes on where it was.
 */
export async function indexLog(
  index: FactIndex,
  log: LogCopy,
  size: number,
  archive: EvidenceRecords,
  trust?: EvidenceTrust,
): Promise<void> {
  const known = new Map<string, readonly Fact[]>();
  if (index.size >= size) return;
  for await (const entry of log.entries(index.size, size)) {
    const receipt = receiptIn(entry);
    for (const { signedDigest } of receipt?.evidence ?? []) {
      if (known.has(signedDigest)) continue;
      if (known.size >= REMEMBERED) known.clear();
      known.set(signedDigest, await factsIn(archive, signedDigest, trust));
    }
    if (receipt === null) index.add([], null);
    else
      index.add(
        receiptFacts(receipt, digest => known.get(digest) ?? []),
        stakesOf(receipt),
      );
  }
  index.flush();
}

/** The facts of evidence in the archive; none of what is not there. Rejects with `archive/unavailable`. */
export async function factsIn(
  archive: EvidenceRecords,
  signedRegion: string,
  trust?: EvidenceTrust,
): Promise<readonly Fact[]> {
  for (const { record } of (await archive.find(signedRegion)).records) {
    try {
      const { report } = await judgeEvidence(archive.materialOf(record), record.asOf, trust);
      const facts = evidenceFacts(report);
      if (facts.length > 0) return facts;
    } catch (error) {
      if (!(error instanceof Failure) || error.code === 'archive/unavailable') throw error;
    }
  }
  return [];
}

/** Null for an entry of another type, and for one that is no receipt: the log's checkers see to those. */
function receiptIn(entry: Uint8Array): Receipt | null {
  try {
    const envelope = parseEnvelope(entry);
    const seen = glanceAtStatement(RECEIPT, envelope);
    if (seen !== null) return seen.predicate;
    if (predicateTypeOf(envelope) !== RECEIPT.predicateType) return null;
    return readStatement(RECEIPT, envelope).predicate;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
