/** `POST /messages/count_tokens`: how long a prompt is. */
import { PROMPT_LENGTH } from '../prompt-length.js';
import type { Surface } from '../surface.js';
import { ANTHROPIC } from './api.js';
import { readMessageRequest } from './message-request.js';

export const COUNT_TOKENS: Surface = {
  ...ANTHROPIC,
  name: 'messages/count_tokens',
  path: '/messages/count_tokens',
  requestBody: 'json',
  streams: false,
  finishReasons: new Set(),
  readRequest: readMessageRequest,
  newReader: () => PROMPT_LENGTH,
};
