import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';
import { mutants, parseOrRefuse } from '../../../test/support/mutation.js';
import { NO_TARGET, targetOf } from '../../../test/support/targets.js';
import { canonicalize, parseCanonical } from '../../bytes/json.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { NOTHING_SET } from '../set-parameters.js';
import type { RequestTarget } from '../surface.js';
import { readBatchRequest, readContentRequest, readCountRequest, readEmbedRequest } from './request.js';

const TARGET = targetOf('m');
const bytesOf = (body: unknown) => utf8(typeof body === 'string' ? body : JSON.stringify(body));
const read = (body: unknown, target: RequestTarget = TARGET, stream = false) =>
  readContentRequest(bytesOf(body), target, stream);
const refusal = (act: () => unknown) => {
  const { code, field } = failureOf(act);
  return { code, field };
};
const malformed = (field?: string) => ({ code: 'request/malformed', field });
const invalid = (field: string) => ({ code: 'request/parameter-invalid', field });

const contents = [{ role: 'user', parts: [{ text: 'Hello' }] }];
const LEAST = { contents };

describe('a request for content', () => {
  it('is contents for the model that its path names', () => {
    const facts = { model: 'm', stream: false, ...NOTHING_SET, attachments: [] };
    expect(read(LEAST)).toEqual(facts);
    expect(read({ ...LEAST, model: 'models/m', tools: [{}], generation_config: null })).toEqual(facts);
    expect(read({ contents: { parts: { text: 'a' } }, systemInstruction: { parts: { text: 'b' } } })).toEqual(
      facts,
    );
    expect(read(LEAST, TARGET, true)).toEqual({ ...facts, stream: true });
  });

  it.each<[field: string | undefined, body: unknown]>([
    [undefined, ''],
    [undefined, '[]'],
    [undefined, '{"contents":[{}],"contents":[{}]}'],
    [undefined, '{"contents":[{}],"generationConfig":{},"generation_config":{}}'],
    [undefined, '{"contents":[{}],"Contents":[{}]}'],
    [undefined, '{"contents":[{}],"GenerationConfig":{}}'],
    [undefined, '{"contents":[{}],"generation_Config":{}}'],
    [undefined, '{"contents":[{}],"generationConfig":{"topP":0.1,"top_p":0.2}}'],
    [undefined, '{"contents":[{}],"generation_config":{"seed":1,"seed":2}}'],
    [undefined, '{"contents":[{}],"generationConfig":{"Temperature":1}}'],
    [
      undefined,
      `{"contents":[{}],"generationConfig":{${Array.from({ length: 1001 }, (_, at) => `"a${at}":1`)}}}`,
    ],
    ['contents', {}],
    ['contents', { contents: [] }],
    ['contents', { contents: null }],
    ['contents', { contents: ['a'] }],
    ['contents', { contents: [[]] }],
    ['contents', { contents, systemInstruction: 'a' }],
    ['contents', { contents: Array.from({ length: 10_001 }, () => ({})) }],
    ['contents.parts', { contents: [{ parts: ['a'] }] }],
    ['contents.parts', { contents: [{ parts: [null] }] }],
    ['contents.parts', { contents: [{ parts: [{ functionResponse: 1 }] }] }],
    ['contents.parts', { contents: [{ parts: [{ functionResponse: { parts: [1] } }] }] }],
    ['contents.parts', { contents: [{ parts: Array.from({ length: 1025 }, () => ({ inlineData: {} })) }] }],
    ['contents.parts', { contents: [{ parts: [{ inlineData: '\ud800' }] }] }],
    ['generationConfig', { contents, generationConfig: [] }],
    ['generationConfig', { contents, generation_config: 'a' }],
    ['model', { contents, model: 'models/other' }],
    ['model', { contents, model: 1 }],
  ])('request/malformed (%s): %j', (field, body) => {
    expect(refusal(() => read(body))).toEqual(malformed(field));
  });

  it.each([null, '', '..', 'a//b', 'x'.repeat(1025)])('a path cannot name the model %j', model => {
    expect(refusal(() => read(LEAST, { ...NO_TARGET, model }))).toEqual(malformed('model'));
  });

  it.each([
    ['alt=sse', false, false],
    ['alt=sse', true, true],
    ['alt=json', true, true],
    ['alt=json', false, true],
    ['', true, true],
    ['alt=', true, false],
    ['alt=proto', true, false],
    ['alt=media', false, false],
    ['alt=json&alt=sse', true, false],
  ])('the query %j, streamed: %s; may be: %s', (query, stream, may) => {
    const act = () => read(LEAST, targetOf('m', query), stream);
    if (may) expect(act().stream).toBe(stream);
    else expect(refusal(act)).toEqual(invalid('alt'));
  });

  it.each(['key=', 'key=a&key=a', 'key=a%20b', 'key=%0a', 'key=%c3%a9', `key=${'a'.repeat(1025)}`])(
    'no key is %j, and it is not repeated',
    query => {
      const failure = failureOf(() => read(LEAST, targetOf('m', query)));
      expect(failure).toMatchObject({ ...malformed('key'), detail: undefined });
    },
  );
});

