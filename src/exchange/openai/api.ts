/** What all of OpenAI's surfaces have in common. */
import * as v from 'valibot';
import type { Api } from '../surface.js';
import { openaiError, openaiErrorEvent } from './error.js';

export const OPENAI: Api = {
  base: '/v1',
  keyHeader: 'authorization',
  clientHeaders: ['authorization', 'openai-organization', 'openai-project', 'openai-beta'],
  keyQuery: null,
  clientQuery: [],
  commentsApart: false,
  failureBody: openaiError,
  failureEvent: openaiErrorEvent,
};

export const SERVICE_TIER = v.picklist(['auto', 'default', 'flex', 'scale', 'priority', 'fast']);
