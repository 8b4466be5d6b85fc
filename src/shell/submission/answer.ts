/** What the endpoint of submissions takes and answers, whatever server it stands in. Source: spec/submission.md. */
import type { Stage, TransparencyLog } from '../../tree/log.js';
import { MAX_ENTRY_BYTES } from '../../tree/tile.js';
import { BodyBudget } from '../http/body-budget.js';
import type { HttpAnswer, HttpRequest, Route } from '../http/server.js';
import { answerMany, hasManyEntries } from './many.js';
import { readStage, waitFor } from './stage.js';
import type { Submissions } from './submissions.js';

/** What the bodies of requests with many entries may hold together. */
const MANY_BYTES = 1 << 26;

/** The route under which a log takes entries, such as `/log/entries`: one as it is, or many in lines. */
export function submissionRoute(path: string, submissions: Submissions, log: TransparencyLog): Route {
  const room = { budget: new BodyBudget(MANY_BYTES), full: 'log/busy' } as const;
  return {
    method: 'POST',
    path,
    handle: request => {
      const stage = readStage(request.query);
      return hasManyEntries(request)
        ? answerMany(submissions, log, request, stage, room)
        : answerOne(submissions, log, request, stage);
    },
  };
}

/**
 * Takes one entry: `201` when it is new, `200` when the log had it, `{"index": …, "proof": …}` either way. Without `wait` there is no
 * proof in the answer; with it, the strongest that there is once the stage has been reached, or after ten seconds.
 */
async function answerOne(
  submissions: Submissions,
  log: TransparencyLog,
  request: HttpRequest,
  stage: Stage | null,
): Promise<HttpAnswer> {
  const entry = await request.body(MAX_ENTRY_BYTES);
  const { index, isNew } = await submissions.submit(entry);
  await waitFor(log, stage, index, request.signal);
  const proof = stage === null ? null : await log.prove(index);
  return {
    status: isNew ? 201 : 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    // Canonical as well: the names are in order, and a proof is plain text.
    body: JSON.stringify({ index, proof }),
  };
}
