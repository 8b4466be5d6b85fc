/** The clients that people use, each asking one question whole and as a stream, and what an upstream answers to it. */

import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { generateText, streamText } from 'ai';
import OpenAI from 'openai';
import {
  answer,
  type Behaviour,
  chunk,
  completion,
  DONE,
  event,
  LISTED_MODEL as model,
  stream,
} from './upstreams.js';

export interface Sdk {
  readonly name: string;
  /** What the upstream does. */
  readonly whole: Behaviour;
  readonly streamed: Behaviour;
  /** The text that the SDK gives. Rejects as the SDK does. */
  ask(fetch: typeof globalThis.fetch, address: string): Promise<string>;
  /** The same of a stream; each part of the text is told of as it comes. */
  askForStream(
    fetch: typeof globalThis.fetch,
    address: string,
    onText?: (text: string) => void,
  ): Promise<string>;
}

/** What every upstream here answers. */
export const ANSWER = 'A receipt is proof.';
const PARTS = ['A receipt', ' is', ' proof.'];
export const QUESTION = 'What is a receipt?';
const apiKey = 'sk-test';

const openAiChunks = [
  chunk({ role: 'assistant', content: '' }),
  ...PARTS.map(content => chunk({ content })),
  chunk({}, 'stop'),
  DONE,
];

const OPENAI_CHAT: Sdk = {
  name: 'openai, chat completions',
  whole: answer(200, completion(ANSWER)),
  streamed: stream(...openAiChunks),
  ask: async (fetch, address) => {
    const client = new OpenAI({ baseURL: `${address}/v1`, apiKey, fetch });
    const { choices } = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: QUESTION }],
    });
    return choices[0]?.message.content ?? '';
  },
  askForStream: async (fetch, address, onText = () => undefined) => {
    const client = new OpenAI({ baseURL: `${address}/v1`, apiKey, fetch });
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: QUESTION }];
    let text = '';
    for await (const part of await client.chat.completions.create({ model, messages, stream: true })) {
      const piece = part.choices[0]?.delta.content ?? '';
      text += piece;
      if (piece !== '') onText(piece);
    }
    return text;
  },
};

const named = (value: { readonly type: string; readonly [name: string]: unknown }) =>
  `event: ${value.type}\n${event(JSON.stringify(value))}`;

const response = (status: string, text: string) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status,
  model,
  output: [
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status,
      content: [{ type: 'output_text', text, annotations: [] }],
    },
  ],
  usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
});

const OPENAI_RESPONSES: Sdk = {
  name: 'openai, responses',
  whole: answer(200, response('completed', ANSWER)),
  streamed: stream(
    named({ type: 'response.created', sequence_number: 0, response: response('in_progress', '') }),
    ...PARTS.map((delta, at) =>
      named({
        type: 'response.output_text.delta',
        sequence_number: at + 1,
        item_id: 'msg_1',
        output_index: 0,
        content_index: 0,
        delta,
      }),
    ),
    named({ type: 'response.completed', sequence_number: 4, response: response('completed', ANSWER) }),
  ),
  ask: async (fetch, address) => {
    const client = new OpenAI({ baseURL: `${address}/v1`, apiKey, fetch });
    return (await client.responses.create({ model, input: QUESTION })).output_text;
  },
  askForStream: async (fetch, address, onText = () => undefined) => {
    const client = new OpenAI({ baseURL: `${address}/v1`, apiKey, fetch });
    let text = '';
    let final: string | undefined;
    for await (const part of await client.responses.create({ model, input: QUESTION, stream: true })) {
      if (part.type === 'response.output_text.delta') {
        text += part.delta;
        onText(part.delta);
      } else if (part.type === 'response.completed') final = text;
    }
    if (final === undefined) throw new Error('the stream did not end');
    return final;
  },
};

const message = (text: readonly string[], reason: string | null) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model,
  content: text.map(one => ({ type: 'text', text: one })),
  stop_reason: reason,
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 2 },
});

const ANTHROPIC: Sdk = {
  name: '@anthropic-ai/sdk, messages',
  whole: answer(200, message([ANSWER], 'end_turn')),
  streamed: stream(
    named({ type: 'message_start', message: message([], null) }),
    named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...PARTS.map(text =>
      named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    ),
    named({ type: 'content_block_stop', index: 0 }),
    named({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 2 },
    }),
    named({ type: 'message_stop' }),
  ),
  ask: async (fetch, address) => {
    const client = new Anthropic({ baseURL: address, apiKey, fetch });
    const { content } = await client.messages.create({
      model,
      max_tokens: 100,
      messages: [{ role: 'user', content: QUESTION }],
    });
    return content.map(block => (block.type === 'text' ? block.text : '')).join('');
  },
  askForStream: async (fetch, address, onText = () => undefined) => {
    const client = new Anthropic({ baseURL: address, apiKey, fetch });
    const streamed = client.messages.stream({
      model,
      max_tokens: 100,
      messages: [{ role: 'user', content: QUESTION }],
    });
    streamed.on('text', text => onText(text));
    return streamed.finalText();
  },
};

const AI_SDK: Sdk = {
  name: 'ai, with @ai-sdk/openai-compatible',
  whole: OPENAI_CHAT.whole,
  streamed: OPENAI_CHAT.streamed,
  ask: async (fetch, address) => {
    const provider = createOpenAICompatible({ name: 'countersign', baseURL: `${address}/v1`, apiKey, fetch });
    return (await generateText({ model: provider(model), prompt: QUESTION })).text;
  },
  askForStream: async (fetch, address, onText = () => undefined) => {
    const provider = createOpenAICompatible({ name: 'countersign', baseURL: `${address}/v1`, apiKey, fetch });
    // It prints errors unless somebody is told of them.
    const streamed = streamText({ model: provider(model), prompt: QUESTION, onError: () => undefined });
    let text = '';
    for await (const part of streamed.fullStream) {
      if (part.type === 'error') throw part.error;
      if (part.type !== 'text-delta') continue;
      text += part.text;
      onText(part.text);
    }
    return text;
  },
};

export const SDKS: readonly Sdk[] = [OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC, AI_SDK];
