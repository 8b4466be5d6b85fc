/** What all of Anthropic's surfaces have in common. */
import type { Api } from '../surface.js';
import { anthropicError, anthropicErrorEvent } from './error.js';

export const ANTHROPIC: Api = {
  keyHeader: 'x-api-key',
  clientHeaders: ['x-api-key', 'authorization', 'anthropic-version', 'anthropic-beta'],
  failureBody: anthropicError,
  failureEvent: anthropicErrorEvent,
};
