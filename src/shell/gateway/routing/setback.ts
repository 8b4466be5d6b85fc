/** What an attempt that failed says about the next one. */
import type { Upstream, UpstreamFailure } from '../../../exchange/upstream.js';
import type { Setback } from './route-plan.js';

/** Statuses that say what is wrong with us as this upstream's customer, or that it does not have the model: others may be no such trouble. */
const ELSEWHERE: ReadonlySet<number> = new Set([401, 402, 403, 404]);

/** For an answer with this HTTP status; null for one that is to be passed on. `retryAfter`: milliseconds, or null. */
export function statusSetback(
  status: number,
  retryAfter: number | null,
  upstream: Pick<Upstream, 'isTransient'>,
): Setback | null {
  if (upstream.isTransient(status)) return { transient: true, elsewhere: true, retryAfter };
  return ELSEWHERE.has(status) ? { transient: false, elsewhere: true, retryAfter } : null;
}

/** For an attempt that got no complete answer. */
export function failureSetback(failure: UpstreamFailure): Setback {
  // Who was slow once is slow again, and has had the client's patience.
  const transient = failure.kind !== 'timeout' || failure.phase === 'connect';
  return { transient, elsewhere: true, retryAfter: null };
}
