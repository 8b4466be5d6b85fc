import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnswerFacts } from '../surface.js';
import { ContentAnswer } from './content-answer.js';
import { COUNT_CONTENT_TOKENS } from './count-tokens.js';
import { BATCH_EMBED_CONTENTS, EMBED_CONTENT } from './embed-content.js';

const NOTHING: AnswerFacts = { model: null, finish: [], usage: null, images: [], toolCalls: [] };

function readBody(value: object | null) {
  const reader = new ContentAnswer();
  return reader.body(value) ? { answer: reader.answer, failed: reader.failed } : null;
}

function readStream(...values: readonly unknown[]) {
  const reader = new ContentAnswer();
  const ends = values.map(value => reader.event({ type: null, data: JSON.stringify(value) }));
  expect(ends.includes(true)).toBe(false);
  return { finished: reader.finished, failed: reader.failed, answer: reader.answer };
}

const candidate = (parts: unknown, rest: object = {}) => ({ content: { role: 'model', parts }, ...rest });
const use = (name: string, args?: unknown, id?: string) => ({ functionCall: { id, name, args } });
const call = (name: string, text: string, id = '') => ({ id, type: 'functionCall', name, arguments: text });

describe('a whole answer', () => {
  it('model, finish reasons, usage and calls, by candidate', () => {
    expect(
      readBody({
        candidates: [
          candidate([use('b', {})], { index: 1, finishReason: 'MAX_TOKENS' }),
          candidate([{ text: 'a' }, use('a', { y: 1, x: [2] }, 'c1'), use('c')], { finishReason: 'STOP' }),
        ],
        modelVersion: 'm-001',
        responseId: 'r',
        usageMetadata: {
          promptTokenCount: 5,
          candidatesTokenCount: 7,
          thoughtsTokenCount: 11,
          cachedContentTokenCount: 3,
          totalTokenCount: 23,
          promptTokensDetails: [],
        },
      }),
    ).toEqual({
      failed: false,
      answer: {
        model: 'm-001',
        finish: ['STOP', 'MAX_TOKENS'],
        usage: {
          prompt_tokens: 5,
          completion_tokens: 18,
          reasoning_tokens: 11,
          cached_tokens: 3,
          total_tokens: 23,
        },
        images: [],
        toolCalls: [call('a', '{"x":[2],"y":1}', 'c1'), call('c', ''), call('b', '{}')],
      },
    });
  });

  it.each<[part: object, type: string, text: string, name?: string]>([
    [
      { executableCode: { language: 'PYTHON', code: 'print(1)', id: 'c' } },
      'executableCode',
      '{"code":"print(1)","language":"PYTHON"}',
    ],
    [
      { toolCall: { id: 'c', toolType: 'URL_CONTEXT', args: { b: 1, a: 2 } } },
      'toolCall',
      '{"a":2,"b":1}',
      'URL_CONTEXT',
    ],
    [
      { functionCall: { id: 'c', name: 'f', partialArgs: [{ jsonPath: '$.a' }] } },
      'functionCall',
      '{"partialArgs":[{"jsonPath":"$.a"}]}',
      'f',
    ],
    [{ functionCall: { id: 'c', name: 'f', args: {} } }, 'functionCall', '{}', 'f'],
  ])('a call of each kind: %j', (part, type, text, name = '') => {
    const calls = [{ id: 'c', type, name, arguments: text }];
    expect(readBody({ candidates: [candidate([{ text: 'a' }, part])] })?.answer.toolCalls).toEqual(calls);
    expect(readStream({ candidates: [candidate([part])] }).answer.toolCalls).toEqual(calls);
  });

  it('of a prompt that was blocked, why', () => {
    expect(readBody({ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: {} })?.answer).toEqual({
      ...NOTHING,
      finish: ['SAFETY'],
      usage: {},
    });
  });

  it.each<[what: string, value: object | null]>([
    ['nothing', null],
    ['an empty object', {}],
    ['an empty array', []],
    ['an array with what is no part', [{ candidates: [] }, {}]],
    ['an error', { error: { code: 500 } }],
    ['an array that is but an error', [{ error: { code: 500 } }]],
    ['candidates that are none', { candidates: 'a' }],
  ])('%s is none', (_, value) => {
    expect(readBody(value)).toBeNull();
  });

  it('what an upstream gets wrong is left out', () => {
    const usageMetadata = { promptTokenCount: -1, candidatesTokenCount: 1.5, thoughtsTokenCount: 2 ** 53 };
    const candidates = [
      null,
      1,
      candidate('a'),
      candidate([null, { functionCall: 1 }], { finishReason: 1 }),
      candidate([use('a')], { index: -1, finishReason: 'STOP' }),
      candidate([use('a')], { index: 4096, finishReason: 'STOP' }),
    ];
    expect(readBody({ candidates, modelVersion: {}, usageMetadata })?.answer).toEqual({
      ...NOTHING,
      usage: {},
    });
    const odd = { functionCall: { id: 1, name: {}, args: '\ud800' } };
    expect(readBody({ candidates: [candidate([odd])] })?.answer.toolCalls).toEqual([call('', '')]);
  });

  it('more calls than anybody makes are not read', () => {
    const parts = Array.from({ length: 5000 }, () => use('a'));
    expect(readBody({ candidates: [candidate(parts), candidate(parts)] })?.answer.toolCalls).toHaveLength(
      4096,
    );
  });
});

