/** What all of Anthropic's surfaces have in common. */
import { withModel } from '../request-object.js';
import type { Api, Surface } from '../surface.js';
import { anthropicError, anthropicErrorEvent, anthropicHostError, isAnthropicError } from './error.js';

export const ANTHROPIC: Api & Pick<Surface, 'withModel'> = {
  dialect: 'anthropic',
  base: '/v1',
  otherBases: [],
  withModel,
  keyHeaders: ['x-api-key', 'authorization'],
  clientHeaders: ['anthropic-version', 'anthropic-beta'],
  keyQuery: null,
  clientQuery: [],
  commentsApart: false,
  awaitsEvents: () => true,
  failureBody: anthropicError,
  isError: isAnthropicError,
  hostErrorBody: anthropicHostError,
  failureEvent: anthropicErrorEvent,
};
