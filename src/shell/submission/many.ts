/**
 * Many entries in one request. Each is taken or refused as it would be alone, and a bad one does not harm the others. Source:
 * spec/submission.md.
 */
import { concatAll } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import {
  ENTRY_LINES,
  MAX_LINES_BYTES,
  readEntryLines,
  refusedLine,
  takenLine,
} from '../../receipt/submission.js';
import type { Stage, TransparencyLog } from '../../tree/log.js';
import type { BodyRoom, HttpAnswer, HttpRequest } from '../http/server.js';
import { waitFor } from './stage.js';
import { submissionStatus } from './status.js';
import type { Submissions, Submitted } from './submissions.js';

/** Whether a request is one of these. */
export function hasManyEntries({ headers }: HttpRequest): boolean {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  return type.trim().toLowerCase() === ENTRY_LINES;
}

/**
 * Takes the entries of a request, a line each. Throws what keeps all of them from being looked at (`request/…`, `log/busy`), and what is
 * wrong here and not with an entry: then those that were taken stay, and whoever sends them again gets the places that they have.
 *
 * @param stage what to wait for before the entries are proven; null for no proofs
 * @param room what the bodies of all such requests may hold together
 */
export async function answerMany(
  submissions: Submissions,
  log: TransparencyLog,
  request: HttpRequest,
  stage: Stage | null,
  room: BodyRoom,
): Promise<HttpAnswer> {
  const body = await request.body(MAX_LINES_BYTES, room);
  try {
    const settled = await Promise.allSettled(readEntryLines(body).map(entry => submissions.submit(entry)));
    const outcomes = settled.map(outcomeOf);
    const last = Math.max(-1, ...outcomes.map(outcome => ('index' in outcome ? outcome.index : -1)));
    if (last >= 0) await waitFor(log, stage, last, request);
    const lines: Uint8Array[] = [];
    for (const outcome of outcomes) lines.push(await lineFor(log, outcome, stage));
    return {
      status: 200,
      headers: { 'content-type': ENTRY_LINES, 'cache-control': 'no-store' },
      body: concatAll(lines),
    };
  } finally {
    room.budget.give(body.length);
  }
}

interface Refused {
  readonly failure: Failure;
  readonly status: number;
}

function outcomeOf(settled: PromiseSettledResult<Submitted>): Submitted | Refused {
  if (settled.status === 'fulfilled') return settled.value;
  const { reason: failure } = settled;
  const status = failure instanceof Failure ? submissionStatus(failure.code) : undefined;
  if (status === undefined) throw failure;
  return { failure, status };
}

async function lineFor(
  log: TransparencyLog,
  outcome: Submitted | Refused,
  stage: Stage | null,
): Promise<Uint8Array> {
  if ('failure' in outcome) return refusedLine(outcome.failure.code, outcome.status, outcome.failure.message);
  const proof = stage === null ? null : await log.prove(outcome.index);
  return takenLine({ ...outcome, proof });
}
