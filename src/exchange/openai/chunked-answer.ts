/** Answers that come whole or as a stream of JSON values without types, which ends with `[DONE]`. */
import type { AnswerFacts, AnswerReader, StreamEvent } from '../surface.js';

const TERMINAL = '[DONE]';

/** What understands the values: a whole answer, or the parts of one. */
export interface PartReader {
  /** Takes a whole answer or a part. Returns false when the value is neither. */
  add(value: unknown): boolean;
  /** Whether the upstream has said that the model was done. */
  readonly finished: boolean;
  readonly answer: AnswerFacts;
}

export class ChunkedAnswer implements AnswerReader {
  readonly #parts: PartReader;
  failed = false;

  constructor(parts: PartReader) {
    this.#parts = parts;
  }

  body(value: object | null): boolean {
    return value !== null && this.#parts.add(value);
  }

  event({ data }: StreamEvent): boolean {
    if (data === TERMINAL) return true;
    try {
      const value: unknown = JSON.parse(data ?? '');
      if (!this.#parts.add(value))
        this.failed ||= typeof value === 'object' && value !== null && 'error' in value;
    } catch {
      // Not JSON: it passes and is committed to like every event, but says nothing that a receipt could repeat.
    }
    return false;
  }

  get finished(): boolean {
    return this.#parts.finished;
  }

  get answer(): AnswerFacts {
    return this.#parts.answer;
  }
}
