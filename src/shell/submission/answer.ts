/** What the endpoint of submissions takes and answers, whatever server it stands in. Source: spec/submission.md. */
import type { Stage, TransparencyLog } from '../../tree/log.js';
import { MAX_ENTRY_BYTES } from '../../tree/tile.js';
import { BodyBudget } from '../http/body-budget.js';
import type { BodyRoom, HttpAnswer, HttpRequest, Route } from '../http/server.js';
import { answerMany, hasManyEntries } from './many.js';
import { readStage, waitFor } from './stage.js';
import type { Submissions } from './submissions.js';

/** What the bodies of requests may hold together: a gateway has ten thousand connections, and on each an entry could drip in. */
const BODIES_BYTES = 1 << 26;

/**
 * The route under which a log takes entries, such as `/log/entries`: one as it is, or many in lines.
 *
 * @param budget what the bodies of its requests may hold together
 */
export function submissionRoute(
  path: string,
  submissions: Submissions,
  log: TransparencyLog,
  budget = new BodyBudget(BODIES_BYTES),
): Route {
  const room = { budget, full: 'log/busy' } as const;
  return {
    method: 'POST',
    path,
    handle: request => {
      const stage = readStage(request.query);
      return hasManyEntries(request)
        ? answerMany(submissions, log, request, stage, room)
        : answerOne(submissions, log, request, stage, room);
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
  room: BodyRoom,
): Promise<HttpAnswer> {
  const entry = await request.body(MAX_ENTRY_BYTES, room);
  const { index, isNew } = await submissions.submit(entry).finally(() => room.budget.give(entry.length));
  await waitFor(log, stage, index, request);
  const proof = stage === null ? null : await log.prove(index);
  return {
    status: isNew ? 201 : 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    // Canonical as well: the names are in order, and a proof is plain text.
    body: JSON.stringify({ index, proof }),
  };
}
