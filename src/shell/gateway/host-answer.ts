/** The answer of a host that speaks another API than the client: translated, and read in its own dialect for what a translation cannot carry. */
import type { AnswerFacts, AnswerReader, StreamEvent } from '../../exchange/surface.js';
import type { AnswerTranslation } from '../../exchange/translate/translation.js';

export class HostAnswer implements AnswerTranslation {
  readonly #translation: AnswerTranslation;
  readonly #reader: AnswerReader;

  /** `reader`: one of the host's surface. */
  constructor(translation: AnswerTranslation, reader: AnswerReader) {
    this.#translation = translation;
    this.#reader = reader;
  }

  body(value: object | null, inexact: ReadonlySet<number>): Uint8Array {
    this.#reader.body(value, 'application/json');
    return this.#translation.body(value, inexact);
  }

  /** Whether the host has sent anything of the answer itself. */
  get begun(): boolean {
    return this.#reader.begun;
  }

  event(event: StreamEvent): readonly Uint8Array[] {
    // Of one without data nobody hears (HTML Standard §9.2.6).
    if (event.data === '') return [];
    this.#reader.event(event);
    return this.#translation.event(event);
  }

  /** Whether the host has said that it failed. */
  get failed(): boolean {
    return this.#reader.failed;
  }

  end(): readonly Uint8Array[] {
    return this.#translation.end();
  }

  /**
   * What a receipt says of the answer: as the client got it, but for why the model stopped and for the counts. Those are the host's own: of two
   * reasons of its the client's API may make one, and counts a client may not have asked for, or its API may need a zero where the host said
   * nothing.
   */
  facts(given: AnswerFacts): AnswerFacts {
    const { finish, usage } = this.#reader.answer;
    return { ...given, finish, usage };
  }
}
