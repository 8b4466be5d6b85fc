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
import { TILE_WIDTH } from '../../tree/tile.js';
import type { EvidenceRecords } from './evidence-records.js';
import type { FactIndex } from './fact-index.js';
import type { IndexedParts, SealedReceipts } from './sealed-receipts.js';

/** Evidence that many receipts name is judged once as long as it is among so many. */
const REMEMBERED = 4096;

/** So many entries are looked at together: what a log keeps in one file. */
const AT_ONCE = TILE_WIDTH;

export interface IndexSources {
  readonly log: LogCopy;
  readonly archive: EvidenceRecords;
  /** Receipts that need not be read from the log; none when it is left out. */
  readonly sealed?: SealedReceipts;
  /** Whose evidence has facts; the makers' when it is left out. */
  readonly trust?: EvidenceTrust;
}

/**
 * Adds the entries from `index.size` to before `size`, in order, and writes the index. Evidence is judged again, each piece as of the time of its first
 * record that agrees with what is found: what a record says is not believed. Evidence that is not in the archive, or is damaged, has no facts but its digest.
 *
 * Rejects with `archive/unavailable` or what the log throws; called again, it goes on where it was.
 */
export async function indexLog(index: FactIndex, size: number, sources: IndexSources): Promise<void> {
  if (index.size >= size) return;
  const known = new Map<string, readonly Fact[]>();
  while (index.size < size) {
    const end = Math.min(size, index.size - (index.size % AT_ONCE) + AT_ONCE);
    for (const parts of await partsOf(sources, index.size, end)) {
      for (const { signedDigest } of parts?.evidence ?? []) {
        if (known.has(signedDigest)) continue;
        if (known.size >= REMEMBERED) known.clear();
        known.set(signedDigest, await factsIn(sources.archive, signedDigest, sources.trust));
      }
      if (parts === null) index.add([], null);
      else
        index.add(
          receiptFacts(parts, digest => known.get(digest) ?? []),
          parts.stakes,
        );
    }
  }
  index.flush();
}

/** What the index looks at in each of those entries; null for what is no receipt. */
async function partsOf(
  { log, sealed }: IndexSources,
  start: number,
  end: number,
): Promise<readonly (IndexedParts | null)[]> {
  const known = sealed?.take(start, end) ?? new Map<number, IndexedParts>();
  if (known.size === end - start) return [...known.values()];
  const parts: (IndexedParts | null)[] = [];
  for await (const entry of log.entries(start, end)) {
    const receipt = known.has(parts.length) ? null : receiptIn(entry);
    parts.push(known.get(parts.length) ?? (receipt && { ...receipt, stakes: stakesOf(receipt) }));
  }
  return parts;
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
