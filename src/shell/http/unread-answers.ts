/**
 * Answers on their way to clients, who are not trusted to read them: what all of them hold together is bounded, and so is the time that
 * one may take.
 */
import type { ServerResponse } from 'node:http';

/** Smaller answers are not counted: the number of connections bounds them. */
const SMALL_BYTES = 1 << 16;

export class UnreadAnswers {
  readonly #most: number;
  readonly #patience: number;
  #held = 0;

  /**
   * @param most bytes of large answers that may be on their way at a time
   * @param patience how long a client may take to read a large answer, in milliseconds
   */
  constructor(most: number, patience: number) {
    this.#most = most;
    this.#patience = patience;
  }

  /** Whether there is room for an answer of that many bytes, which is then taken until the client has it or is gone. */
  admit(response: ServerResponse, bytes: number): boolean {
    if (bytes <= SMALL_BYTES || response.closed) return true;
    if (this.#held + bytes > this.#most) return false;
    this.#held += bytes;
    const patience = setTimeout(() => response.destroy(), this.#patience);
    response.once('close', () => {
      clearTimeout(patience);
      this.#held -= bytes;
    });
    return true;
  }
}
