/** `POST /messages`. */
import type { Surface } from '../surface.js';
import { ANTHROPIC } from './api.js';
import { MessageAnswer } from './message-answer.js';
import { readMessageRequest } from './message-request.js';

export const MESSAGES: Surface = {
  ...ANTHROPIC,
  name: 'messages',
  path: '/messages',
  requestBody: 'json',
  streams: true,
  finishReasons: new Set([
    'end_turn',
    'max_tokens',
    'stop_sequence',
    'tool_use',
    'pause_turn',
    'refusal',
    'model_context_window_exceeded',
  ]),
  readRequest: readMessageRequest,
  newReader: () => new MessageAnswer(),
};