describe('parameters', () => {
  it.each<
    [name: string, under: string, receipt: string, stated: readonly unknown[], others: readonly unknown[]]
  >([
    ['frequencyPenalty', 'frequency_penalty', 'frequency_penalty', [-2, 1.5], [2.5]],
    ['logprobs', 'logprobs', 'top_logprobs', [0, 20], [21, true]],
    ['maxOutputTokens', 'max_output_tokens', 'max_output_tokens', [1, 100], [0, -1]],
    ['presencePenalty', 'presence_penalty', 'presence_penalty', [0], [3]],
    ['responseLogprobs', 'response_logprobs', 'logprobs', [true, false], [-1, 'true']],
    ['seed', 'seed', 'seed', [-1, 0, 5], [0.5]],
    ['temperature', 'temperature', 'temperature', [0, 2], [2.1, '1e0', 'NaN']],
    ['topK', 'top_k', 'top_k', [0, 40], [-1, 0.5]],
    ['topP', 'top_p', 'top_p', [0, 1], [1.1, []]],
  ])('%s, also as %s', (name, under, receipt, stated, others) => {
    for (const value of stated) {
      for (const spelling of [name, under]) {
        expect(read({ contents, generationConfig: { [spelling]: value } }).parameters).toEqual({
          [receipt]: value,
        });
      }
      const text = String(value);
      if (typeof value === 'number')
        expect(read({ contents, generation_config: { [name]: text } }).parameters).toEqual({
          [receipt]: value,
        });
    }
    for (const value of others)
      expect(read({ contents, generationConfig: { [under]: value } })).toMatchObject({
        parameters: {},
        unstated: [receipt],
      });
    expect(read({ contents, generationConfig: { [name]: null } }).parameters).toEqual({});
  });

  it('candidateCount, which the gateway acts on: request/parameter-invalid with a value that it does not understand', () => {
    const count = (value: unknown) => () => read({ contents, generationConfig: { candidate_count: value } });
    for (const value of [0, 1, 8, '8']) expect(count(value)().parameters).toEqual({ n: Number(value) });
    for (const value of [1.5, -1, '1e0', true, [1]])
      expect(refusal(count(value))).toEqual(invalid('candidateCount'));
  });

  it('of an embedding', () => {
    const embed = (rest: object) => readEmbedRequest(bytesOf({ content: { parts: [] }, ...rest }), TARGET);
    expect(embed({})).toMatchObject(NOTHING_SET);
    for (const set of [{ outputDimensionality: 64, taskType: 'A' }, { output_dimensionality: '64' }])
      expect(embed(set)).toMatchObject({ parameters: { dimensions: 64 }, unstated: [] });
    for (const value of [0, 1.5, 'a', true])
      expect(embed({ outputDimensionality: value })).toMatchObject({
        parameters: {},
        unstated: ['dimensions'],
      });
  });
});

describe('attachments', () => {
  it('are the parts with data or files, in either spelling and in functions’ responses too, in their order', () => {
    const parts = [
      { text: 'a' },
      { inlineData: { mimeType: 'a/b', data: 'AA==' } },
      { functionResponse: { name: 'f', parts: [{ inline_data: { data: 'BA==' } }, { text: 'b' }] } },
      { file_data: { file_uri: 'gs://a' } },
      { inlineData: null },
    ];
    const instruction = { parts: [{ fileData: { fileUri: 'gs://b' } }] };
    const { attachments } = read({ contents: [{ parts }], system_instruction: instruction });
    expect(attachments.map(fromUtf8)).toEqual([
      '{"fileData":{"fileUri":"gs://b"}}',
      '{"inlineData":{"data":"AA==","mimeType":"a/b"}}',
      '{"inline_data":{"data":"BA=="}}',
      '{"file_data":{"file_uri":"gs://a"}}',
    ]);
  });

  const content = { parts: [{ inlineData: { data: 'AA==' } }] };
  it.each([
    ['to count', readCountRequest, { contents: [content] }],
    [
      'to count, of a whole request',
      readCountRequest,
      { generateContentRequest: { model: 'models/m', contents: content } },
    ],
    ['of an embedding', readEmbedRequest, { content }],
    ['of several embeddings', readBatchRequest, { requests: [{ content: { parts: [] } }, { content }] }],
  ] as const)('%s', (_, reader, body) => {
    expect(reader(bytesOf(body), TARGET)).toEqual({
      model: 'm',
      stream: false,
      ...NOTHING_SET,
      attachments: [utf8('{"inlineData":{"data":"AA=="}}')],
    });
  });

  it.each([
    ['contents', readCountRequest, {}],
    ['contents', readCountRequest, { generateContentRequest: {} }],
    ['model', readCountRequest, { generateContentRequest: { model: 'models/n', contents } }],
    ['content', readEmbedRequest, {}],
    ['content', readEmbedRequest, { content: 'a' }],
    ['requests', readBatchRequest, {}],
    ['requests', readBatchRequest, { requests: [] }],
    ['requests.content', readBatchRequest, { requests: [{}] }],
    ['requests.content', readBatchRequest, { requests: ['a'] }],
    ['model', readBatchRequest, { requests: [{ model: 'n', content: {} }] }],
  ] as const)('without %s: refused (%#)', (field, reader, body) => {
    expect(refusal(() => reader(bytesOf(body), TARGET))).toEqual(malformed(field));
  });
});

it('any bytes are read or refused, and nothing else happens', () => {
  const samples = [
    { contents: [{ parts: [{ inlineData: { data: 'A' } }] }], generationConfig: { topP: 0.5, seed: '1' } },
    { generateContentRequest: { contents }, requests: [{ content: { parts: [] } }], content: { parts: [] } },
  ].map(bytesOf);
  const readers = [readCountRequest, readEmbedRequest, readBatchRequest];
  fc.assert(
    fc.property(mutants(samples), bytes => {
      for (const reader of [(body: Uint8Array) => readContentRequest(body, TARGET, true), ...readers]) {
        const facts = parseOrRefuse(
          () => reader(bytes, TARGET),
          ['request/malformed', 'request/parameter-invalid'],
        );
        for (const part of facts?.attachments ?? []) expect(canonicalize(parseCanonical(part))).toEqual(part);
      }
    }),
    { numRuns: 500 },
  );
});
