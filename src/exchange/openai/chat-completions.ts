/** `POST /chat/completions`. */
import type { Surface } from '../surface.js';
import { readChatRequest } from './chat-request.js';
import { ChoicesReader } from './choices.js';
import { ChunkedAnswer } from './chunked-answer.js';
import { openaiError, openaiErrorEvent } from './error.js';

export const CHAT_COMPLETIONS: Surface = {
  name: 'chat/completions',
  streams: true,
  finishReasons: new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']),
  readRequest: readChatRequest,
  newReader: () => new ChunkedAnswer(new ChoicesReader()),
  failureBody: openaiError,
  failureEvent: openaiErrorEvent,
};
