/** What all surfaces of Google's Gemini API have in common. */
import type { Api } from '../surface.js';
import { googleError, googleErrorEvent } from './error.js';

export const GEMINI: Api = {
  base: '/v1beta',
  keyHeader: 'x-goog-api-key',
  clientHeaders: ['x-goog-api-key', 'authorization', 'x-goog-api-client', 'x-goog-user-project'],
  keyQuery: 'key',
  clientQuery: ['alt'],
  // Google's own client looks at a block's first line only.
  commentsApart: true,
  failureBody: googleError,
  failureEvent: googleErrorEvent,
};
