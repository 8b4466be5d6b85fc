/** `POST /models/{model}:countTokens`: how long a prompt is. */
import type { Surface } from '../surface.js';
import { GEMINI } from './api.js';
import { PlainAnswer } from './plain-answer.js';
import { readCountRequest } from './request.js';

export const COUNT_CONTENT_TOKENS: Surface = {
  ...GEMINI,
  name: 'countTokens',
  path: '/models/{model}:countTokens',
  requestBody: 'json',
  streams: false,
  finishReasons: new Set(),
  readRequest: (body, _, target) => readCountRequest(body, target),
  newReader: () =>
    new PlainAnswer(value => Number.isSafeInteger((value as { totalTokens?: unknown }).totalTokens)),
};
