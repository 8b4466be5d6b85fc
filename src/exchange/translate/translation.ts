/**
 * Translating between APIs, where a client speaks one and a host another. What would change the answer and has no counterpart is refused,
 * never dropped.
 */
import type { StreamEvent } from '../surface.js';
import type { SurfaceName } from '../surface-names.js';

export interface Translation {
  /** The client's surface. */
  readonly from: SurfaceName;
  /** The host's. */
  readonly to: SurfaceName;
  /** As receipts name it. */
  readonly name: string;
  /** The body for the host. Throws `request/untranslatable`, naming the field. */
  request(body: Uint8Array): Uint8Array;
  newAnswer(): AnswerTranslation;
}

/** Translates one answer. A host is hostile: it may send anything. */
export interface AnswerTranslation {
  /** A whole answer or error; null for a body that is no JSON object. Throws `upstream/untranslatable`. */
  body(status: number, value: object | null): Uint8Array;
  /** The blocks, each one whole event, that the client gets for the host's next event. Throws `upstream/untranslatable`. */
  event(event: StreamEvent): readonly Uint8Array[];
  /** The host has closed the stream: the blocks that the client gets for that. */
  end(): readonly Uint8Array[];
}
