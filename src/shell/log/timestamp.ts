/** The log's own timestamped cosignature of what it publishes: that time is what lateness is judged by, so that it never goes back. */
import type { Cosigner } from '../../note/cosignature.js';
import type { NoteSignature } from '../../note/signature-line.js';

export class Timestamp {
  readonly #cosigner: Cosigner;
  readonly #now: () => number;
  #latest: number;

  /**
   * @param now milliseconds since 1970
   * @param latest the time of the last cosignature that anybody may have seen, in Unix seconds; 0 for none
   */
  constructor(cosigner: Cosigner, now: () => number, latest: number) {
    this.#cosigner = cosigner;
    this.#now = now;
    this.#latest = latest;
  }

  /** Cosigns a checkpoint's text now, or as of the last time when the clock has been set back. Rejects with what the cosigner does. */
  async cosign(checkpoint: string): Promise<NoteSignature> {
    // A time of 0 would say nothing of when.
    this.#latest = Math.max(this.#latest, Math.floor(this.#now() / 1000), 1);
    return this.#cosigner.cosign(checkpoint, this.#latest);
  }
}
