import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../bytes/octets.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { EventSplitter, eventData } from '../server-sent-events.js';
import { googleError, googleErrorEvent } from './error.js';

describe('errors as Google’s clients know them', () => {
  it.each<[code: ReasonCode, http: number, status: string]>([
    ['request/malformed', 400, 'INVALID_ARGUMENT'],
    ['request/host-refused', 403, 'PERMISSION_DENIED'],
    ['request/model-unknown', 404, 'NOT_FOUND'],
    ['request/method-refused', 405, 'INVALID_ARGUMENT'],
    ['request/too-large', 413, 'INVALID_ARGUMENT'],
    ['gateway/fault', 500, 'INTERNAL'],
    ['upstream/broken', 502, 'UNAVAILABLE'],
    ['gateway/busy', 503, 'UNAVAILABLE'],
    ['upstream/timeout', 504, 'DEADLINE_EXCEEDED'],
  ])('%s: %i, %s', (code, http, status) => {
    const failure = new Failure(code);
    const { status: sent, body } = googleError(failure);
    expect(sent).toBe(http);
    expect(JSON.parse(fromUtf8(body) ?? '')).toEqual({
      error: { code: http, message: failure.message, status },
    });
  });

  it('in a stream are one event', () => {
    const failure = new Failure('upstream/broken');
    const [block, ...more] = new EventSplitter(4096).push(googleErrorEvent(failure));
    expect(more).toEqual([]);
    expect(block?.event?.event).toBeNull();
    expect(block?.event && eventData(block.event)).toEqual(googleError(failure).body);
  });
});