const PARTS = [
  { candidates: [candidate([{ text: 'a' }])], modelVersion: 'm-1', usageMetadata: { promptTokenCount: 5 } },
  { candidates: [candidate([use('a', { x: 1 })])], usageMetadata: { candidatesTokenCount: 1 } },
  {
    candidates: [candidate([use('b', {})], { finishReason: 'STOP' })],
    usageMetadata: { candidatesTokenCount: 2 },
  },
];
const WHOLE: AnswerFacts = {
  model: 'm-1',
  finish: ['STOP'],
  usage: { prompt_tokens: 5, completion_tokens: 2 },
  images: [],
  toolCalls: [call('a', '{"x":1}'), call('b', '{}')],
};

describe('an answer in parts', () => {
  it('as a stream, which the upstream closes, and as an array', () => {
    expect(readStream(...PARTS)).toEqual({ finished: true, failed: false, answer: WHOLE });
    expect(readBody(PARTS)).toEqual({ failed: false, answer: WHOLE });
  });

  it('without a finish reason is not finished; blocked, it is', () => {
    expect(readStream(...PARTS.slice(0, 2)).finished).toBe(false);
    expect(readStream({ promptFeedback: { blockReason: 'OTHER' } }).finished).toBe(true);
  });

  it('of two candidates is finished when both are', () => {
    const ended = { candidates: [candidate([], { index: 1, finishReason: 'STOP' })] };
    expect(readStream(PARTS[0], ended).finished).toBe(false);
    expect(readStream(...PARTS, ended).finished).toBe(true);
  });

  it('that ends with an error has failed', () => {
    const error = { error: { code: 503, message: 'no', status: 'UNAVAILABLE' } };
    expect(readStream(PARTS[0], error)).toMatchObject({ failed: true, finished: false });
    expect(readStream(error)).toMatchObject({ failed: true });
    expect(readBody([PARTS[0], error])).toMatchObject({ failed: true, answer: { model: 'm-1' } });
  });

  it('events that are none of this API say nothing', () => {
    const reader = new ContentAnswer();
    for (const data of [null, '', '[DONE]', '[]', '{', '"a"', '{}', '{"error":null}'])
      expect(reader.event({ type: null, data })).toBe(false);
    expect(reader).toMatchObject({ failed: false, finished: false, answer: NOTHING });
  });

  it('anything at all is read, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 5 })), values => {
        const shaped = values.map(value => ({
          candidates: [candidate([value]), value],
          usageMetadata: value,
        }));
        const { answer } = readStream(...values, ...shaped);
        expect(answer.finish.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('plain answers', () => {
  it.each([
    [COUNT_CONTENT_TOKENS, { totalTokens: 5 }, null],
    [
      EMBED_CONTENT,
      { embedding: { values: [] }, usageMetadata: { promptTokenCount: 2 } },
      { prompt_tokens: 2 },
    ],
    [BATCH_EMBED_CONTENTS, { embeddings: [] }, null],
  ])('%#: are answers by one member, and say what the prompt took', (surface, value, usage) => {
    const reader = surface.newReader();
    expect(reader.body(value, 'application/json')).toBe(true);
    expect(reader.answer).toEqual({ ...NOTHING, usage });
    for (const wrong of [null, {}, [], { totalTokens: '5', embedding: [], embeddings: {} }])
      expect(surface.newReader().body(wrong, 'application/json')).toBe(false);
    expect(reader.event({ type: null, data: '[DONE]' })).toBe(false);
  });
});
