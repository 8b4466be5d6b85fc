/** `POST /messages/count_tokens`: how long a prompt is. */
import type { AnswerReader, Surface } from '../surface.js';
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
  newReader: () => READER,
};

/** No model has answered and nothing was used: there is nothing to gather. */
const READER: AnswerReader = {
  body: value => Number.isSafeInteger((value as { input_tokens?: unknown } | null)?.input_tokens),
  event: () => false,
  begun: false,
  finished: false,
  failed: false,
  answer: { model: null, finish: [], usage: null, toolCalls: [], images: [] },
};
