/** Anthropic's surfaces through the gateway, to an upstream that speaks that API. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, json } from '../../../test/end-to-end/client.js';
import { CANNED_MODEL, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { openingOf, receiptOf } from '../../../test/end-to-end/receipts.js';
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

const IMAGE = { type: 'image', source: { type: 'url', url: 'https://a.example' } };
const REQUEST = {
  model,
  max_tokens: 100,
  messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, IMAGE] }],
};
const HEADERS = { 'x-api-key': 'sk-ant-1', 'anthropic-version': '2023-06-01', 'anthropic-beta': 'a,b' };
const post = (body: unknown = REQUEST, headers: Record<string, string> = HEADERS, house = gateway) =>
  ask(house.address, { path: '/v1/messages', method: 'POST', body, headers });

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model,
  content: [{ type: 'tool_use', id: 'toolu_1', name: 'add', input: { b: 1, a: 2 } }],
  stop_reason: 'tool_use',
  usage: { input_tokens: 3, output_tokens: 2, cache_read_input_tokens: 4 },
};
const CALL_BYTES = '{"arguments":"{\\"a\\":2,\\"b\\":1}","id":"toolu_1","name":"add","type":"tool_use"}';
const named = (value: { readonly type: string; readonly [name: string]: unknown }) =>
  `event: ${value.type}\n${event(JSON.stringify(value))}`;
const BEGIN = named({
  type: 'message_start',
  message: { ...MESSAGE, content: [], stop_reason: null, usage: { input_tokens: 3, output_tokens: 1 } },
});
const PARTS = [
  BEGIN,
  named({
    type: 'content_block_start',
    index: 0,
    content_block: { ...MESSAGE.content[0], input: {}, type: 'tool_use' },
  }),
  named({ type: 'ping' }),
  named({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'input_json_delta', partial_json: '{"b":1,' },
  }),
  named({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'input_json_delta', partial_json: ' "a":2}' },
  }),
  named({ type: 'content_block_stop', index: 0 }),
  named({ type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 2 } }),
  named({ type: 'message_stop' }),
];
const withoutComments = (body: Buffer) => body.toString().replace(/^: countersign-.*\n/gm, '');

describe('POST /v1/messages', () => {
  it('passes byte for byte in both directions, with the headers of this API, under a receipt', async () => {
    const sent = ` ${JSON.stringify(MESSAGE)}\n`;
    upstream.behaviour = answer(200, sent, {
      'request-id': 'req_1',
      'anthropic-ratelimit-requests-limit': '5',
    });
    const got = await post(` ${JSON.stringify(REQUEST)}\n`);
    expect(got.body.toString()).toBe(sent);
    expect(got.headers).toMatchObject({ 'request-id': 'req_1', 'anthropic-ratelimit-requests-limit': '5' });
    expect(upstream.last.path).toBe('/v1/messages');
    expect(upstream.last.body).toEqual(got.request);
    expect(upstream.last.headers).toMatchObject(HEADERS);
    const receipt = await receiptOf(gateway, got);
    const opening = openingOf(got);
    const image = '{"source":{"type":"url","url":"https://a.example"},"type":"image"}';
    expect(receipt.request).toMatchObject({
      surface: 'messages',
      parameters: { max_tokens: 100 },
      attachments: { commitments: [toHex(commit(opening, 'attachment/0', utf8(image)))] },
    });
    expect(receipt.response).toMatchObject({
      status: 'completed',
      finish: [{ name: 'tool_use' }],
      usage: { prompt_tokens: 7, completion_tokens: 2, cached_tokens: 4 },
      tools: { commitments: [toHex(commit(opening, 'tool/0', utf8(CALL_BYTES)))] },
    });
    expect(receipt.model).toMatchObject({ requested: { name: model }, served: { name: model } });
    expect(receipt.upstream?.requestId).toBe(toHex(commit(opening, 'upstream/request-id', utf8('req_1'))));
  });

  it('streams to message_stop, and the receipt is the same in substance', async () => {
    upstream.behaviour = stream(...PARTS);
    const got = await post({ ...REQUEST, stream: true });
    expect(withoutComments(got.body)).toBe(PARTS.join(''));
    expect(got.body.toString().match(/^: countersign-(?:acceptance|receipt) /gm)).toHaveLength(2);
    const { request, response } = await receiptOf(gateway, got);
    expect(request.parameters).toEqual({ max_tokens: 100, stream: true });
    expect(response).toMatchObject({
      status: 'completed',
      finish: [{ name: 'tool_use' }],
      usage: { prompt_tokens: 3, completion_tokens: 2 },
      tools: { commitments: [toHex(commit(openingOf(got), 'tool/0', utf8(CALL_BYTES)))] },
    });
  });

  it('a stream that breaks ends with an error event as this API has it', async () => {
    upstream.behaviour = cutStream(BEGIN);
    const got = await post({ ...REQUEST, stream: true });
    const [name, data] = got.body.toString().trim().split('\n').slice(-2);
    expect(name).toBe('event: error');
    expect(JSON.parse(data?.replace('data: ', '') ?? '')).toEqual({
      type: 'error',
      error: { type: 'api_error', message: expect.stringContaining('upstream/broken') },
    });
    expect((await receiptOf(gateway, got)).response.reason).toBe('upstream/broken');
  });

  it('an error event of the upstream’s own passes, and the exchange has failed', async () => {
    const error = named({ type: 'error', error: { type: 'overloaded_error', message: 'no' } });
    upstream.behaviour = stream(BEGIN, error);
    const got = await post({ ...REQUEST, stream: true });
    expect(withoutComments(got.body)).toBe(BEGIN + error);
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'failed',
      reason: 'upstream/error',
    });
  });

  it('clients are told apart by their x-api-key', async () => {
    upstream.behaviour = answer(200, MESSAGE);
    const clientOf = async (key: string) =>
      (await receiptOf(gateway, await post(REQUEST, { ...HEADERS, 'x-api-key': key }))).client;
    const first = await clientOf('sk-ant-1');
    expect(await clientOf('sk-ant-2')).not.toBe(first);
    expect(await clientOf('sk-ant-1')).toBe(first);
  });
});

it('POST /v1/messages/count_tokens', async () => {
  upstream.behaviour = answer(200, { input_tokens: 12 });
  const { model: of, messages } = REQUEST;
  const path = '/v1/messages/count_tokens';
  const got = await ask(gateway.address, {
    path,
    method: 'POST',
    body: { model: of, messages },
    headers: HEADERS,
  });
  expect(json(got)).toEqual({ input_tokens: 12 });
  expect(upstream.last.path).toBe('/v1/messages/count_tokens');
  const { request, response } = await receiptOf(gateway, got);
  expect(request.surface).toBe('messages/count_tokens');
  expect(response).toMatchObject({ status: 'completed', finish: [], usage: null });
});

describe('a gateway with a key of its own', () => {
  it('sends it where the API takes it, and no client’s key with it', async () => {
    const keyed = await openGateway({ upstream: upstream.base, key: 'its-own' });
    try {
      upstream.behaviour = answer(200, MESSAGE);
      await post(REQUEST, { ...HEADERS, authorization: 'Bearer of-a-client' }, keyed);
      expect(upstream.last.headers).toMatchObject({
        'x-api-key': 'its-own',
        'anthropic-version': '2023-06-01',
      });
      expect(upstream.last.headers.authorization).toBeUndefined();
      await ask(keyed.address, { headers: { ...HEADERS, authorization: 'Bearer of-a-client' } });
      expect(upstream.last.headers.authorization).toBe('Bearer its-own');
      expect(upstream.last.headers['x-api-key']).toBeUndefined();
    } finally {
      await keyed.close();
    }
  });
});

describe('errors are of this API', () => {
  it('of a request, under a receipt', async () => {
    const got = await post({ ...REQUEST, stream: 'yes' });
    expect(got.status).toBe(400);
    expect(got.headers['countersign-reason']).toBe('request/parameter-invalid');
    expect(json(got)).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining('stream') },
    });
    expect((await receiptOf(gateway, got)).response.status).toBe('refused');
  });

  it('of the built-in model, which does not serve it', async () => {
    const body = { ...REQUEST, model: CANNED_MODEL };
    const got = await ask(gateway.address, { path: '/v1/messages/count_tokens', method: 'POST', body });
    expect(got.headers['countersign-reason']).toBe('request/surface-unsupported');
    expect(json(got)).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
    expect(upstream.requests).toEqual([]);
  });

  it('of a method, which belongs to no exchange', async () => {
    const got = await ask(gateway.address, { path: '/v1/messages', method: 'GET' });
    expect(got).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(json(got)).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
  });
});
