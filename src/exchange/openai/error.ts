/** Errors in the shape that OpenAI's clients understand. */
import { canonicalize } from '../../bytes/json.js';
import { concat, utf8 } from '../../bytes/octets.js';
import type { Failure, ReasonCode } from '../../reason.js';
import { failureStatus } from '../failure-status.js';
import type { HostError } from '../host-error.js';
import { membersOf } from '../members.js';
import type { ErrorResponse } from '../surface.js';

type ErrorType =
  | 'invalid_request_error'
  | 'api_error'
  | 'not_found_error'
  | 'requests'
  | 'tokens'
  | 'insufficient_quota';

/** OpenAI's own codes, where it has one that clients look for; ours otherwise. */
const CODES: Partial<Record<ReasonCode, string>> = {
  'request/parameter-invalid': 'invalid_value',
  'request/model-unknown': 'model_not_found',
  'request/route-unknown': 'unknown_url',
  'request/method-refused': 'method_not_supported',
  'access/key-missing': 'invalid_api_key',
  'access/key-unknown': 'invalid_api_key',
  'access/key-expired': 'invalid_api_key',
  'access/key-revoked': 'invalid_api_key',
  'access/requests-exhausted': 'rate_limit_exceeded',
  'access/tokens-exhausted': 'rate_limit_exceeded',
  'access/money-exhausted': 'insufficient_quota',
};

/** What there is too little of, where it is that. */
const TYPES: Partial<Record<ReasonCode, ErrorType>> = {
  'access/requests-exhausted': 'requests',
  'access/tokens-exhausted': 'tokens',
  'access/money-exhausted': 'insufficient_quota',
};

export interface ErrorMembers {
  readonly message: string;
  readonly type: ErrorType;
  readonly param: string | null;
  readonly code: string;
}

/** What stands under `error`. */
export function errorMembers(failure: Failure): ErrorMembers {
  const { message, field, code } = failure;
  return { message, type: typeOf(failure), param: field ?? null, code: CODES[code] ?? code };
}

/** The body is `{"error": {message, type, param, code}}`. */
export function openaiError(failure: Failure): ErrorResponse {
  return { status: failureStatus(failure), body: canonicalize({ error: { ...errorMembers(failure) } }) };
}

/** Clients take an event with an `error` for what it is; a silent end they would take for a short answer. */
export function openaiErrorEvent(failure: Failure): Uint8Array {
  return concat(utf8('data: '), openaiError(failure).body, utf8('\n\n'));
}

/** An upstream's error: `{error: {message, type, param, code}}`. */
export function openaiHostError({ message, type, code }: HostError): { readonly error: object } {
  return { error: { message, type, param: null, code: code ?? type } };
}

/** Whether OpenAI's clients find the message in an error's body. */
export function isOpenaiError(body: object): boolean {
  const message = membersOf(membersOf(body)?.error)?.message;
  return typeof message === 'string' && message !== '';
}

/** Nothing of a receipt that is not there can be wrong in the request. */
function typeOf(failure: Failure): ErrorType {
  if (failure.code.startsWith('receipt/')) return 'not_found_error';
  const type = TYPES[failure.code];
  if (type !== undefined) return type;
  return failureStatus(failure) < 500 ? 'invalid_request_error' : 'api_error';
}
