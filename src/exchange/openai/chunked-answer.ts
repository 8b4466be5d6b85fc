/** Answers that come whole or as a stream of JSON values without types, which ends with `[DONE]`. */
import { saysError } from '../host-error.js';
import { parsedAnswer } from '../members.js';
import type { AnswerFacts, AnswerReader, StreamEvent } from '../surface.js';

const TERMINAL = '[DONE]';

/** What understands the values: a whole answer, or the parts of one. */
export interface PartReader {
  /** Takes a whole answer or a part. Returns false when the value is neither. */
  add(value: unknown): boolean;
  /** Whether a part has brought anything of the answer. */
  readonly begun: boolean;
  /** Whether the upstream has said that the model was done. */
  readonly finished: boolean;
  /** Whether a part says that it failed, beside what {@link saysError} finds in any. */
  readonly failed: boolean;
  readonly answer: AnswerFacts;
}

export class ChunkedAnswer implements AnswerReader {
  readonly #parts: PartReader;
  #hasError = false;
  /** Whether something has come that is no part of any answer that is known here. */
  #isOdd = false;

  constructor(parts: PartReader) {
    this.#parts = parts;
  }

  body(value: object | null): boolean {
    if (value === null || !this.#parts.add(value)) return false;
    this.#hasError ||= saysError(value);
    return true;
  }

  /** Throws `upstream/oversized`. */
  event({ type, data }: StreamEvent): boolean {
    if (data === TERMINAL) return true;
    const value = parsedAnswer(data ?? '');
    // What is no JSON passes and is committed to like every event, but says nothing that a receipt could repeat.
    const isPart = value !== undefined && this.#parts.add(value);
    this.#hasError ||= saysError(value) || (!isPart && type === 'error');
    this.#isOdd ||= !isPart && data !== '';
    return false;
  }

  get failed(): boolean {
    return this.#hasError || this.#parts.failed;
  }

  get begun(): boolean {
    return this.#isOdd || this.#parts.begun;
  }

  get finished(): boolean {
    return this.#parts.finished;
  }

  get answer(): AnswerFacts {
    return this.#parts.answer;
  }
}
