/** Errors in the shape that Anthropic's clients understand. They have no code; ours is in the message and in a header. */
import { canonicalize } from '../../bytes/json.js';
import { concat, utf8 } from '../../bytes/octets.js';
import type { Failure } from '../../reason.js';
import { failureStatus } from '../failure-status.js';
import type { HostError } from '../host-error.js';
import { membersOf } from '../members.js';
import type { ErrorResponse } from '../surface.js';

/** Of the types that the API documents, those that have a status of their own here. */
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

/** The body is `{"type": "error", "error": {type, message}}`. */
export function anthropicError(failure: Failure): ErrorResponse {
  const status = failureStatus(failure);
  const type = TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return { status, body: canonicalize({ type: 'error', error: { type, message: failure.message } }) };
}

/** An upstream's error: `{type: "error", error: {type, message}}`. */
export function anthropicHostError({ message, type }: HostError): {
  readonly type: 'error';
  readonly error: object;
} {
  return { type: 'error', error: { type, message } };
}

/** Whether Anthropic's clients find the message, and its type, in an error's body. */
export function isAnthropicError(body: object): boolean {
  const outermost = membersOf(body);
  const error = membersOf(outermost?.error);
  const isTyped = outermost?.type === 'error' && typeof error?.type === 'string';
  return isTyped && typeof error.message === 'string' && error.message !== '';
}

export function anthropicErrorEvent(failure: Failure): Uint8Array {
  return concat(utf8('event: error\ndata: '), anthropicError(failure).body, utf8('\n\n'));
}
