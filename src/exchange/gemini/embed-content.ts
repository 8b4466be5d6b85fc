/** `POST /models/{model}:embedContent` and `:batchEmbedContents`: contents as vectors. */
import { membersOf } from '../members.js';
import type { Surface } from '../surface.js';
import { GEMINI } from './api.js';
import { PlainAnswer } from './plain-answer.js';
import { readBatchRequest, readEmbedRequest } from './request.js';

export const EMBED_CONTENT: Surface = {
  ...GEMINI,
  name: 'embedContent',
  path: '/models/{model}:embedContent',
  requestBody: 'json',
  streams: false,
  finishReasons: new Set(),
  readRequest: (body, _, target) => readEmbedRequest(body, target),
  newReader: () => new PlainAnswer(value => membersOf((value as { embedding?: unknown }).embedding) !== null),
};

export const BATCH_EMBED_CONTENTS: Surface = {
  ...EMBED_CONTENT,
  name: 'batchEmbedContents',
  path: '/models/{model}:batchEmbedContents',
  readRequest: (body, _, target) => readBatchRequest(body, target),
  newReader: () => new PlainAnswer(value => Array.isArray((value as { embeddings?: unknown }).embeddings)),
};
