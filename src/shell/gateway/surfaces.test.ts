/** The surfaces beside chat completions through the gateway: what passes, and what the receipt says of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, errorOf, json } from '../../../test/end-to-end/client.js';
import { CANNED_MODEL, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { openingOf, receiptOf } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  cutStream,
  DONE,
  event,
  LISTED_MODEL,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { pathsOf } from '../../../test/support/targets.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import type { SurfaceName } from '../../exchange/surface-names.js';
import { SURFACES } from '../../exchange/surfaces.js';
import { commit } from '../../receipt/opening.js';
import type { Receipt } from '../../receipt/receipt.js';

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

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const INPUT_USAGE = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };

interface Exchange {
  readonly what: string;
  readonly surface: SurfaceName;
  readonly request: object;
  readonly parameters?: object;
  /** The data of attachments. */
  readonly attachments?: readonly string[];
  /** The bytes of tool calls. */
  readonly tools?: readonly string[];
  /** The bytes of images, or the address of one. */
  readonly images?: readonly (Uint8Array | string)[];
  readonly served?: string;
  readonly response?: Partial<Receipt['response']>;
}

async function check(
  {
    surface,
    request,
    parameters = {},
    attachments = [],
    tools = [],
    images = [],
    served,
    response = {},
  }: Exchange,
  sent: string,
): Promise<void> {
  const body = ` ${JSON.stringify(request)}\n`;
  const { asked, below } = pathsOf(surface, model);
  const got = await ask(gateway.address, { path: asked, method: 'POST', body });
  expect(got.status).toBe(200);
  expect(got.body.toString('utf8').replace(/^: countersign-.*\n/gm, '')).toBe(sent);
  expect(upstream.last).toMatchObject({ method: 'POST', path: `/v1${below}` });
  expect(upstream.last.body.toString('utf8')).toBe(body);
  const receipt = await receiptOf(gateway, got);
  const opening = openingOf(got);
  expect(receipt.request).toMatchObject({
    surface,
    parameters,
    attachments: {
      commitments: attachments.map((data, at) => toHex(commit(opening, `attachment/${at}`, utf8(data)))),
    },
  });
  expect(receipt.response.images).toEqual(
    images.length === 0
      ? undefined
      : {
          commitments: images.map((image, at) =>
            toHex(commit(opening, `image/${at}`, typeof image === 'string' ? utf8(image) : image)),
          ),
        },
  );
  expect(receipt.model).toMatchObject({
    requested: 'model' in request ? { name: request.model } : null,
    served: served === undefined ? null : { name: served },
  });
  expect(receipt.response).toMatchObject({
    status: 'completed',
    http: 200,
    reason: null,
    finish: [],
    usage: null,
    tools: { commitments: tools.map((data, at) => toHex(commit(opening, `tool/${at}`, utf8(data)))) },
    ...response,
  });
}

const model = LISTED_MODEL;
const CALL = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'add', arguments: '{"a":1}' };
const CALL_BYTES = '{"arguments":"{\\"a\\":1}","id":"call_1","name":"add","type":"function_call"}';
const response = (status: string, rest: object = {}) => ({
  id: 'resp_1',
  object: 'response',
  status,
  model,
  output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'a' }] }, CALL],
  usage: INPUT_USAGE,
  ...rest,
});
const INPUT_IMAGE = { type: 'input_image', image_url: 'data:,a' };
const IMAGE = { type: 'image_url', image_url: { url: 'data:,a' } };
const DRAWN = { type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'AQ==' };
const DRAWN_URL = { type: 'image_url', image_url: { url: 'data:image/png;base64,AQ==' } };

