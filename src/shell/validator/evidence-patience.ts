/** How long a validator waits for evidence: whoever is judged by it, and serves it, could otherwise keep the verdicts from being made. */
import { Failure } from '../../reason.js';
import type { EvidenceSource } from './judge-receipts.js';

/** In milliseconds; after that, what cannot be asked for is as good as not there. */
export const EVIDENCE_PATIENCE = 3_600_000;

export class EvidencePatience {
  readonly #source: EvidenceSource | null;
  readonly #now: () => number;
  /** From which entry on nothing could be judged, and since when. */
  #waiting: { readonly from: number; readonly since: number } | null = null;

  /** @param now milliseconds since 1970 */
  constructor(source: EvidenceSource | null, now: () => number) {
    this.#source = source;
    this.#now = now;
  }

  /** Where evidence comes from when the entries from `from` on are judged; null where none is asked for. */
  sourceFor(from: number): EvidenceSource | null {
    const source = this.#source;
    if (source === null) return null;
    const isOver = this.#waiting?.from === from && this.#now() - this.#waiting.since > EVIDENCE_PATIENCE;
    if (isOver) return asFarAsThereIs(source);
    return async receipt => {
      try {
        return await source(receipt);
      } catch (error) {
        // Only its own silence counts: where the log is away, nobody has kept evidence back.
        if (this.#waiting?.from !== from) this.#waiting = { from, since: this.#now() };
        throw error;
      }
    };
  }
}

/** Once the source has failed it is asked no more: each question may take its time. */
function asFarAsThereIs(source: EvidenceSource): EvidenceSource {
  let hasFailed = false;
  return async receipt => {
    if (hasFailed) return [];
    try {
      return await source(receipt);
    } catch (error) {
      if (!(error instanceof Failure && error.code.startsWith('peer/'))) throw error;
      hasFailed = true;
      return [];
    }
  };
}
