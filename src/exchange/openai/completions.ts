/** `POST /completions`: text that goes on from a prompt. */
import * as v from 'valibot';
import { isTextOrList, ModelName, ObjectRequest } from '../request-object.js';
import type { Surface } from '../surface.js';
import { OPENAI } from './api.js';
import { ChoicesReader } from './choices.js';
import { ChunkedAnswer } from './chunked-answer.js';

const REQUEST = new ObjectRequest(
  // Without a prompt, the model begins a text of its own.
  { model: ModelName, prompt: v.optional(v.nullable(v.custom(isTextOrList))) },
  {
    names: [
      'best_of',
      'echo',
      'frequency_penalty',
      'logprobs',
      'max_tokens',
      'n',
      'presence_penalty',
      'seed',
      'stream',
      'temperature',
      'top_p',
    ],
    nested: {},
  },
);

export const COMPLETIONS: Surface = {
  ...OPENAI,
  name: 'completions',
  path: '/completions',
  requestBody: 'json',
  streams: true,
  finishReasons: new Set(['stop', 'length', 'content_filter']),
  readRequest: body => REQUEST.read(body).facts,
  newReader: () => new ChunkedAnswer(new ChoicesReader()),
};