describe('a whole answer arrives byte for byte, and the receipt says what it says', () => {
  it.each<Exchange & { readonly sends: object }>([
    {
      what: 'a completion',
      surface: 'completions',
      request: { model, prompt: 'Once', logprobs: 3, echo: true, max_tokens: 0, stop: ['\n'] },
      parameters: { logprobs: 3, echo: true, max_tokens: 0 },
      sends: {
        object: 'text_completion',
        model,
        choices: [{ index: 0, text: ' upon', logprobs: null, finish_reason: 'length' }],
        usage: USAGE,
      },
      served: model,
      response: { finish: [{ name: 'length' }], usage: USAGE },
    },
    {
      what: 'a response with a tool call',
      surface: 'responses',
      request: {
        model,
        input: [
          { role: 'user', content: [{ type: 'input_text', text: 'a' }, INPUT_IMAGE] },
          { type: 'function_call_output', call_id: 'c', output: 'b' },
        ],
        max_output_tokens: 50,
        reasoning: { effort: 'low', summary: 'auto' },
        text: { verbosity: 'low', format: { type: 'text' } },
      },
      parameters: {
        max_output_tokens: 50,
        reasoning_effort: 'low',
        reasoning_summary: 'auto',
        verbosity: 'low',
      },
      attachments: ['{"image_url":"data:,a","type":"input_image"}'],
      sends: response('incomplete', { incomplete_details: { reason: 'max_output_tokens' } }),
      served: model,
      response: { finish: [{ name: 'max_output_tokens' }], usage: USAGE },
      tools: [CALL_BYTES],
    },
    {
      what: 'embeddings',
      surface: 'embeddings',
      request: { model, input: ['a', 'b'], dimensions: 2, encoding_format: 'float' },
      parameters: { dimensions: 2, encoding_format: 'float' },
      sends: {
        object: 'list',
        model,
        data: [{ object: 'embedding', index: 0, embedding: [0.25, -0.5] }],
        usage: { prompt_tokens: 2, total_tokens: 2 },
      },
      served: model,
      response: { usage: { prompt_tokens: 2, total_tokens: 2 } },
    },
    {
      what: 'a moderation, without a model',
      surface: 'moderations',
      request: { input: [{ type: 'text', text: 'a' }, IMAGE] },
      attachments: ['{"image_url":{"url":"data:,a"},"type":"image_url"}'],
      sends: { id: 'modr-1', model, results: [{ flagged: true }] },
      served: model,
    },
    {
      what: 'images',
      surface: 'images/generations',
      request: { model, prompt: 'a seal', n: 2, size: '64x64' },
      parameters: { n: 2 },
      sends: { created: 1, data: [{ b64_json: 'AA==' }, { url: 'https://a.example' }], usage: INPUT_USAGE },
      images: [Uint8Array.of(0), 'https://a.example'],
      response: { usage: USAGE },
    },
    {
      what: 'a response with an image that a tool has made',
      surface: 'responses',
      request: { model, input: 'a' },
      sends: response('completed', { output: [DRAWN] }),
      served: model,
      response: { finish: [{ name: 'completed' }], usage: USAGE },
      tools: ['{"arguments":"","id":"ig_1","name":"","type":"image_generation_call"}'],
      images: [Uint8Array.of(1)],
    },
    {
      what: 'a chat’s answer with an image beside its text',
      surface: 'chat/completions',
      request: { model, messages: [{ role: 'user', content: 'Draw a seal.' }] },
      sends: {
        model,
        choices: [{ finish_reason: 'stop', message: { content: 'Here.', images: [DRAWN_URL] } }],
      },
      served: model,
      response: { finish: [{ name: 'stop' }] },
      images: [Uint8Array.of(1)],
    },
  ])('$what', async ({ sends, ...exchange }) => {
    const sent = `\n${JSON.stringify(sends, null, 1)} `;
    upstream.behaviour = answer(200, sent);
    await check(exchange, sent);
  });
});

const textPart = (text: string, finish_reason: string | null = null) =>
  event(JSON.stringify({ model, choices: [{ index: 0, text, finish_reason }] }));
const named = (value: { readonly type: string; readonly [name: string]: unknown }) =>
  `event: ${value.type}\n${event(JSON.stringify(value))}`;
const RESPONSE_BEGINS = named({
  type: 'response.created',
  response: response('in_progress', { output: [], usage: null }),
  sequence_number: 0,
});
const IMAGE_PART = named({ type: 'image_generation.partial_image', b64_json: 'AA==' });
const IMAGE_END = named({ type: 'image_generation.completed', b64_json: 'AQ==', usage: INPUT_USAGE });

