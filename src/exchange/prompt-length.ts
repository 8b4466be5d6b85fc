/** Answers that say how long a prompt is: no model has answered and nothing was used, so there is nothing to gather. */
import { membersOf } from './members.js';
import type { AnswerReader } from './surface.js';

/** Of an object with `input_tokens`, as OpenAI and Anthropic both answer. */
export const PROMPT_LENGTH: AnswerReader = {
  body: value => Number.isSafeInteger(membersOf(value)?.input_tokens),
  event: () => false,
  begun: false,
  finished: false,
  failed: false,
  answer: { model: null, finish: [], usage: null, toolCalls: [], images: [] },
};
