/** For each surface, a request and what an upstream answers to it. */
import type { SurfaceName } from '../../src/exchange/surface-names.js';
import { completion, LISTED_MODEL } from '../end-to-end/upstreams.js';

const model = LISTED_MODEL;
const messages = [{ role: 'user', content: 'Hello?' }];
const contents = [{ role: 'user', parts: [{ text: 'Hello?' }] }];
const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const GEMINI = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'Hi.' }] }, finishReason: 'STOP', index: 0 }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
};
const FORM = [
  '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\ntest-model\r\n',
  '--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\nsound\r\n--b--\r\n',
].join('');

export interface Sample {
  readonly body: unknown;
  readonly headers?: Record<string, string>;
  readonly answer: object;
}

export const SAMPLES: Readonly<Record<SurfaceName, Sample>> = {
  'chat/completions': { body: { model, messages }, answer: completion('Hi.') as object },
  completions: {
    body: { model, prompt: 'Once' },
    answer: {
      object: 'text_completion',
      model,
      choices: [{ index: 0, text: ' upon', logprobs: null, finish_reason: 'length' }],
      usage: USAGE,
    },
  },
  responses: {
    body: { model, input: 'Hello?' },
    answer: {
      id: 'resp_1',
      object: 'response',
      status: 'completed',
      model,
      output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi.' }] }],
      usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
    },
  },
  'responses/input_tokens': {
    body: { model, input: 'Hello?' },
    answer: { object: 'response.input_tokens', input_tokens: 3 },
  },
  embeddings: {
    body: { model, input: 'Hello?' },
    answer: {
      object: 'list',
      model,
      data: [{ object: 'embedding', index: 0, embedding: [0.5] }],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    },
  },
  moderations: { body: { model, input: 'Hello?' }, answer: { id: 'modr-1', model, results: [] } },
  'images/generations': {
    body: { model, prompt: 'A seal' },
    answer: { created: 1, data: [{ b64_json: 'AQ==' }] },
  },
  'audio/transcriptions': {
    body: FORM,
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    answer: { text: 'Hello?' },
  },
  messages: {
    body: { model, max_tokens: 10, messages },
    answer: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model,
      content: [{ type: 'text', text: 'Hi.' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 2 },
    },
  },
  'messages/count_tokens': { body: { model, messages }, answer: { input_tokens: 3 } },
  generateContent: { body: { contents }, answer: GEMINI },
  streamGenerateContent: { body: { contents }, answer: [GEMINI] },
  countTokens: { body: { contents }, answer: { totalTokens: 3 } },
  embedContent: { body: { content: contents[0] }, answer: { embedding: { values: [0.5] } } },
  batchEmbedContents: {
    body: { requests: [{ content: contents[0] }] },
    answer: { embeddings: [{ values: [0.5] }] },
  },
};