describe('a stream arrives event for event', () => {
  it.each<Exchange & { readonly sends: readonly string[] }>([
    {
      what: 'a completion',
      surface: 'completions',
      request: { model, prompt: 'Once', stream: true },
      parameters: { stream: true },
      sends: [textPart(' up'), ': waiting\n\n', textPart('on', 'stop'), DONE],
      served: model,
      response: { finish: [{ name: 'stop' }] },
    },
    {
      what: 'a response, without [DONE]',
      surface: 'responses',
      request: { model, input: 'a', stream: true },
      parameters: { stream: true },
      sends: [
        RESPONSE_BEGINS,
        named({ type: 'response.output_text.delta', output_index: 0, delta: 'a', sequence_number: 1 }),
        named({ type: 'response.completed', response: response('completed'), sequence_number: 2 }),
      ],
      served: model,
      response: { finish: [{ name: 'completed' }], usage: USAGE },
      tools: [CALL_BYTES],
    },
    {
      what: 'a response with an image that a tool has made',
      surface: 'responses',
      request: { model, input: 'a', stream: true },
      parameters: { stream: true },
      sends: [
        RESPONSE_BEGINS,
        named({ type: 'response.output_item.done', output_index: 0, item: DRAWN }),
        named({ type: 'response.completed', response: response('completed', { output: [DRAWN] }) }),
      ],
      served: model,
      response: { finish: [{ name: 'completed' }], usage: USAGE },
      tools: ['{"arguments":"","id":"ig_1","name":"","type":"image_generation_call"}'],
      images: [Uint8Array.of(1)],
    },
    {
      what: 'a chat’s answer with an image beside its text',
      surface: 'chat/completions',
      request: { model, messages: [{ role: 'user', content: 'Draw a seal.' }], stream: true },
      parameters: { stream: true },
      sends: [
        event(JSON.stringify({ model, choices: [{ delta: { content: 'Here.' } }] })),
        event(JSON.stringify({ model, choices: [{ delta: { images: [DRAWN_URL] } }] })),
        event(JSON.stringify({ model, choices: [{ delta: {}, finish_reason: 'stop' }] })),
        DONE,
      ],
      served: model,
      response: { finish: [{ name: 'stop' }] },
      images: [Uint8Array.of(1)],
    },
    {
      what: 'an image',
      surface: 'images/generations',
      request: { prompt: 'a seal', stream: true, partial_images: 1 },
      parameters: { stream: true, partial_images: 1 },
      sends: [IMAGE_PART, IMAGE_END],
      response: { usage: USAGE },
      images: [Uint8Array.of(1)],
    },
  ])('$what', async ({ sends, ...exchange }) => {
    upstream.behaviour = stream(...sends);
    await check(exchange, sends.join(''));
  });

  it.each<[what: string, surface: SurfaceName, request: object, parts: readonly string[]]>([
    ['a completion without finish reason', 'completions', { model }, [textPart('a')]],
    ['a response that is never complete', 'responses', { model }, [RESPONSE_BEGINS]],
    ['an image that is never complete', 'images/generations', { prompt: 'a' }, [IMAGE_PART]],
  ])('%s that just ends is broken, and says so', async (_, surface, request, parts) => {
    upstream.behaviour = stream(...parts);
    const got = await ask(gateway.address, {
      path: pathsOf(surface, model).asked,
      method: 'POST',
      body: request,
    });
    expect(got.body.toString()).toContain('upstream/broken');
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'failed',
      reason: 'upstream/broken',
    });
  });
});

