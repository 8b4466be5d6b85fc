/** Gemini's surfaces through the gateway, to an upstream that speaks that API. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canary, findCanaries } from '../../../test/end-to-end/canaries.js';
import { ask, json } from '../../../test/end-to-end/client.js';
import { CANNED_MODEL, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { exchangeOf, fetchBundle, openingOf, receiptOf } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  cutStream,
  event,
  LISTED_MODEL as model,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { commit } from '../../receipt/opening.js';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base });
});

beforeEach(() => {
  upstream.requests.length = 0;
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const KEY = 'AIza-of-a-client';
const REQUEST = {
  contents: [
    { role: 'user', parts: [{ text: 'a' }, { inlineData: { mimeType: 'image/png', data: 'AA==' } }] },
  ],
  generationConfig: { temperature: 0.5, max_output_tokens: '100' },
};
const CALL = { functionCall: { id: 'c1', name: 'add', args: { b: 1, a: 2 } } };
const CALL_BYTES = '{"arguments":"{\\"a\\":2,\\"b\\":1}","id":"c1","name":"add","type":"functionCall"}';
const USAGE = { promptTokenCount: 3, candidatesTokenCount: 2, thoughtsTokenCount: 4, totalTokenCount: 9 };
const part = (parts: readonly object[], rest: object = {}, candidate: object = {}) => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...candidate }],
  modelVersion: model,
  ...rest,
});
const LAST = part([CALL], { usageMetadata: USAGE }, { finishReason: 'STOP' });
const PARTS = [part([{ text: 'Hel' }]), part([{ text: 'lo.' }]), LAST].map(value =>
  event(JSON.stringify(value)),
);

const at = (method: string, query = '', of = model) => `/v1beta/models/${of}:${method}${query}`;
const post = (path: string, headers: Record<string, string> = {}, body: unknown = REQUEST, house = gateway) =>
  ask(house.address, { path, method: 'POST', body, headers });
const withoutComments = (body: Buffer) => body.toString().replace(/^: countersign-.*\n\n/gm, '');

describe('generateContent', () => {
  it('passes byte for byte in both directions, with the headers of this API, under a receipt', async () => {
    const sent = ` ${JSON.stringify(LAST)}\n`;
    upstream.behaviour = answer(200, sent);
    const headers = { 'x-goog-api-key': KEY, 'x-goog-api-client': 'sdk/1' };
    const got = await post(at('generateContent'), headers, ` ${JSON.stringify(REQUEST)}\n`);
    expect(got.body.toString()).toBe(sent);
    expect(upstream.last.path).toBe(`/v1/models/${model}:generateContent`);
    expect(upstream.last.body).toEqual(got.request);
    expect(upstream.last.headers).toMatchObject(headers);
    const receipt = await receiptOf(gateway, got);
    const opening = openingOf(got);
    const data = '{"inlineData":{"data":"AA==","mimeType":"image/png"}}';
    expect(receipt.request).toMatchObject({
      surface: 'generateContent',
      parameters: { temperature: 0.5, max_output_tokens: 100 },
      attachments: { commitments: [toHex(commit(opening, 'attachment/0', utf8(data)))] },
    });
    expect(receipt.response).toMatchObject({
      status: 'completed',
      finish: [{ name: 'STOP' }],
      usage: { prompt_tokens: 3, completion_tokens: 6, reasoning_tokens: 4, total_tokens: 9 },
      tools: { commitments: [toHex(commit(opening, 'tool/0', utf8(CALL_BYTES)))] },
    });
    expect(receipt.model).toMatchObject({ requested: { name: model }, served: { name: model } });
  });

  it('an image in the answer is committed to on its own, whole and streamed', async () => {
    const drawn = part(
      [{ text: 'Here.' }, { inlineData: { mimeType: 'image/png', data: 'AQ==' } }],
      {},
      {
        finishReason: 'STOP',
      },
    );
    upstream.behaviour = answer(200, drawn);
    const whole = await post(at('generateContent'));
    upstream.behaviour = stream(event(JSON.stringify(drawn)));
    const streamed = await post(at('streamGenerateContent', '?alt=sse'));
    for (const got of [whole, streamed]) {
      const { images } = (await receiptOf(gateway, got)).response;
      expect(images).toEqual({
        commitments: [toHex(commit(openingOf(got), 'image/0', Uint8Array.of(1)))],
      });
    }
  });

  it('a model’s name may hold what a path must encode, and never leads anywhere else', async () => {
    upstream.behaviour = answer(200, LAST);
    await post(at('generateContent', '', 'a/b%3Ac%3Fd%23%c3%a9'));
    expect(upstream.last.path).toBe('/v1/models/a/b%3Ac%3Fd%23%C3%A9:generateContent');
    for (const name of ['..%2f..%2fadmin', 'a%2f%2fb', '%2e%2e%2fx', '%2f']) {
      const got = await post(at('generateContent', '', name));
      expect(got.status).toBe(400);
      expect((await receiptOf(gateway, got)).response.reason).toBe('request/malformed');
    }
    expect(upstream.requests).toHaveLength(1);
  });
});

describe('streamGenerateContent', () => {
  it('passes one event with a large image in it, as one body with it passes', async () => {
    const data = 'A'.repeat(6 << 20);
    const drawn = part([{ inlineData: { mimeType: 'image/png', data } }], {}, { finishReason: 'STOP' });
    const sent = event(JSON.stringify(drawn));
    const patient = await openGateway({
      upstream: upstream.base,
      timeouts: { idle: 10_000, firstToken: 10_000 },
    });
    try {
      upstream.behaviour = stream(sent);
      const got = await post(at('streamGenerateContent', '?alt=sse'), {}, REQUEST, patient);
      expect(withoutComments(got.body)).toBe(sent);
      expect((await receiptOf(patient, got)).response.status).toBe('completed');
    } finally {
      await patient.close();
    }
  });

  it('as server-sent events: the stream passes event for event and ends when the upstream closes it', async () => {
    upstream.behaviour = stream(...PARTS);
    const got = await post(at('streamGenerateContent', '?alt=sse'));
    expect(upstream.last.path).toBe(`/v1/models/${model}:streamGenerateContent?alt=sse`);
    expect(withoutComments(got.body)).toBe(PARTS.join(''));
    const { request, response } = await receiptOf(gateway, got);
    expect(request).toMatchObject({ surface: 'streamGenerateContent' });
    expect(response).toMatchObject({
      status: 'completed',
      finish: [{ name: 'STOP' }],
      usage: { completion_tokens: 6 },
      tools: { commitments: [toHex(commit(openingOf(got), 'tool/0', utf8(CALL_BYTES)))] },
    });
  });

  it('acceptance and receipt stand in blocks of their own: Google’s client looks at a block’s first line only', async () => {
    upstream.behaviour = stream(...PARTS);
    const blocks = (await post(at('streamGenerateContent', '?alt=sse'))).body.toString().split('\n\n');
    expect(blocks.shift()).toMatch(/^: countersign-acceptance [^\n]*$/);
    expect(blocks.pop()).toBe('');
    expect(blocks.pop()).toMatch(/^: countersign-receipt [^\n]*$/);
    expect(blocks.map(block => `${block}\n\n`)).toEqual(PARTS);
  });

  it('and are left out when the request asks for none', async () => {
    upstream.behaviour = stream(...PARTS);
    const got = await post(at('streamGenerateContent', '?alt=sse'), { 'countersign-inline': 'none' });
    expect(got.body.toString()).toBe(PARTS.join(''));
  });

  it('as one array, which is a body', async () => {
    const sent = JSON.stringify([part([{ text: 'Hello.' }]), LAST], null, 1);
    upstream.behaviour = answer(200, sent);
    const got = await post(at('streamGenerateContent'));
    expect(upstream.last.path).toBe(`/v1/models/${model}:streamGenerateContent`);
    expect(got.body.toString()).toBe(sent);
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'completed',
      finish: [{ name: 'STOP' }],
      usage: { prompt_tokens: 3 },
    });
  });

  it('an array that ends with an error passes, and the exchange has failed', async () => {
    upstream.behaviour = answer(200, [
      part([{ text: 'a' }]),
      { error: { code: 503, message: 'no', status: 'UNAVAILABLE' } },
    ]);
    const got = await post(at('streamGenerateContent'));
    expect(got.status).toBe(200);
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'failed',
      reason: 'upstream/error',
    });
  });

  it('an upstream’s refusal passes in the array in which it may come', async () => {
    const sent = JSON.stringify([{ error: { code: 429, message: 'no', status: 'RESOURCE_EXHAUSTED' } }]);
    upstream.behaviour = answer(429, sent);
    const got = await post(at('streamGenerateContent'));
    expect(got).toMatchObject({ status: 429 });
    expect(got.body.toString()).toBe(sent);
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'refused',
      reason: 'upstream/error',
    });
  });

  it('a stream that breaks ends with an error as this API has it, and comments apart', async () => {
    upstream.behaviour = cutStream(PARTS[0] ?? '');
    const got = await post(at('streamGenerateContent', '?alt=sse'));
    const [acceptance, , receipt, error] = got.body.toString().split('\n\n');
    expect(acceptance).toMatch(/^: countersign-acceptance [^\n]*$/);
    expect(receipt).toMatch(/^: countersign-receipt [^\n]*$/);
    expect(JSON.parse(error?.replace('data: ', '') ?? '')).toEqual({
      error: { code: 502, status: 'UNAVAILABLE', message: expect.stringContaining('upstream/broken') },
    });
    expect((await receiptOf(gateway, got)).response.reason).toBe('upstream/broken');
  });

  it('a stream without a finish reason is broken', async () => {
    upstream.behaviour = stream(PARTS[0] ?? '');
    const got = await post(at('streamGenerateContent', '?alt=sse'));
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'failed',
      reason: 'upstream/broken',
    });
  });
});

describe('a key', () => {
  it('in the query goes on in the header, and of the query nothing but the form of the answer', async () => {
    upstream.behaviour = stream(...PARTS);
    const got = await post(at('streamGenerateContent', `?key=${KEY}&alt=sse&fields=a&prettyPrint=false`));
    expect(got.status).toBe(200);
    expect(upstream.last.path).toBe(`/v1/models/${model}:streamGenerateContent?alt=sse`);
    expect(upstream.last.headers['x-goog-api-key']).toBe(KEY);
  });

  it('in the query is in no answer, receipt, error or message, however it ends', async () => {
    const query = `?key=${KEY}&alt=sse`;
    const spied = [canary('key', KEY)];
    for (const [behaviour, body] of [
      [stream(...PARTS), REQUEST],
      [answer(500, '<h1>no</h1>'), REQUEST],
      [cutStream(PARTS[0] ?? ''), REQUEST],
      [answer(200, {}), '{'],
    ] as const) {
      upstream.behaviour = behaviour;
      const got = await post(at('streamGenerateContent', query), {}, body);
      expect(findCanaries(got.body, spied)).toEqual([]);
      expect(findCanaries(Buffer.from(JSON.stringify(got.headers)), spied)).toEqual([]);
      expect(findCanaries(Buffer.from(await fetchBundle(gateway, exchangeOf(got))), spied)).toEqual([]);
    }
    for (const path of [`/v1beta/nothing${query}`, `/v1beta/models${query}`, at('unknownMethod', query)]) {
      const got = await ask(gateway.address, { path });
      expect(findCanaries(got.body, spied)).toEqual([]);
    }
    expect(gateway.problems.join()).not.toContain(KEY);
  });

  it('tells clients apart, wherever it stands', async () => {
    upstream.behaviour = answer(200, LAST);
    const clientOf = async (query: string, headers: Record<string, string> = {}) =>
      (await receiptOf(gateway, await post(at('generateContent', query), headers))).client;
    const first = await clientOf('?key=k1');
    expect(await clientOf('?key=k2')).not.toBe(first);
    expect(await clientOf('', { 'x-goog-api-key': 'k1' })).toBe(first);
    expect(await clientOf('', { authorization: 'Bearer k1' })).not.toBe(first);
  });

  it.each(['?key=a&key=b', '?key=', '?key=a%0d%0ax-evil:%201', '?key=%c3%a9'])('%s is none', async query => {
    const got = await post(at('generateContent', query));
    expect(got.headers['countersign-reason']).toBe('request/malformed');
    expect((await receiptOf(gateway, got)).response.status).toBe('refused');
    expect(upstream.requests).toEqual([]);
  });

  it('of the gateway’s own is sent where the API takes it, and no client’s with it', async () => {
    const keyed = await openGateway({ upstream: upstream.base, key: 'its-own' });
    try {
      upstream.behaviour = answer(200, LAST);
      for (const [query, headers] of [
        [`?key=${KEY}`, {}],
        ['', { 'x-goog-api-key': KEY, authorization: `Bearer ${KEY}` }],
      ] as const) {
        await post(at('generateContent', query), headers, REQUEST, keyed);
        expect(upstream.last.headers['x-goog-api-key']).toBe('its-own');
        expect(JSON.stringify(upstream.last.headers) + upstream.last.path).not.toContain(KEY);
      }
    } finally {
      await keyed.close();
    }
  });
});

describe('the other methods', () => {
  it.each([
    ['countTokens', { contents: REQUEST.contents }, { totalTokens: 12 }, null],
    ['embedContent', { content: { parts: [{ text: 'a' }] } }, { embedding: { values: [0.5] } }, null],
    [
      'batchEmbedContents',
      { requests: [{ model: `models/${model}`, content: { parts: [{ text: 'a' }] } }] },
      { embeddings: [{ values: [0.5] }], usageMetadata: { promptTokenCount: 2 } },
      { prompt_tokens: 2 },
    ],
  ])('%s', async (method, body, sends, usage) => {
    upstream.behaviour = answer(200, sends);
    const got = await post(at(method), {}, body);
    expect(json(got)).toEqual(sends);
    const { request, response } = await receiptOf(gateway, got);
    expect(request.surface).toBe(method);
    expect(response).toMatchObject({ status: 'completed', finish: [], usage });
  });

  it('models are listed as Google lists them: those of upstreams that may answer here', async () => {
    const got = await ask(gateway.address, { path: '/v1beta/models' });
    expect(json(got)).toEqual({ models: [{ name: `models/${model}`, displayName: model }] });
  });
});

describe('errors are of this API', () => {
  it('of a request, under a receipt', async () => {
    const got = await post(
      at('generateContent'),
      {},
      { ...REQUEST, generationConfig: { candidateCount: -1 } },
    );
    expect(json(got)).toEqual({
      error: { code: 400, status: 'INVALID_ARGUMENT', message: expect.stringContaining('candidateCount') },
    });
    expect((await receiptOf(gateway, got)).response.reason).toBe('request/parameter-invalid');
  });

  it('of the built-in model, which does not serve it', async () => {
    const got = await post(at('generateContent', '', CANNED_MODEL));
    expect(got.headers['countersign-reason']).toBe('request/surface-unsupported');
    expect(json(got)).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } });
  });

  it('of a method, and of a path that is none', async () => {
    const wrong = await ask(gateway.address, { path: at('generateContent'), method: 'GET' });
    expect(wrong).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(json(wrong)).toMatchObject({ error: { code: 405, status: 'INVALID_ARGUMENT' } });
    const none = await post(at('bidiGenerateContent'));
    expect(json(none)).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } });
    expect(none.headers['countersign-reason']).toBe('request/route-unknown');
  });
});
