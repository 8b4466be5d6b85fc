/** Which receipts lose a grade by a revocation: from the index of facts alone, without reading the log. */
import { type Loss, lossOf } from '../../../appraise/kept/stakes.js';
import type { Revocation } from '../../../receipt/revocation.js';
import type { FactIndex } from '../../archive/fact-index.js';

export interface LosingReceipt extends Loss {
  /** The receipt's log entry. */
  readonly entry: number;
  readonly exchange: string;
}

export interface Losses {
  readonly count: number;
  /** The first of them, no more than was asked for. */
  readonly receipts: readonly LosingReceipt[];
}

/**
 * Counts all of them and gives the first `most`. `before`: only of entries below that one. `each`: told of every one, in the order of the log. Rejects with
 * `archive/unavailable`.
 */
export async function findLosses(
  index: FactIndex,
  { field, value, since }: Revocation,
  {
    most,
    before = Number.POSITIVE_INFINITY,
    each,
  }: { readonly most: number; readonly before?: number; readonly each?: (receipt: LosingReceipt) => void },
): Promise<Losses> {
  const receipts: LosingReceipt[] = [];
  let count = 0;
  for await (const piece of index.receiptsOf({ field, value })) {
    for (const indexed of piece) {
      if (indexed.index >= before) return { count, receipts };
      if (since !== null && indexed.completed < since) continue;
      const loss = lossOf(indexed, field);
      if (loss === null) continue;
      count++;
      if (receipts.length >= most && each === undefined) continue;
      const losing = { entry: indexed.index, exchange: indexed.exchange, ...loss };
      each?.(losing);
      if (receipts.length < most) receipts.push(losing);
    }
  }
  return { count, receipts };
}