describe('a stream of a response that fails', () => {
  const post = () =>
    ask(gateway.address, {
      path: '/v1/responses',
      method: 'POST',
      body: { model, input: 'a', stream: true },
    });

  it('ends with the event that says so, under a receipt that says so too', async () => {
    const error = { code: 'server_error', message: 'no' };
    const failed = named({ type: 'response.failed', response: response('failed', { output: [], error }) });
    upstream.behaviour = stream(RESPONSE_BEGINS, failed, named({ type: 'response.completed' }));
    const got = await post();
    expect(got.body.toString().replace(/^: countersign-.*\n/gm, '')).toBe(RESPONSE_BEGINS + failed);
    const { response: ended, model: listed } = await receiptOf(gateway, got);
    expect(ended).toMatchObject({ status: 'failed', reason: 'upstream/error', finish: [{ name: 'failed' }] });
    expect(listed.served).toEqual({ name: model });
  });

  it('may end after an error event', async () => {
    const error = named({
      type: 'error',
      code: 'server_error',
      message: 'no',
      param: null,
      sequence_number: 1,
    });
    upstream.behaviour = stream(RESPONSE_BEGINS, error);
    const got = await post();
    expect(got.body.toString().replace(/^: countersign-.*\n/gm, '')).toBe(RESPONSE_BEGINS + error);
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'failed',
      reason: 'upstream/error',
    });
  });

  it('is ended with an error event in the form of this surface, in the place that comes next', async () => {
    upstream.behaviour = cutStream(RESPONSE_BEGINS, ': waiting\n\n');
    const got = await post();
    const [type, data] = got.body.toString().trim().split('\n').slice(-2);
    expect(type).toBe('event: error');
    expect(JSON.parse(data?.replace('data: ', '') ?? '')).toMatchObject({
      type: 'error',
      sequence_number: 1,
      code: 'upstream/broken',
      param: null,
      message: expect.stringContaining('upstream/broken'),
      error: { code: 'upstream/broken', type: 'api_error' },
    });
    expect((await receiptOf(gateway, got)).response.reason).toBe('upstream/broken');
  });

  it('is garbage when an event’s two names differ, and that event is not passed on', async () => {
    const forked = `event: response.created\n${event(JSON.stringify({ type: 'response.completed' }))}`;
    upstream.behaviour = stream(RESPONSE_BEGINS, forked);
    const got = await post();
    expect(got.body.toString()).not.toContain(forked);
    expect((await receiptOf(gateway, got)).response.reason).toBe('upstream/garbage');
  });
});

/** The least that each surface takes beside a model. */
const LEAST: Record<Exclude<SurfaceName, 'audio/transcriptions'>, object> = {
  'chat/completions': { messages: [{ role: 'user', content: 'a' }] },
  completions: { prompt: 'a' },
  responses: { input: 'a' },
  'responses/input_tokens': { input: 'a' },
  embeddings: { input: 'a' },
  moderations: { input: 'a' },
  'images/generations': { prompt: 'a' },
  messages: { messages: [{ role: 'user', content: 'a' }] },
  'messages/count_tokens': { messages: [{ role: 'user', content: 'a' }] },
  generateContent: { contents: [{ parts: [{ text: 'a' }] }] },
  streamGenerateContent: { contents: [{ parts: [{ text: 'a' }] }] },
  countTokens: { contents: [{ parts: [{ text: 'a' }] }] },
  embedContent: { content: { parts: [{ text: 'a' }] } },
  batchEmbedContents: { requests: [{ content: { parts: [{ text: 'a' }] } }] },
};

/** A form with a model and a file. */
const spoken = (of: string, rest = '') => ({
  headers: { 'content-type': 'multipart/form-data; boundary=b' },
  body: `--b\r\nContent-Disposition: form-data; name="model"\r\n\r\n${of}\r\n${rest}--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nsound\r\n--b--\r\n`,
});

/** The least that is a request. */
function least(surface: SurfaceName, of: string): { headers?: Record<string, string>; body: unknown } {
  return surface === 'audio/transcriptions' ? spoken(of) : { body: { ...LEAST[surface], model: of } };
}

const others = SURFACES.filter(({ name }) => name !== 'chat/completions').map(({ name }) => name);

describe('what the upstream gets wrong', () => {
  const post = (surface: SurfaceName) =>
    ask(gateway.address, { path: pathsOf(surface, model).asked, method: 'POST', ...least(surface, model) });

  it.each(others)('%s: an answer that is none of this surface is garbage', async surface => {
    for (const body of ['{}', '[]', 'Hello', '{"error":']) {
      upstream.behaviour = answer(200, body);
      const got = await post(surface);
      expect(got.status).toBe(502);
      expect((await receiptOf(gateway, got)).response.reason).toBe('upstream/garbage');
    }
  });

  it.each(others)('%s: an error of its own passes as it is', async surface => {
    const body = '{ "type": "error", "error": {"message":"no","type":"t","param":null,"code":"c"} }';
    upstream.behaviour = answer(429, body, { 'retry-after': '3' });
    const got = await post(surface);
    expect(got).toMatchObject({ status: 429, headers: { 'retry-after': '3' } });
    expect(got.body.toString()).toBe(body);
    const { request, response } = await receiptOf(gateway, got);
    expect(request.surface).toBe(surface);
    expect(response).toMatchObject({ status: 'refused', reason: 'upstream/error' });
  });

  it.each(SURFACES.filter(({ streams }) => !streams).map(({ name }) => name))(
    '%s: a stream where there is none is garbage',
    async surface => {
      upstream.behaviour = stream(DONE);
      const got = await post(surface);
      expect(got.status).toBe(502);
      expect((await receiptOf(gateway, got)).response.reason).toBe('upstream/garbage');
    },
  );
});

