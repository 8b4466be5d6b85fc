/**
 * A translation: a client speaks one API's dialect and the host another's. What both have is said in the other's words; what only one has
 * and would change the answer is refused by name, never left out in silence. docs/translation.md has the tables.
 */
import type { ChatWords } from '../chat-words.js';
import type { StreamEvent } from '../surface.js';
import type { SurfaceName } from '../surface-names.js';

export interface Translation {
  /** The surface that the client asks at. */
  readonly from: SurfaceName;
  /** The surface that the host is asked at. */
  readonly to: SurfaceName;
  /** As receipts name it among the transforms. */
  readonly name: string;
  /** Headers that the host's API needs and that a client of the other does not send; lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Throws `request/untranslatable`, naming the member that has no counterpart and would change the answer, or that cannot be read, and
   * `request/number-inexact`, naming the member with a number that would be another one for the host.
   *
   * @param words in which the host's chat completions can be asked, where it is asked for such; OpenAI's where none are given
   */
  request(body: Uint8Array, words?: ChatWords): TranslatedRequest;
}

export interface TranslatedRequest {
  /** The body for the host. */
  readonly body: Uint8Array;
  /**
   * What a receipt names as transforms: the translation, then each thing that was added or left out on the way; see docs/translation.md.
   */
  readonly transforms: readonly string[];
  /** `now`: milliseconds since 1970, for a dialect whose answers say when they were made. */
  newAnswer(now: number): AnswerTranslation;
}

/** Translates the one answer to a request. A host is hostile: whatever it sends, nothing but `upstream/untranslatable` and `upstream/number-inexact` is thrown. */
export interface AnswerTranslation {
  /**
   * The bytes that the client gets for a whole answer of the host's that is no error. `value`: its JSON, or null where it is none; `inexact`: the
   * `inexactNumbers` of its text. Throws `upstream/untranslatable` or `upstream/number-inexact`.
   */
  body(value: object | null, inexact: ReadonlySet<number>): Uint8Array;
  /** The blocks, each one whole event with its blank line, that the client gets for the next event. Throws as {@link body} does. */
  event(event: StreamEvent): readonly Uint8Array[];
  /** The host closed the stream: what the client has not been told yet of an answer that the host said was done. */
  end(): readonly Uint8Array[];
}
