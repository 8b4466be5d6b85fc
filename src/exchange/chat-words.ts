/** In which words a server's chat completions can be asked. All of them take OpenAI's API for a model, and none has it whole. */

/** Members that say nothing which an answer hangs on, and that strict servers refuse. */
export type DispensableMember = 'reasoning_content' | 'service_tier' | 'stream_options' | 'user';

export interface ChatWords {
  /** The member that limits an answer. */
  readonly limit: 'max_completion_tokens' | 'max_tokens';
  readonly refused: ReadonlySet<DispensableMember>;
}

/** OpenAI's own: its newest models take no other limit. */
export const OPENAI_WORDS: ChatWords = { limit: 'max_completion_tokens', refused: new Set() };
/** The limit that every other server knows. Those that do not know a member mostly pass it over, and would answer without end. */
export const COMMON_WORDS: ChatWords = { limit: 'max_tokens', refused: new Set() };
