/**
 * What a gateway knows of the receipts that it has sealed, for the index of facts: reading each of them again from the log would cost as much as half a signature.
 * It may forget any of them, and forgets all when the process ends: what is not here is read from the log.
 */
import { type Stakes, stakesOf } from '../../appraise/kept/stakes.js';
import type { Receipt } from '../../receipt/receipt.js';

/** What the index looks at in a receipt. */
export interface IndexedParts extends Pick<Receipt, 'issuer' | 'model' | 'evidence'> {
  readonly stakes: Stakes;
}

/** More than a gateway seals between two looks at the log; some 200 bytes each. */
const MOST = 65_536;

export class SealedReceipts {
  /** In the order of the log. */
  readonly #indices: number[] = [];
  readonly #parts: IndexedParts[] = [];

  /** Remembers a receipt at its place in the log, which is behind all that are remembered. */
  note(index: number, receipt: Receipt): void {
    if (this.#indices.length >= MOST) return;
    const { issuer, model, evidence } = receipt;
    this.#indices.push(index);
    this.#parts.push({ issuer, model, evidence, stakes: stakesOf(receipt) });
  }

  /**
   * Those of the entries from `start` to before `end` that are remembered, each by its distance from `start`, in order. They and all before them are
   * forgotten.
   */
  take(start: number, end: number): ReadonlyMap<number, IndexedParts> {
    const beyond = this.#indices.findIndex(index => index >= end);
    const count = beyond < 0 ? this.#indices.length : beyond;
    const indices = this.#indices.splice(0, count);
    const taken = new Map<number, IndexedParts>();
    for (const [at, part] of this.#parts.splice(0, count).entries()) {
      const distance = (indices[at] as number) - start;
      if (distance >= 0) taken.set(distance, part);
    }
    return taken;
  }
}
