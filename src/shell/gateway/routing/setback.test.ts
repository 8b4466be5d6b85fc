import { describe, expect, it } from 'vitest';
import { failureSetback, statusSetback } from './setback.js';

const upstream = { isTransient: (status: number) => status === 503 };
const setback = (status: number, headers: Record<string, string> = {}) =>
  statusSetback({ status, headers }, 0, upstream);

describe('an answer', () => {
  it.each<[status: number, headers: Record<string, string>, transient: boolean, retryAfter: number | null]>([
    [503, {}, true, null],
    [503, { 'retry-after': '2' }, true, 2000],
    [503, { 'x-should-retry': 'true' }, true, null],
    // The upstream knows that the same request will fare no better there; somebody else may answer it.
    [503, { 'x-should-retry': 'false' }, false, null],
    [503, { 'x-should-retry': 'false', 'retry-after': '2' }, false, 2000],
    [503, { 'x-should-retry': 'False' }, true, null],
    [401, {}, false, null],
    [404, { 'x-should-retry': 'true' }, false, null],
    [404, { 'x-should-retry': 'false' }, false, null],
  ])('%d %j: another upstream may be asked, the same again: %s', (status, headers, transient, retryAfter) => {
    expect(setback(status, headers)).toEqual({ transient, elsewhere: true, retryAfter });
  });

  it.each([200, 400, 422])('%d is passed on', status => {
    expect(setback(status, { 'x-should-retry': 'true' })).toBeNull();
  });
});

it('who was slow in the middle of an answer is not asked again', () => {
  expect(failureSetback({ kind: 'timeout', phase: 'idle' }).transient).toBe(false);
  expect(failureSetback({ kind: 'timeout', phase: 'connect' }).transient).toBe(true);
});
