/** `POST /models/{model}:generateContent` and `:streamGenerateContent`, the latter as server-sent events or as one array. */
import type { Surface } from '../surface.js';
import { GEMINI } from './api.js';
import { ContentAnswer } from './content-answer.js';
import { readContentRequest } from './request.js';

/** Why a candidate ended, and why a prompt got none. */
const FINISH_REASONS: ReadonlySet<string> = new Set([
  'BLOCKED_REASON_UNSPECIFIED',
  'BLOCKLIST',
  'CONTINUATION',
  'FINISH_REASON_UNSPECIFIED',
  'IMAGE_OTHER',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
  'IMAGE_SAFETY',
  'JAILBREAK',
  'LANGUAGE',
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'MAX_TOKENS',
  'MISSING_THOUGHT_SIGNATURE',
  'MODEL_ARMOR',
  'NO_IMAGE',
  'OTHER',
  'PROHIBITED_CONTENT',
  'RECITATION',
  'SAFETY',
  'SPII',
  'STOP',
  'TOO_MANY_TOOL_CALLS',
  'UNEXPECTED_TOOL_CALL',
]);

export const GENERATE_CONTENT: Surface = {
  ...GEMINI,
  name: 'generateContent',
  path: '/models/{model}:generateContent',
  requestBody: 'json',
  streams: false,
  finishReasons: FINISH_REASONS,
  readRequest: (body, _, target) => readContentRequest(body, target, false),
  newReader: () => new ContentAnswer(),
};

export const STREAM_GENERATE_CONTENT: Surface = {
  ...GENERATE_CONTENT,
  name: 'streamGenerateContent',
  path: '/models/{model}:streamGenerateContent',
  requestBody: 'json',
  streams: true,
  readRequest: (body, _, target) => readContentRequest(body, target, true),
};
