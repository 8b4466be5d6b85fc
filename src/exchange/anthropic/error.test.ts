import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../bytes/octets.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { EventSplitter, eventData } from '../server-sent-events.js';
import { anthropicError, anthropicErrorEvent } from './error.js';

describe("errors in Anthropic's shape", () => {
  it.each<[code: ReasonCode, status: number, type: string]>([
    ['request/malformed', 400, 'invalid_request_error'],
    ['request/parameter-invalid', 400, 'invalid_request_error'],
    ['request/method-refused', 405, 'invalid_request_error'],
    ['request/host-refused', 403, 'permission_error'],
    ['request/model-unknown', 404, 'not_found_error'],
    ['request/surface-unsupported', 404, 'not_found_error'],
    ['request/too-large', 413, 'request_too_large'],
    ['gateway/fault', 500, 'api_error'],
    ['upstream/broken', 502, 'api_error'],
    ['gateway/busy', 503, 'overloaded_error'],
    ['upstream/timeout', 504, 'timeout_error'],
  ])('%s', (code, status, type) => {
    const failure = new Failure(code, { field: 'model' });
    const { status: given, body } = anthropicError(failure);
    expect(given).toBe(status);
    expect(JSON.parse(fromUtf8(body) ?? '')).toEqual({
      type: 'error',
      error: { type, message: failure.message },
    });
    expect(failure.message).toContain(code);
  });

  it('in a stream it is an event under its name', () => {
    const [block] = new EventSplitter(1000).push(anthropicErrorEvent(new Failure('upstream/broken')));
    const event = block?.event;
    if (!event?.event) throw new Error('not an event with a name');
    expect(fromUtf8(event.event)).toBe('error');
    expect(JSON.parse(fromUtf8(eventData(event)) ?? '')).toMatchObject({ error: { type: 'api_error' } });
  });
});
