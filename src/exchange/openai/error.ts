/** Errors in the shape that OpenAI's clients understand. */
import { canonicalize } from '../../bytes/json.js';
import { concat, utf8 } from '../../bytes/octets.js';
import type { Failure, ReasonCode } from '../../reason.js';
import type { ErrorResponse } from '../surface.js';

interface ErrorShape {
  /** The HTTP status. */
  readonly status: number;
  readonly type: 'invalid_request_error' | 'api_error' | 'not_found_error';
  /** OpenAI's own code where it has one that clients look for; ours otherwise. */
  readonly code?: string;
}

/** One row for each failure that a client of the API can meet. */
const SHAPES: Partial<Record<ReasonCode, ErrorShape>> = {
  'request/too-large': { status: 413, type: 'invalid_request_error' },
  'request/http-malformed': { status: 400, type: 'invalid_request_error' },
  'request/headers-too-large': { status: 431, type: 'invalid_request_error' },
  'request/late': { status: 408, type: 'invalid_request_error' },
  'request/malformed': { status: 400, type: 'invalid_request_error' },
  'request/encoded': { status: 415, type: 'invalid_request_error' },
  'request/parameter-invalid': { status: 400, type: 'invalid_request_error', code: 'invalid_value' },
  'request/model-unknown': { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
  'request/surface-unsupported': { status: 404, type: 'invalid_request_error' },
  'request/route-unknown': { status: 404, type: 'invalid_request_error', code: 'unknown_url' },
  'request/method-refused': { status: 405, type: 'invalid_request_error', code: 'method_not_supported' },
  'request/host-refused': { status: 403, type: 'invalid_request_error' },
  'receipt/unknown': { status: 404, type: 'not_found_error' },
  'receipt/pending': { status: 404, type: 'not_found_error' },
  'receipt/not-included': { status: 404, type: 'not_found_error' },
  'log/entry-denied': { status: 451, type: 'invalid_request_error' },
  'upstream/unreachable': { status: 502, type: 'api_error' },
  'upstream/timeout': { status: 504, type: 'api_error' },
  'upstream/broken': { status: 502, type: 'api_error' },
  'upstream/garbage': { status: 502, type: 'api_error' },
  'upstream/oversized': { status: 502, type: 'api_error' },
  'gateway/busy': { status: 503, type: 'api_error' },
  'gateway/opening': { status: 503, type: 'api_error' },
  'gateway/closing': { status: 503, type: 'api_error' },
  'log/unavailable': { status: 503, type: 'api_error' },
  'vault/unavailable': { status: 503, type: 'api_error' },
};

export interface ErrorMembers {
  readonly message: string;
  readonly type: ErrorShape['type'];
  readonly param: string | null;
  readonly code: string;
}

/** What stands under `error`. */
export function errorMembers(failure: Failure): ErrorMembers {
  const { type, code } = shapeOf(failure);
  return { message: failure.message, type, param: failure.field ?? null, code: code ?? failure.code };
}

/** The body is `{"error": {message, type, param, code}}`. */
export function openaiError(failure: Failure): ErrorResponse {
  return { status: shapeOf(failure).status, body: canonicalize({ error: { ...errorMembers(failure) } }) };
}

/** Clients take an event with an `error` for what it is; a silent end they would take for a short answer. */
export function openaiErrorEvent(failure: Failure): Uint8Array {
  return concat(utf8('data: '), openaiError(failure).body, utf8('\n\n'));
}

function shapeOf({ code }: Failure): ErrorShape {
  return SHAPES[code] ?? { status: 500, type: 'api_error' };
}
