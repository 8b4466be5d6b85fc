/** What an attempt that failed says about the next one. */
import { retryAfter } from '../../../exchange/retry-after.js';
import type { Upstream, UpstreamFailure, UpstreamHead } from '../../../exchange/upstream.js';
import type { Setback } from './route-plan.js';

/** Statuses that say what is wrong with us as this upstream's customer, or that it does not have the model: others may be no such trouble. */
const ELSEWHERE: ReadonlySet<number> = new Set([401, 402, 403, 404]);

/**
 * For an answer that begins so; null for one that is to be passed on. `now`: milliseconds since 1970. An upstream that says `x-should-retry: false`, as
 * it does to the SDKs, is not asked again.
 */
export function statusSetback(
  { status, headers }: Pick<UpstreamHead, 'status' | 'headers'>,
  now: number,
  upstream: Pick<Upstream, 'isTransient'>,
): Setback | null {
  const isTransient = upstream.isTransient(status);
  if (!isTransient && !ELSEWHERE.has(status)) return null;
  const transient = isTransient && headers['x-should-retry'] !== 'false';
  return { transient, elsewhere: true, retryAfter: retryAfter(headers, now) };
}

/** For an attempt that got no complete answer. */
export function failureSetback(failure: UpstreamFailure): Setback {
  // Who was slow once is slow again, and has had the client's patience.
  const transient = failure.kind !== 'timeout' || failure.phase === 'connect';
  return { transient, elsewhere: true, retryAfter: null };
}
