/**
 * What an answer has used, in either dialect. OpenAI counts all of a prompt and names the part that a cache had; Anthropic counts what was
 * read from a cache and written to one apart.
 */
import { membersOf } from '../members.js';
import type { Usage } from '../parameters.js';
import { readUsage, type UsageMembers } from '../usage.js';

const CHAT: UsageMembers = {
  prompt_tokens: ['prompt_tokens'],
  completion_tokens: ['completion_tokens'],
  total_tokens: ['total_tokens'],
  cached_tokens: ['prompt_tokens_details', 'cached_tokens'],
  cache_written_tokens: ['prompt_tokens_details', 'cache_write_tokens'],
  reasoning_tokens: ['completion_tokens_details', 'reasoning_tokens'],
};
const MESSAGES: UsageMembers = {
  prompt_tokens: ['input_tokens'],
  completion_tokens: ['output_tokens'],
  cached_tokens: ['cache_read_input_tokens'],
  cache_written_tokens: ['cache_creation_input_tokens'],
  reasoning_tokens: ['output_tokens_details', 'thinking_tokens'],
};

/** The counts that OpenAI's usage states; null where it is none. */
export function countsOfChat(usage: unknown): Usage | null {
  const members = membersOf(usage);
  return members === null ? null : readUsage(members, CHAT);
}

/** The counts that Anthropic's usage states, with those said before it: it counts up. Null where neither is any. */
export function countsOfMessages(usage: unknown, before: Usage | null = null): Usage | null {
  const members = membersOf(usage);
  return members === null ? before : { ...before, ...readUsage(members, MESSAGES) };
}

/** Counts of Anthropic's as OpenAI's clients expect them. */
export function chatUsage(counts: Usage): object {
  const { cached_tokens: read, cache_written_tokens: written, reasoning_tokens: thought } = counts;
  const prompt = (counts.prompt_tokens ?? 0) + (read ?? 0) + (written ?? 0);
  const completion = counts.completion_tokens ?? 0;
  const details = {
    ...(read === undefined ? {} : { cached_tokens: read }),
    ...(written === undefined ? {} : { cache_write_tokens: written }),
  };
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(Object.keys(details).length === 0 ? {} : { prompt_tokens_details: details }),
    ...(thought === undefined ? {} : { completion_tokens_details: { reasoning_tokens: thought } }),
  };
}

/** Counts of chat completions as clients of responses expect them: those cannot do without the parts of a whole. */
export function responseUsage(counts: Usage): object {
  const { prompt_tokens: prompt = 0, completion_tokens: completion = 0, total_tokens: total } = counts;
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: counts.cached_tokens ?? 0 },
    output_tokens: completion,
    output_tokens_details: { reasoning_tokens: counts.reasoning_tokens ?? 0 },
    total_tokens: total ?? prompt + completion,
  };
}

/** Counts of OpenAI's as Anthropic's clients expect them: those cannot do without, and get zeros where the host has said nothing. */
export function messagesUsage(counts: Usage | null): object {
  const { cached_tokens: read, cache_written_tokens: written, reasoning_tokens: thought } = counts ?? {};
  const prompt = counts?.prompt_tokens ?? 0;
  return {
    // A host whose parts are more than the whole has miscounted; no count is less than nothing.
    input_tokens: Math.max(0, prompt - (read ?? 0) - (written ?? 0)),
    output_tokens: counts?.completion_tokens ?? 0,
    ...(read === undefined ? {} : { cache_read_input_tokens: read }),
    ...(written === undefined ? {} : { cache_creation_input_tokens: written }),
    ...(thought === undefined ? {} : { output_tokens_details: { thinking_tokens: thought } }),
  };
}
