/**
 * A surface: one endpoint of one API, as data and pure functions. The gateway serves all of them in the same way and knows nothing of
 * any; bodies and events pass through unchanged, and what a surface reads of them is what a receipt says.
 */
import type { Failure } from '../reason.js';
import type { AnswerImage } from './answer-image.js';
import type { HostError } from './host-error.js';
import type { KeyHeader } from './key-header.js';
import type { Usage } from './parameters.js';
import type { SetParameters } from './set-parameters.js';
import type { Dialect, SurfaceName } from './surface-names.js';
import type { ToolCall } from './tool-call.js';

/** What the target of a request says beside which surface it is for. */
export interface RequestTarget {
  /** What its path names as the model, decoded; null for a surface whose path names none. */
  readonly model: string | null;
  readonly query: URLSearchParams;
}

/** What the gateway needs to know of a request. */
export interface RequestFacts extends SetParameters {
  /** The model as the client named it, any text at all; null where the API lets the client leave that open. */
  readonly model: string | null;
  readonly stream: boolean;
  /** The bytes of each part of the request that is not text: an image, a sound, a file. */
  readonly attachments: readonly Uint8Array[];
}

/** What a receipt says of an answer, as far as the upstream said it. */
export interface AnswerFacts {
  /** The model that the upstream says has answered; any text at all. */
  readonly model: string | null;
  /** The finish reason of each choice, as the host returned it. */
  readonly finish: readonly string[];
  readonly usage: Usage | null;
  readonly toolCalls: readonly ToolCall[];
  /** In their order; those that a stream shows before they are done are none of them. */
  readonly images: readonly AnswerImage[];
}

/** One server-sent event, its fields as text; null for a field that is missing or not UTF-8. */
export interface StreamEvent {
  readonly type: string | null;
  readonly data: string | null;
}

/** Gathers one answer from its parts: the one body, or the events of a stream. An upstream is hostile: it may send anything, without end. */
export interface AnswerReader {
  /**
   * Takes the whole of an answer: its JSON object or array, or null for a body that is neither. Returns false when this is no answer of
   * the surface.
   */
  body(value: object | null, mediaType: string): boolean;
  /** Takes the next event of a stream. Returns whether it is the one that ends the stream. */
  event(event: StreamEvent): boolean;
  /**
   * Whether an event of the answer itself has come, and not only such as say that there will be one. What is not known is taken for a part of it, and so is
   * an error.
   */
  readonly begun: boolean;
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
  readonly dialect: Dialect;
  /** What the paths of its surfaces begin with: its version. An upstream's base ends with the same, or with what it has in its place. */
  readonly base: `/${string}`;
  /** What their paths may begin with instead when a client asks: other versions in which they are the same. */
  readonly otherBases: readonly `/${string}`[];
  /** The headers in which a client may have its key, the usual one first. */
  readonly keyHeaders: readonly [KeyHeader, ...KeyHeader[]];
  /** The client's headers that mean something in this API, but for its key's; lower case. */
  readonly clientHeaders: readonly string[];
  /** The member of a query in which a client may have its key instead; it goes on in the header. Null where there is none. */
  readonly keyQuery: string | null;
  /** The members of a query that mean something in this API. */
  readonly clientQuery: readonly string[];
  /** Whether its clients pass over an event when a comment stands in its block: then ours stand in blocks of their own. */
  readonly commentsApart: boolean;
  /**
   * Whether a client that asks for a stream, with this query, surely reads server-sent events, so that it may be sent some before any host has answered; any
   * other may have to be given a body.
   */
  readonly awaitsEvents: (query: URLSearchParams) => boolean;
  /** A failure as the whole of an answer. */
  failureBody(failure: Failure): ErrorResponse;
  /** Whether its clients find the message in the body of an upstream's error. */
  isError(body: object): boolean;
  /** An upstream's error as the whole of an answer. `status`: that of the answer. */
  hostErrorBody(error: HostError, status: number): object;
  /** A failure as the last event of a stream, the blank line included. `sequence`: how many events came before it. */
  failureEvent(failure: Failure, sequence: number): Uint8Array;
}

export interface Surface extends Api {
  readonly name: SurfaceName;
  /** Its path below the API's base, for example `/chat/completions`; `{model}` stands for the model's name. */
  readonly path: `/${string}`;
  /** What a request has as its body. JSON is sent on under that name, whatever a client calls it; what a form's header says is a part of it. */
  readonly requestBody: 'json' | 'form';
  /** Whether an answer may come as a stream. */
  readonly streams: boolean;
  /** The finish reasons that the API documents, and that may stand in the log; any other is the upstream's own text. */
  readonly finishReasons: ReadonlySet<string>;
  /**
   * Reads a request. Throws `request/malformed` for what is none of this surface, and `request/parameter-invalid` naming a parameter that
   * the gateway acts on and does not understand. `contentType`: the header as it came, or the empty string.
   */
  readRequest(body: Uint8Array, contentType: string, target: RequestTarget): RequestFacts;
  /** The body of a request that {@link readRequest} has read, with another model where it names one and everything else as it came. */
  withModel(body: Uint8Array, contentType: string, model: string): Uint8Array;
  newReader(): AnswerReader;
}
