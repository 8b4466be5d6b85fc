/** Errors in the shape that Google's clients understand. */
import { canonicalize } from '../../bytes/json.js';
import { concat, utf8 } from '../../bytes/octets.js';
import type { Failure } from '../../reason.js';
import { failureStatus } from '../failure-status.js';
import type { HostError } from '../host-error.js';
import { membersOf } from '../members.js';
import type { ErrorResponse } from '../surface.js';

/** The canonical codes of google.rpc.Code for the HTTP statuses that have one of their own. */
const STATUSES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  504: 'DEADLINE_EXCEEDED',
};

/** The body is `{"error": {code, message, status}}`; `code` is the HTTP status, and our own is in the message. */
export function googleError(failure: Failure): ErrorResponse {
  const code = failureStatus(failure);
  return { status: code, body: canonicalize(bodyOf(code, failure.message)) };
}

/** An upstream's error, in the same shape. `code`: its HTTP status. */
export function googleHostError({ message }: HostError, code: number): { readonly error: object } {
  return bodyOf(code, message);
}

/** Whether Google's clients find the message in an error's body, which some methods put into a list. */
export function isGoogleError(body: object): boolean {
  const outermost: unknown = Array.isArray(body) ? body[0] : body;
  const message = membersOf(membersOf(outermost)?.error)?.message;
  return typeof message === 'string' && message !== '';
}

function bodyOf(code: number, message: string) {
  const status = STATUSES[code] ?? (code < 500 ? 'INVALID_ARGUMENT' : 'UNAVAILABLE');
  return { error: { code, message, status } };
}

export function googleErrorEvent(failure: Failure): Uint8Array {
  return concat(utf8('data: '), googleError(failure).body, utf8('\n\n'));
}
