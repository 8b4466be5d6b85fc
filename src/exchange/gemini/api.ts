/** What all surfaces of Google's Gemini API have in common. */
import type { Api, Surface } from '../surface.js';
import { googleError, googleErrorEvent, googleHostError, isGoogleError } from './error.js';

export const GEMINI: Api & Pick<Surface, 'withModel'> = {
  dialect: 'google',
  base: '/v1beta',
  otherBases: ['/v1'],
  // The path names the model.
  withModel: body => body,
  keyHeaders: ['x-goog-api-key', 'authorization'],
  clientHeaders: ['x-goog-api-client', 'x-goog-user-project'],
  keyQuery: 'key',
  clientQuery: ['alt'],
  // Google's own client looks at a block's first line only.
  commentsApart: true,
  // Otherwise a stream is one array, which comes in parts.
  awaitsEvents: query => query.get('alt') === 'sse',
  failureBody: googleError,
  isError: isGoogleError,
  hostErrorBody: googleHostError,
  failureEvent: googleErrorEvent,
};
