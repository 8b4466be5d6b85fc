/** The table of surfaces: what the gateway serves, each under `/v1/` followed by its name. */
import { COUNT_TOKENS } from './anthropic/count-tokens.js';
import { MESSAGES } from './anthropic/messages.js';
import { CHAT_COMPLETIONS } from './openai/chat-completions.js';
import { COMPLETIONS } from './openai/completions.js';
import { EMBEDDINGS } from './openai/embeddings.js';
import { IMAGE_GENERATIONS } from './openai/image-generations.js';
import { MODERATIONS } from './openai/moderations.js';
import { RESPONSES } from './openai/responses.js';
import { TRANSCRIPTIONS } from './openai/transcriptions.js';
import type { Surface } from './surface.js';

export const SURFACES: readonly Surface[] = [
  CHAT_COMPLETIONS,
  COMPLETIONS,
  RESPONSES,
  EMBEDDINGS,
  MODERATIONS,
  IMAGE_GENERATIONS,
  TRANSCRIPTIONS,
  MESSAGES,
  COUNT_TOKENS,
];
