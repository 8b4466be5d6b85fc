/** What a submission waits for. Source: spec/submission.md. */
import { Failure } from '../../reason.js';
import type { Stage, TransparencyLog } from '../../tree/log.js';
import type { HttpRequest } from '../http/server.js';

/** The longest that a submission may wait to be witnessed, in milliseconds; after it, it gets what there is. */
const MAX_WAIT = 10_000;

/** The stage that the query names, or null. Throws `request/parameter-invalid`. */
export function readStage(query: URLSearchParams): Stage | null {
  const wait = query.get('wait');
  if (wait === null || wait === 'included' || wait === 'witnessed') return wait;
  throw new Failure('request/parameter-invalid', { field: 'wait', detail: 'neither included nor witnessed' });
}

/** What is taken is included already. The request's signal costs, and is asked for only where there is something to wait for. */
export async function waitFor(
  log: TransparencyLog,
  stage: Stage | null,
  index: number,
  request: Pick<HttpRequest, 'signal'>,
): Promise<void> {
  if (stage === 'witnessed') await log.reached(index, stage, MAX_WAIT, request.signal);
}
