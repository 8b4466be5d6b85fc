/** A client of the behaviour suite: an SDK that people use, at one surface. */
import type { SurfaceName } from '../../../src/exchange/surface-names.js';
import type { Question, Seen } from './conversation.js';
import type { Members } from './host.js';

/** What an SDK is given. */
export interface Connection {
  /** The gateway, such as `http://127.0.0.1:4711`. */
  readonly address: string;
  readonly fetch: typeof globalThis.fetch;
  readonly key: string;
  readonly model: string;
  /** How often the SDK may ask again by itself. */
  readonly retries: number;
}

export interface Asking {
  readonly stream: boolean;
  readonly signal?: AbortSignal;
  /** Told of each piece of a streamed answer as it comes. */
  readonly onPiece?: () => void;
}

/** What an application can tell from what an SDK throws. */
export interface Told {
  /** The name of the error's class. */
  readonly kind: string;
  readonly message: string;
  readonly status: number | null;
  /** The header, as it came. */
  readonly retryAfter: string | null;
}

export interface Client {
  readonly name: string;
  readonly surface: SurfaceName;
  /** The type of a tool's call there. */
  readonly callType: string;
  /** The name of the error's class for an HTTP status. */
  errorOf(status: number): string;
  /** The name of what is thrown when the application breaks off, before the answer and in the middle of a stream. */
  readonly aborted: { readonly before: string; readonly during: string };
  /** Why it never sends a temperature that no API takes; undefined where it does. */
  readonly clamps?: string;
  /** The parts of a request of its that are not text, in their order. */
  attachments(request: Members): readonly object[];
  /** Rejects as the SDK does. */
  ask(connection: Connection, question: Question, asking: Asking): Promise<Seen>;
  told(error: unknown): Told;
}

/** The classes of both OpenAI's and Anthropic's SDKs. */
export function sdkError(status: number): string {
  const names: Readonly<Record<number, string>> = {
    400: 'BadRequestError',
    401: 'AuthenticationError',
    403: 'PermissionDeniedError',
    404: 'NotFoundError',
    409: 'ConflictError',
    422: 'UnprocessableEntityError',
    429: 'RateLimitError',
  };
  return names[status] ?? (status >= 500 ? 'InternalServerError' : 'APIError');
}

/** What both SDKs say in an error of theirs; of anything else, its name and message. */
export function toldBySdk(error: unknown): Told {
  const { status, headers, message } = error as {
    readonly status?: unknown;
    readonly headers?: Headers;
    readonly message?: unknown;
  };
  return {
    // What a signal gives as its reason has its kind as a name.
    kind: error instanceof DOMException ? error.name : (error as object).constructor.name,
    message: String(message),
    status: typeof status === 'number' ? status : null,
    retryAfter: headers?.get('retry-after') ?? null,
  };
}

/** The parts that are not of these types. */
export function partsBut(content: unknown, ...types: readonly string[]): object[] {
  const parts = Array.isArray(content) ? (content as { readonly type: string }[]) : [];
  return parts.filter(({ type }) => !types.includes(type));
}
