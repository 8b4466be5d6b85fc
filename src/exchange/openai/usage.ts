/** Where OpenAI's answers say how many tokens were used. */
import type { UsageMembers } from '../usage.js';

/** In chat completions, completions and embeddings. */
export const PROMPT_USAGE: UsageMembers = {
  prompt_tokens: ['prompt_tokens'],
  completion_tokens: ['completion_tokens'],
  total_tokens: ['total_tokens'],
  cached_tokens: ['prompt_tokens_details', 'cached_tokens'],
  reasoning_tokens: ['completion_tokens_details', 'reasoning_tokens'],
};

/** In responses, images and transcriptions, where prompt and completion are called input and output. */
export const INPUT_USAGE: UsageMembers = {
  prompt_tokens: ['input_tokens'],
  completion_tokens: ['output_tokens'],
  total_tokens: ['total_tokens'],
  cached_tokens: ['input_tokens_details', 'cached_tokens'],
  reasoning_tokens: ['output_tokens_details', 'reasoning_tokens'],
};
