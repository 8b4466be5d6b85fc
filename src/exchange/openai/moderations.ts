/** `POST /moderations`: whether content may do harm. It is committed to and passed on; the judgement itself is not read. */
import * as v from 'valibot';
import { parameterSet } from '../parameters.js';
import { isTextOrList, ObjectRequest, OptionalModelName } from '../request-object.js';
import type { RequestFacts, Surface } from '../surface.js';
import { ChunkedAnswer } from './chunked-answer.js';
import { MAX_ATTACHMENTS, partsThatAreNot } from './content-parts.js';
import { openaiError, openaiErrorEvent } from './error.js';
import { ListAnswer } from './list-answer.js';

const REQUEST = new ObjectRequest(
  { model: OptionalModelName, input: v.custom(isTextOrList) },
  parameterSet([]),
);
const TEXT_PARTS: ReadonlySet<string> = new Set(['text']);

export const MODERATIONS: Surface = {
  name: 'moderations',
  streams: false,
  finishReasons: new Set(),
  readRequest,
  newReader: () => new ChunkedAnswer(new ListAnswer('results', {})),
  failureBody: openaiError,
  failureEvent: openaiErrorEvent,
};

/** The input is a text, texts, or parts among which there may be images. */
function readRequest(body: Uint8Array): RequestFacts {
  const { facts, value } = REQUEST.read(body);
  const parts = Array.isArray(value.input) ? value.input.filter(part => typeof part !== 'string') : [];
  return { ...facts, attachments: partsThatAreNot(TEXT_PARTS, parts, MAX_ATTACHMENTS, 'input') };
}
