/** `POST /responses`. */
import { canonicalize } from '../../bytes/json.js';
import { concat, utf8 } from '../../bytes/octets.js';
import type { Failure } from '../../reason.js';
import type { Surface } from '../surface.js';
import { OPENAI } from './api.js';
import { errorMembers } from './error.js';
import { ResponseAnswer } from './response-answer.js';
import { readResponseRequest } from './response-request.js';

export const RESPONSES: Surface = {
  ...OPENAI,
  name: 'responses',
  path: '/responses',
  requestBody: 'json',
  streams: true,
  // The status of the response or, of an incomplete one, why it is.
  finishReasons: new Set([
    'completed',
    'failed',
    'in_progress',
    'cancelled',
    'queued',
    'incomplete',
    'max_output_tokens',
    'content_filter',
  ]),
  readRequest: readResponseRequest,
  newReader: () => new ResponseAnswer(),
  failureEvent,
};

/**
 * The event that the API documents for an error. OpenAI's own client passes that one on as an event like others; for a member `error` it
 * throws, so that nobody takes a broken answer for a short one.
 */
function failureEvent(failure: Failure, sequence: number): Uint8Array {
  const error = { ...errorMembers(failure) };
  const { code, message, param } = error;
  const data = canonicalize({ type: 'error', code, message, param, error, sequence_number: sequence });
  return concat(utf8('event: error\ndata: '), data, utf8('\n\n'));
}
