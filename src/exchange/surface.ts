/**
 * A surface: one endpoint of one API, as data and pure functions. The gateway serves all of them in the same way and knows nothing of
 * any; bodies and events pass through unchanged, and what a surface reads of them is what a receipt says.
 */
import type { Failure } from '../reason.js';
import type { Parameters, Usage } from './parameters.js';
import type { SurfaceName } from './surface-names.js';
import type { ToolCall } from './tool-call.js';
import type { KeyHeader } from './upstream.js';

/** What the gateway needs to know of a request. */
export interface RequestFacts {
  /** The model as the client named it, any text at all; null where the API lets the client leave that open. */
  readonly model: string | null;
  readonly stream: boolean;
  /** Those that the client set and that may be public. Everything else is covered by the commitment to the request. */
  readonly parameters: Parameters;
  /** The bytes of each part of the request that is not text: an image, a sound, a file. */
  readonly attachments: readonly Uint8Array[];
}

/** What a receipt says of an answer, as far as the upstream said it. */
export interface AnswerFacts {
  /** The model that the upstream says has answered; any text at all. */
  readonly model: string | null;
  /** The finish reason of each choice, as returned. */
  readonly finish: readonly string[];
  readonly usage: Usage | null;
  readonly toolCalls: readonly ToolCall[];
}

/** One server-sent event, its fields as text; null for a field that is missing or not UTF-8. */
export interface StreamEvent {
  readonly type: string | null;
  readonly data: string | null;
}

/** Gathers one answer from its parts: the one body, or the events of a stream. An upstream is hostile: it may send anything, without end. */
export interface AnswerReader {
  /**
   * Takes the whole of an answer: its JSON object, or null for a body that is none. Returns false when this is no answer of the surface.
   */
  body(value: object | null, mediaType: string): boolean;
  /** Takes the next event of a stream. Returns whether it is the one that ends the stream. */
  event(event: StreamEvent): boolean;
  /** Whether the upstream has said that the model was done, so that a stream may close without an event that ends it. */
  readonly finished: boolean;
  /** Whether the upstream has said that it failed. */
  readonly failed: boolean;
  readonly answer: AnswerFacts;
}

export interface ErrorResponse {
  /** The HTTP status. */
  readonly status: number;
  readonly body: Uint8Array;
}

/** What all surfaces of one API have in common. */
export interface Api {
  /** The header in which an upstream takes a key. */
  readonly keyHeader: KeyHeader;
  /** The client's headers that mean something in this API, its key's included; lower case. */
  readonly clientHeaders: readonly string[];
  /** A failure as the whole of an answer. */
  failureBody(failure: Failure): ErrorResponse;
  /** A failure as the last event of a stream, the blank line included. `sequence`: how many events came before it. */
  failureEvent(failure: Failure, sequence: number): Uint8Array;
}

export interface Surface extends Api {
  readonly name: SurfaceName;
  /** Whether an answer may come as a stream. */
  readonly streams: boolean;
  /** The finish reasons that the API documents, and that may stand in the log; any other is the upstream's own text. */
  readonly finishReasons: ReadonlySet<string>;
  /**
   * Reads a request. Throws `request/malformed` for what is none of this surface, and `request/parameter-invalid` naming the parameter.
   * `contentType`: the header as it came, or the empty string.
   */
  readRequest(body: Uint8Array, contentType: string): RequestFacts;
  newReader(): AnswerReader;
}
