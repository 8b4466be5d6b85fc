/** `POST /embeddings`: texts as vectors. */
import * as v from 'valibot';
import { isTextOrList, ModelName, ObjectRequest } from '../request-object.js';
import type { Surface } from '../surface.js';
import { OPENAI } from './api.js';
import { ChunkedAnswer } from './chunked-answer.js';
import { ListAnswer } from './list-answer.js';
import { PROMPT_USAGE } from './usage.js';

const REQUEST = new ObjectRequest(
  { model: ModelName, input: v.custom(isTextOrList) },
  { names: ['dimensions', 'encoding_format'], nested: {} },
);

export const EMBEDDINGS: Surface = {
  ...OPENAI,
  name: 'embeddings',
  path: '/embeddings',
  requestBody: 'json',
  streams: false,
  finishReasons: new Set(),
  readRequest: body => REQUEST.read(body).facts,
  newReader: () => new ChunkedAnswer(new ListAnswer('data', PROMPT_USAGE)),
};
