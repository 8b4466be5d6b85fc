/** `POST /moderations`: whether content may do harm. It is committed to and passed on; the judgement itself is not read. */
import * as v from 'valibot';
import { attachedParts, MAX_ATTACHMENTS } from '../content-parts.js';
import { isTextOrList, ObjectRequest, OptionalModelName } from '../request-object.js';
import type { RequestFacts, Surface } from '../surface.js';
import { OPENAI } from './api.js';
import { ChunkedAnswer } from './chunked-answer.js';
import { ListAnswer } from './list-answer.js';

const REQUEST = new ObjectRequest(
  { model: OptionalModelName, input: v.custom(isTextOrList) },
  { names: [], nested: {} },
);
const TEXT_PARTS: ReadonlySet<string> = new Set(['text']);
const isAttached = (type: string) => !TEXT_PARTS.has(type);

export const MODERATIONS: Surface = {
  ...OPENAI,
  name: 'moderations',
  path: '/moderations',
  requestBody: 'json',
  streams: false,
  finishReasons: new Set(),
  readRequest,
  newReader: () => new ChunkedAnswer(new ListAnswer('results', {})),
};

/** The input is a text, texts, or parts among which there may be images. */
function readRequest(body: Uint8Array): RequestFacts {
  const { facts, value } = REQUEST.read(body);
  return { ...facts, attachments: attachedParts(isAttached, value.input, MAX_ATTACHMENTS, 'input') };
}
