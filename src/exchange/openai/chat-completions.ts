/** `POST /chat/completions`. */
import type { Surface } from '../surface.js';
import { OPENAI } from './api.js';
import { readChatRequest } from './chat-request.js';
import { ChoicesReader } from './choices.js';
import { ChunkedAnswer } from './chunked-answer.js';

export const CHAT_COMPLETIONS: Surface = {
  ...OPENAI,
  name: 'chat/completions',
  path: '/chat/completions',
  requestBody: 'json',
  streams: true,
  finishReasons: new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']),
  readRequest: readChatRequest,
  newReader: () => new ChunkedAnswer(new ChoicesReader()),
};
