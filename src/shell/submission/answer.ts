/** What the endpoint of submissions takes and answers, whatever server it stands in. Source: spec/submission.md. */
import { Failure, type ReasonCode } from '../../reason.js';
import type { Stage, TransparencyLog } from '../../tree/log.js';
import { MAX_ENTRY_BYTES } from '../../tree/tile.js';
import type { HttpAnswer, HttpRequest, Route } from '../http/server.js';
import type { Submissions } from './submissions.js';

/** The longest that a submission may wait to be witnessed, in milliseconds; after it, it gets what there is. */
const MAX_WAIT = 10_000;

/** The route under which a log takes entries, such as `/log/entries`. */
export function submissionRoute(path: string, submissions: Submissions, log: TransparencyLog): Route {
  return {
    method: 'POST',
    path,
    handle: request => answerSubmission(submissions, log, request),
  };
}

/**
 * Takes one entry: `201` when it is new, `200` when the log had it, `{"index": …, "proof": …}` either way. Without `wait` there is no
 * proof in the answer; with it, the strongest that there is once the stage has been reached, or after ten seconds.
 */
async function answerSubmission(
  submissions: Submissions,
  log: TransparencyLog,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const entry = await request.body(MAX_ENTRY_BYTES);
  const stage = readStage(request.query);
  const { index, isNew } = await submissions.submit(entry);
  if (stage === 'witnessed') await log.reached(index, stage, MAX_WAIT, request.signal);
  const proof = stage === null ? null : await log.prove(index);
  return {
    status: isNew ? 201 : 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    // Canonical as well: the names are in order, and a proof is plain text.
    body: JSON.stringify({ index, proof }),
  };
}

/** The HTTP status of what an entry can be refused for. */
export function submissionStatus(code: ReasonCode): number | undefined {
  return STATUS.get(code) ?? MALFORMED.find(family => code.startsWith(family.prefix))?.status;
}

const STATUS: ReadonlyMap<ReasonCode, number> = new Map<ReasonCode, number>([
  ['envelope/issuer-unknown', 403],
  ['envelope/signature-invalid', 403],
  ['envelope/issuer-mismatch', 403],
  ['receipt/log-mismatch', 403],
  ['log/entry-too-large', 413],
  ['log/busy', 429],
  ['log/unavailable', 503],
  ['request/parameter-invalid', 400],
]);

/** Whatever else an entry is refused for: it is not one. */
const MALFORMED = ['json/', 'envelope/', 'entry/', 'receipt/', 'acceptance/', 'key/', 'statement/'].map(
  prefix => ({ prefix, status: 400 }),
);

function readStage(query: URLSearchParams): Stage | null {
  const wait = query.get('wait');
  if (wait === null || wait === 'included' || wait === 'witnessed') return wait;
  throw new Failure('request/parameter-invalid', { field: 'wait', detail: 'neither included nor witnessed' });
}
