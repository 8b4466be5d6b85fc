/** `POST /responses/input_tokens`: how long the prompt of a response is. */
import { PROMPT_LENGTH } from '../prompt-length.js';
import type { Surface } from '../surface.js';
import { OPENAI } from './api.js';
import { readResponseRequest } from './response-request.js';

export const INPUT_TOKENS: Surface = {
  ...OPENAI,
  name: 'responses/input_tokens',
  path: '/responses/input_tokens',
  requestBody: 'json',
  streams: false,
  finishReasons: new Set(),
  readRequest: readResponseRequest,
  newReader: () => PROMPT_LENGTH,
};