describe('the built-in model answers chat alone, and what can be translated into it', () => {
  it.each(others.filter(surface => surface !== 'messages' && surface !== 'responses'))(
    '%s: request/surface-unsupported, under a receipt',
    async surface => {
      const question = {
        path: pathsOf(surface, CANNED_MODEL).asked,
        method: 'POST',
        ...least(surface, CANNED_MODEL),
      };
      const got = await ask(gateway.address, question);
      expect(got.status).toBe(404);
      expect(got.headers['countersign-reason']).toBe('request/surface-unsupported');
      expect(json<{ error: { message: string } }>(got).error.message).toContain('(model)');
      expect(upstream.requests).toEqual([]);
      const { model: listed, request, response } = await receiptOf(gateway, got);
      expect(listed.requested).toEqual({ name: CANNED_MODEL });
      expect(request).toMatchObject({ surface, sent: null });
      expect(response).toMatchObject({ status: 'refused', reason: 'request/surface-unsupported' });
    },
  );

  it('and without an upstream nobody answers a request that names no model', async () => {
    const alone = await openGateway();
    try {
      const got = await ask(alone.address, {
        path: '/v1/moderations',
        method: 'POST',
        body: { input: 'a' },
      });
      expect(got.headers['countersign-reason']).toBe('request/model-unknown');
      const receipt = await receiptOf(alone, got);
      expect(receipt.model).toEqual({ requested: null, served: null, digest: null });
    } finally {
      await alone.close();
    }
  });
});

describe('a form with a file', () => {
  const path = '/v1/audio/transcriptions';

  it('reaches the upstream byte for byte; its file is an attachment, and a text comes back', async () => {
    upstream.behaviour = answer(200, 'Hello.\n', { 'content-type': 'text/plain; charset=utf-8' });
    const temperature = '--b\r\nContent-Disposition: form-data; name="temperature"\r\n\r\n0.5\r\n';
    const got = await ask(gateway.address, { path, method: 'POST', ...spoken(model, temperature) });
    expect(got.body.toString()).toBe('Hello.\n');
    expect(got.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(upstream.last.body).toEqual(got.request);
    expect(upstream.last.headers['content-type']).toBe('multipart/form-data; boundary=b');
    const { request, response: said } = await receiptOf(gateway, got);
    expect(request).toMatchObject({
      surface: 'audio/transcriptions',
      parameters: { temperature: 0.5 },
      attachments: { commitments: [toHex(commit(openingOf(got), 'attachment/0', utf8('sound')))] },
    });
    expect(said).toMatchObject({ status: 'completed', usage: null });
  });

  it('is refused as JSON, and with a field twice, under a receipt', async () => {
    const twice = '--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n';
    for (const question of [{ body: { model } }, spoken(model, twice)]) {
      const got = await ask(gateway.address, { path, method: 'POST', ...question });
      expect(got.status).toBe(400);
      expect(errorOf(got).code).toBe('request/malformed');
      expect((await receiptOf(gateway, got)).request).toMatchObject({
        surface: 'audio/transcriptions',
        sent: null,
      });
    }
    expect(upstream.requests).toEqual([]);
  });

  it('may be answered by a stream', async () => {
    const parts = [
      event(JSON.stringify({ type: 'transcript.text.delta', delta: 'Hello.' })),
      event(JSON.stringify({ type: 'transcript.text.done', text: 'Hello.', usage: INPUT_USAGE })),
    ];
    upstream.behaviour = stream(...parts);
    const got = await ask(gateway.address, { path, method: 'POST', ...spoken(model) });
    expect(got.body.toString().replace(/^: countersign-.*\n/gm, '')).toBe(parts.join(''));
    expect((await receiptOf(gateway, got)).response).toMatchObject({ status: 'completed', usage: USAGE });
  });
});
