/** The table of surfaces: what the gateway serves, each under `/v1/` followed by its name. */
import { CHAT_COMPLETIONS } from './openai/chat-completions.js';
import type { Surface } from './surface.js';

export const SURFACES: readonly Surface[] = [CHAT_COMPLETIONS];
