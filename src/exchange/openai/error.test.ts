import { readFileSync } from 'node:fs';
import { APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../bytes/octets.js';
import { Failure, isReasonCode, type ReasonCode } from '../../reason.js';
import { openaiError } from './error.js';

interface Shape {
  readonly status: number;
  readonly type: string;
  readonly code: string;
}

const shapeOf = (failure: Failure) => {
  const { status, body } = openaiError(failure);
  const { error } = JSON.parse(fromUtf8(body) ?? '') as { error: Record<string, unknown> };
  return { status, error };
};

/** Every failure that a client of the gateway can meet. */
const ROWS: readonly [code: ReasonCode, shape: Shape][] = [
  ['request/too-large', { status: 413, type: 'invalid_request_error', code: 'request/too-large' }],
  ['request/http-malformed', { status: 400, type: 'invalid_request_error', code: 'request/http-malformed' }],
  [
    'request/headers-too-large',
    { status: 431, type: 'invalid_request_error', code: 'request/headers-too-large' },
  ],
  ['request/late', { status: 408, type: 'invalid_request_error', code: 'request/late' }],
  ['request/malformed', { status: 400, type: 'invalid_request_error', code: 'request/malformed' }],
  ['request/encoded', { status: 415, type: 'invalid_request_error', code: 'request/encoded' }],
  [
    'request/nonce-malformed',
    { status: 400, type: 'invalid_request_error', code: 'request/nonce-malformed' },
  ],
  ['request/parameter-invalid', { status: 400, type: 'invalid_request_error', code: 'invalid_value' }],
  [
    'request/background-refused',
    { status: 400, type: 'invalid_request_error', code: 'request/background-refused' },
  ],
  [
    'request/response-not-kept',
    { status: 404, type: 'invalid_request_error', code: 'request/response-not-kept' },
  ],
  ['request/model-unknown', { status: 404, type: 'invalid_request_error', code: 'model_not_found' }],
  [
    'request/surface-unsupported',
    { status: 404, type: 'invalid_request_error', code: 'request/surface-unsupported' },
  ],
  ['request/route-unknown', { status: 404, type: 'invalid_request_error', code: 'unknown_url' }],
  ['request/method-refused', { status: 405, type: 'invalid_request_error', code: 'method_not_supported' }],
  ['request/host-refused', { status: 403, type: 'invalid_request_error', code: 'request/host-refused' }],
  ['receipt/unknown', { status: 404, type: 'not_found_error', code: 'receipt/unknown' }],
  ['receipt/pending', { status: 404, type: 'not_found_error', code: 'receipt/pending' }],
  ['receipt/not-included', { status: 404, type: 'not_found_error', code: 'receipt/not-included' }],
  ['log/entry-denied', { status: 451, type: 'invalid_request_error', code: 'log/entry-denied' }],
  ['redaction/unreadable', { status: 400, type: 'invalid_request_error', code: 'redaction/unreadable' }],
  ['redaction/failed', { status: 500, type: 'api_error', code: 'redaction/failed' }],
  ['upstream/unreachable', { status: 502, type: 'api_error', code: 'upstream/unreachable' }],
  ['upstream/timeout', { status: 504, type: 'api_error', code: 'upstream/timeout' }],
  ['upstream/broken', { status: 502, type: 'api_error', code: 'upstream/broken' }],
  ['upstream/garbage', { status: 502, type: 'api_error', code: 'upstream/garbage' }],
  ['request/untranslatable', { status: 400, type: 'invalid_request_error', code: 'request/untranslatable' }],
  ['request/number-inexact', { status: 400, type: 'invalid_request_error', code: 'request/number-inexact' }],
  ['upstream/number-inexact', { status: 502, type: 'api_error', code: 'upstream/number-inexact' }],
  ['upstream/untranslatable', { status: 502, type: 'api_error', code: 'upstream/untranslatable' }],
  ['upstream/circuit-open', { status: 503, type: 'api_error', code: 'upstream/circuit-open' }],
  ['upstream/unattested', { status: 502, type: 'api_error', code: 'upstream/unattested' }],
  ['upstream/oversized', { status: 502, type: 'api_error', code: 'upstream/oversized' }],
  ['gateway/busy', { status: 503, type: 'api_error', code: 'gateway/busy' }],
  ['gateway/opening', { status: 503, type: 'api_error', code: 'gateway/opening' }],
  ['gateway/closing', { status: 503, type: 'api_error', code: 'gateway/closing' }],
  ['gateway/fault', { status: 500, type: 'api_error', code: 'gateway/fault' }],
  ['log/unavailable', { status: 503, type: 'api_error', code: 'log/unavailable' }],
  ['archive/unavailable', { status: 503, type: 'api_error', code: 'archive/unavailable' }],
  ['vault/unavailable', { status: 503, type: 'api_error', code: 'vault/unavailable' }],
];

/** Codes of the same families that no answer carries, and why. */
const NEVER_ANSWERED: Partial<Record<ReasonCode, string>> = {
  'request/too-many-entries': 'given under the paths of logs, as plain text',
  'request/body-malformed': 'given under the paths of logs, witnesses and mirrors, as plain text',
  'upstream/error': "the upstream's own answer is passed on, or said in the API's words",
};

describe("errors in OpenAI's shape", () => {
  it.each(ROWS)('%s', (code, { status, ...error }) => {
    expect(shapeOf(new Failure(code))).toEqual({
      status,
      error: { ...error, message: expect.stringContaining(code), param: null },
    });
  });

  it('the member that is wrong is named', () => {
    const { error } = shapeOf(new Failure('request/parameter-invalid', { field: 'temperature' }));
    expect(error).toMatchObject({ param: 'temperature', message: expect.stringContaining('temperature') });
  });

  it('a code that no client should meet is a fault of ours', () => {
    expect(shapeOf(new Failure('data/locked'))).toMatchObject({
      status: 500,
      error: { type: 'api_error', code: 'data/locked' },
    });
  });

  it("OpenAI's client takes each for what it is", () => {
    for (const [code, shape] of ROWS) {
      const { status, error } = shapeOf(new Failure(code, { field: 'model' }));
      const thrown = APIError.generate(status, { error }, undefined, new Headers());
      expect(thrown).toMatchObject({ status, code: shape.code, type: shape.type, param: 'model' });
    }
  });

  it('every code of the request, the upstream and the gateway has a row here', () => {
    const reasons: object = JSON.parse(
      readFileSync(new URL('../../../spec/reasons.json', import.meta.url), 'utf8'),
    );
    const codes = Object.keys(reasons).filter(code => /^(?:request|upstream|gateway)\//.test(code));
    const rows = new Set<string>(ROWS.map(([code]) => code));
    expect(codes.filter(code => !rows.has(code) && !Object.hasOwn(NEVER_ANSWERED, code))).toEqual([]);
    expect(Object.keys(NEVER_ANSWERED).every(isReasonCode)).toBe(true);
  });
});
