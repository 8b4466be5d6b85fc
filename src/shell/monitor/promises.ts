/** Promises that somebody wants watched: a receipt that was submitted, with the stamp that says when. */
import { type BrokenPromiseJson, makeBrokenPromise } from '../../court/misbehaviour/broken-promise.js';
import { KEY_TYPE } from '../../note/key.js';
import type { Envelope } from '../../receipt/envelope.js';
import { RECEIPT } from '../../receipt/receipt.js';
import { readStatement } from '../../receipt/statement.js';
import type { OwnTree } from '../tiles/own-tree.js';
import type { Seen } from '../tiles/signed-checkpoints.js';

export interface WatchedPromise {
  readonly receipt: Envelope;
  readonly stamp: Envelope;
}

/**
 * What the promise comes to under the log's latest checkpoint, for a judge to say; null when the log's tree is not yet as large as the one
 * that the receipt has seen, or states no time. Throws `receipt/malformed`.
 */
export async function evidenceOf(
  { receipt, stamp }: WatchedPromise,
  { note, checkpoint, byLog }: Seen,
  tree: OwnTree,
): Promise<BrokenPromiseJson | null> {
  const { seen } = readStatement(RECEIPT, receipt).predicate;
  const logCosigner = byLog.find(({ type }) => type === KEY_TYPE.mlDsaCosignature);
  if (logCosigner === undefined || seen.size > checkpoint.size) return null;
  return makeBrokenPromise({ receipt, stamp, note, logCosigner, frontier: await tree.frontier(seen.size) });
}
