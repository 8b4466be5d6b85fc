/** Errors in the shape that Google's clients understand. */
import { canonicalize } from '../../bytes/json.js';
import { concat, utf8 } from '../../bytes/octets.js';
import type { Failure } from '../../reason.js';
import { failureStatus } from '../failure-status.js';
import type { ErrorResponse } from '../surface.js';

/** The canonical codes of google.rpc.Code for those of our HTTP statuses that have one of their own. */
const STATUSES: Readonly<Record<number, string>> = {
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  500: 'INTERNAL',
  504: 'DEADLINE_EXCEEDED',
};

/** The body is `{"error": {code, message, status}}`; `code` is the HTTP status, and our own is in the message. */
export function googleError(failure: Failure): ErrorResponse {
  const code = failureStatus(failure);
  const status = STATUSES[code] ?? (code < 500 ? 'INVALID_ARGUMENT' : 'UNAVAILABLE');
  return { status: code, body: canonicalize({ error: { code, message: failure.message, status } }) };
}

export function googleErrorEvent(failure: Failure): Uint8Array {
  return concat(utf8('data: '), googleError(failure).body, utf8('\n\n'));
}
