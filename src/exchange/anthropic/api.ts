/** What all of Anthropic's surfaces have in common. */
import { withModel } from '../request-object.js';
import type { Api, Surface } from '../surface.js';
import { anthropicError, anthropicErrorEvent } from './error.js';

export const ANTHROPIC: Api & Pick<Surface, 'withModel'> = {
  dialect: 'anthropic',
  withModel,
  keyHeaders: ['x-api-key', 'authorization'],
  clientHeaders: ['anthropic-version', 'anthropic-beta'],
  failureBody: anthropicError,
  failureEvent: anthropicErrorEvent,
};
