/** The providers of Vercel's AI SDK: for OpenAI's API, for servers that have it too, and for Anthropic's. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { aiSdk } from './ai-sdk.js';
import { ANTHROPIC_MESSAGES } from './anthropic-messages.js';
import type { Client, Connection } from './client.js';
import type { Question } from './conversation.js';
import { OPENAI_CHAT } from './openai-chat.js';
import { OPENAI_RESPONSES } from './openai-responses.js';

/** What every request of a client at one API has in common. */
function wire({ surface, callType, attachments }: Client) {
  return { surface, callType, attachments };
}

function openai({ address, fetch, key: apiKey }: Connection) {
  return createOpenAI({ baseURL: `${address}/v1`, apiKey, fetch });
}

/** The provider knows OpenAI's models by name, and has to be told that one of another name thinks. */
function openaiOptions({ effort }: Question) {
  return { openai: effort === undefined ? {} : { reasoningEffort: effort, forceReasoning: true } };
}

export const AI_SDK_COMPATIBLE = aiSdk({
  ...wire(OPENAI_CHAT),
  name: '@ai-sdk/openai-compatible',
  model: ({ address, fetch, key: apiKey, model }) =>
    createOpenAICompatible({
      name: 'countersign',
      baseURL: `${address}/v1`,
      apiKey,
      fetch,
      includeUsage: true,
      supportsStructuredOutputs: true,
    })(model),
  options: ({ effort }) => ({ countersign: effort === undefined ? {} : { reasoningEffort: effort } }),
});

export const AI_SDK_CHAT = aiSdk({
  ...wire(OPENAI_CHAT),
  name: '@ai-sdk/openai, chat',
  model: connection => openai(connection).chat(connection.model),
  options: openaiOptions,
});

export const AI_SDK_RESPONSES = aiSdk({
  ...wire(OPENAI_RESPONSES),
  name: '@ai-sdk/openai',
  model: connection => openai(connection)(connection.model),
  options: openaiOptions,
});

export const AI_SDK_ANTHROPIC = aiSdk({
  ...wire(ANTHROPIC_MESSAGES),
  name: '@ai-sdk/anthropic',
  clamps: 'it takes 1 for every temperature above it',
  model: ({ address, fetch, key: apiKey, model }) =>
    createAnthropic({ baseURL: `${address}/v1`, apiKey, fetch })(model),
  options: ({ effort }) => ({
    anthropic: {
      structuredOutputMode: 'outputFormat',
      ...(effort === undefined ? {} : { effort, thinking: { type: 'adaptive' } }),
    },
  }),
});
