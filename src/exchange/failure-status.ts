/** The HTTP status of each failure that a client can meet, in whatever shape its API has for errors. */
import type { Failure, ReasonCode } from '../reason.js';

const STATUSES: Partial<Record<ReasonCode, number>> = {
  'request/too-large': 413,
  'request/http-malformed': 400,
  'request/headers-too-large': 431,
  'request/late': 408,
  'request/malformed': 400,
  'request/encoded': 415,
  'request/nonce-malformed': 400,
  'request/parameter-invalid': 400,
  'request/model-unknown': 404,
  'request/surface-unsupported': 404,
  'request/untranslatable': 400,
  'redaction/unreadable': 400,
  'redaction/failed': 500,
  'request/route-unknown': 404,
  'request/method-refused': 405,
  'request/host-refused': 403,
  'access/key-missing': 401,
  'access/key-unknown': 401,
  'access/key-expired': 401,
  'access/key-revoked': 401,
  'access/model-refused': 403,
  'access/money-unpriced': 403,
  // Not 429: waiting does not help.
  'access/request-over-limit': 400,
  'access/requests-exhausted': 429,
  'access/tokens-exhausted': 429,
  'access/money-exhausted': 429,
  'access/ledger-unavailable': 503,
  'receipt/unknown': 404,
  'receipt/pending': 404,
  'receipt/not-included': 404,
  'closing/unknown': 404,
  'log/entry-denied': 451,
  'upstream/unreachable': 502,
  'upstream/timeout': 504,
  'upstream/broken': 502,
  'upstream/garbage': 502,
  'upstream/oversized': 502,
  'upstream/circuit-open': 503,
  'upstream/untranslatable': 502,
  'gateway/busy': 503,
  'gateway/opening': 503,
  'gateway/closing': 503,
  'log/unavailable': 503,
  'epoch/journal-unavailable': 503,
  'archive/unavailable': 503,
  'archive/unknown': 404,
  'vault/unavailable': 503,
};

/** 500 for a code that no client should meet. */
export function failureStatus({ code }: Failure): number {
  return STATUSES[code] ?? 500;
}
