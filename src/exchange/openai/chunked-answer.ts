/** Answers that come whole or as a stream of JSON values without types, which ends with `[DONE]`. */
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
  readonly answer: AnswerFacts;
}

export class ChunkedAnswer implements AnswerReader {
  readonly #parts: PartReader;
  failed = false;
  /** Whether something has come that is no part of any answer that is known here. */
  #isOdd = false;

  constructor(parts: PartReader) {
    this.#parts = parts;
  }

  body(value: object | null): boolean {
    return value !== null && this.#parts.add(value);
  }

  /** Throws `upstream/oversized`. */
  event({ data }: StreamEvent): boolean {
    if (data === TERMINAL) return true;
    const value = parsedAnswer(data ?? '');
    if (value !== undefined && this.#parts.add(value)) return false;
    // What is no JSON passes and is committed to like every event, but says nothing that a receipt could repeat.
    this.failed ||= typeof value === 'object' && value !== null && 'error' in value;
    this.#isOdd ||= data !== '';
    return false;
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
