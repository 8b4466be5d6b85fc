/** What all of OpenAI's surfaces have in common. */
import { withModel } from '../request-object.js';
import type { Api, Surface } from '../surface.js';
import { isOpenaiError, openaiError, openaiErrorEvent, openaiHostError } from './error.js';

export const OPENAI: Api & Pick<Surface, 'withModel'> = {
  dialect: 'openai',
  base: '/v1',
  otherBases: [],
  withModel,
  keyHeaders: ['authorization'],
  clientHeaders: ['openai-organization', 'openai-project', 'openai-beta'],
  keyQuery: null,
  clientQuery: [],
  commentsApart: false,
  awaitsEvents: () => true,
  failureBody: openaiError,
  isError: isOpenaiError,
  hostErrorBody: openaiHostError,
  failureEvent: openaiErrorEvent,
};
