import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat, errorOf, json } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { openingOf, receiptOf, receiptOfExchange, verifyAnswer } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  chunk,
  completion,
  cutStream,
  DONE,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { toHex } from '../../bytes/hex.js';
import { COMMON_WORDS } from '../../exchange/chat-words.js';
import { commit } from '../../receipt/opening.js';
import { AnswerCache } from './cache/answer-cache.js';

/** Hosts that speak one API each. */
let anthropic: TestUpstream;
let openai: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  anthropic = await TestUpstream.start();
  openai = await TestUpstream.start();
  gateway = await openGateway({
    more: {
      anthropic: { base: anthropic.base, surfaces: ['messages', 'messages/count_tokens'] },
      openai: { base: openai.base, surfaces: ['chat/completions'], key: 'key-of-openai' },
      common: { base: openai.base, surfaces: ['chat/completions'], chatWords: COMMON_WORDS },
    },
  });
});

afterAll(async () => {
  expect(gateway.problems).toEqual([]);
  await gateway.close();
  await anthropic.close();
  await openai.close();
});

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content: [
    { type: 'text', text: 'Let me look.' },
    { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Kiel' } },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 7, output_tokens: 9 },
};

const event = (value: { type: string }) => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
const MESSAGE_STREAM = [
  {
    type: 'message_start',
    message: { ...MESSAGE, content: [], stop_reason: null, usage: { input_tokens: 7, output_tokens: 1 } },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'ping' },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' there.' } },
  { type: 'content_block_stop', index: 0 },
  {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 4 },
  },
  { type: 'message_stop' },
].map(event);

const CHAT = chat({ model: 'anthropic/claude-x' });

describe('a client of OpenAI’s in front of a host of Anthropic’s', () => {
  it('gets its answer, its tool call and its finish reason in its own words, and the receipt names the translation', async () => {
    anthropic.behaviour = answer(200, MESSAGE);
    const got = await ask(gateway.address, {
      body: CHAT,
      headers: { authorization: 'Bearer clients-key', 'openai-organization': 'org-1' },
    });
    expect(got.status).toBe(200);
    expect(json<{ choices: unknown[] }>(got).choices).toMatchObject([
      {
        finish_reason: 'tool_calls',
        message: {
          content: 'Let me look.',
          tool_calls: [{ id: 'toolu_1', function: { name: 'weather', arguments: '{"city":"Kiel"}' } }],
        },
      },
    ]);
    expect(anthropic.last.path).toBe('/v1/messages');
    expect(anthropic.last.headers).toMatchObject({
      'x-api-key': 'clients-key',
      'anthropic-version': '2023-06-01',
    });
    expect(anthropic.last.headers.authorization).toBeUndefined();
    expect(anthropic.last.headers['openai-organization']).toBeUndefined();
    const sent = JSON.parse(anthropic.last.body.toString());
    expect(sent).toMatchObject({ model: 'claude-x', max_tokens: 8192, messages: [{ role: 'user' }] });

    const receipt = await receiptOf(gateway, got);
    const opening = openingOf(got);
    expect(receipt.request.transforms).toEqual([
      'model-renamed',
      'chat-completions-to-messages',
      'max-tokens-default',
    ]);
    expect(receipt.request.surface).toBe('chat/completions');
    expect(receipt.request.sent).toBe(toHex(commit(opening, 'request/sent', anthropic.last.body)));
    const received = Buffer.from(JSON.stringify(MESSAGE));
    expect(receipt.response.received).toBe(toHex(commit(opening, 'response/received', received)));
    expect(receipt.response).toMatchObject({
      finish: [{ name: 'tool_use' }],
      usage: { prompt_tokens: 7, completion_tokens: 9 },
    });
    expect('commitments' in receipt.response.tools && receipt.response.tools.commitments).toHaveLength(1);
    expect(Buffer.from(gateway.vault.get(receipt.exchange).received ?? [])).toEqual(received);
    expect((await verifyAnswer(gateway, got)).outcome).toBe('pass');
  });

  it('streamed: what the client got and what the host sent are both committed to', async () => {
    anthropic.behaviour = stream(...MESSAGE_STREAM);
    const got = await ask(gateway.address, { body: { ...CHAT, stream: true } });
    const receipt = await receiptOf(gateway, got);
    const received = Buffer.from(MESSAGE_STREAM.join(''));
    expect(receipt.response).toMatchObject({
      status: 'completed',
      finish: [{ name: 'end_turn' }],
      received: toHex(commit(openingOf(got), 'response/received', received)),
      // Which the client did not ask for, and did not get.
      usage: { prompt_tokens: 7, completion_tokens: 4 },
    });
    expect((await verifyAnswer(gateway, got)).outcome).toBe('pass');
  });

  it('that breaks off ends in an event of OpenAI’s that says so', async () => {
    anthropic.behaviour = cutStream(...MESSAGE_STREAM.slice(0, 4));
    const got = await ask(gateway.address, { body: { ...CHAT, stream: true } });
    expect(got.body.toString()).toContain('"code":"upstream/broken"');
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'failed',
      reason: 'upstream/broken',
    });
    expect((await verifyAnswer(gateway, got)).outcome).toBe('pass');
  });

  it('an error of the host’s is one of OpenAI’s, with its status', async () => {
    anthropic.behaviour = answer(400, {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'Too long.' },
    });
    const got = await ask(gateway.address, { body: CHAT });
    expect(got.status).toBe(400);
    expect(errorOf(got).message).toContain('Too long.');
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'refused',
      reason: 'upstream/error',
    });
  });

  it('an error under HTTP 200, or as an event without a type, is one as well', async () => {
    const error = { error: { code: 429, message: 'Slow down.' } };
    anthropic.behaviour = answer(200, error);
    const got = await ask(gateway.address, { body: CHAT });
    expect(got.status).toBe(429);
    expect(errorOf(got)).toMatchObject({ message: 'Slow down.', type: 'rate_limit_error' });
    const { response } = await receiptOf(gateway, got);
    expect(response).toMatchObject({ status: 'refused', reason: 'upstream/error', http: 429 });
    anthropic.behaviour = stream(...MESSAGE_STREAM.slice(0, 4), `data: ${JSON.stringify(error)}\n\n`);
    const streamed = await ask(gateway.address, { body: { ...CHAT, stream: true } });
    expect(streamed.body.toString()).toContain('"message":"Slow down."');
    expect((await receiptOf(gateway, streamed)).response).toMatchObject({
      status: 'failed',
      reason: 'upstream/error',
    });
  });

  it.each([
    ['stop_sequence', { name: 'stop_sequence' }],
    ['model_context_window_exceeded', { name: 'model_context_window_exceeded' }],
    // A word of the client's API, and none of the host's.
    ['stop', { commitment: expect.stringMatching(/^[0-9a-f]{64}$/) }],
  ])('why its model stopped is in the receipt as the host said it: %s', async (reason, finish) => {
    anthropic.behaviour = answer(200, { ...MESSAGE, stop_reason: reason });
    const whole = await receiptOf(gateway, await ask(gateway.address, { body: CHAT }));
    expect(whole.response.finish).toEqual([finish]);
    const events = MESSAGE_STREAM.map(each => each.replace('"end_turn"', `"${reason}"`));
    anthropic.behaviour = stream(...events);
    const got = await ask(gateway.address, { body: { ...CHAT, stream: true } });
    expect((await receiptOf(gateway, got)).response.finish).toEqual([finish]);
  });

  it('so it is where the answer is given again', async () => {
    const cache = new AnswerCache({ maximumBytes: 1_000_000, lifetime: 60_000, now: Date.now });
    const cached = await openGateway({
      cache,
      more: { anthropic: { base: anthropic.base, surfaces: ['messages'] } },
    });
    anthropic.behaviour = answer(200, MESSAGE);
    for (const isHit of [false, true]) {
      const got = await ask(cached.address, { body: CHAT, headers: { authorization: 'Bearer clients-key' } });
      expect(got.headers['countersign-cache'] === 'hit').toBe(isHit);
      expect((await receiptOf(cached, got)).response.finish).toEqual([{ name: 'tool_use' }]);
    }
    await cached.close();
  });

  it('garbage of the host’s is no answer', async () => {
    anthropic.behaviour = answer(200, { hello: 'there' });
    const got = await ask(gateway.address, { body: CHAT });
    expect(got.status).toBe(502);
    expect((await receiptOf(gateway, got)).response.reason).toBe('upstream/untranslatable');
  });

  it('a number that would be another one is refused by name, in a request and in an answer', async () => {
    const before = anthropic.requests.length;
    const tool = { type: 'function', function: { name: 'f', parameters: { maximum: 'NUMBER' } } };
    const asked = JSON.stringify({ ...CHAT, tools: [tool] }).replace('"NUMBER"', '12345678901234567890');
    const refused = await ask(gateway.address, { body: asked });
    expect(refused.status).toBe(400);
    expect(errorOf(refused)).toMatchObject({
      code: 'request/number-inexact',
      param: 'tools.0.function.parameters.maximum',
    });
    expect(anthropic.requests.length).toBe(before);
    expect((await receiptOf(gateway, refused)).response).toMatchObject({
      status: 'refused',
      reason: 'request/number-inexact',
    });

    const said = JSON.stringify(MESSAGE).replace('"Kiel"', '12345678901234567890');
    anthropic.behaviour = answer(200, said);
    const failed = await ask(gateway.address, { body: CHAT });
    expect(failed.status).toBe(502);
    expect(errorOf(failed).code).toBe('upstream/number-inexact');
    expect((await receiptOf(gateway, failed)).response).toMatchObject({
      status: 'failed',
      reason: 'upstream/number-inexact',
    });
  });

  it('any number passes where nothing is translated', async () => {
    const number = '12345678901234567890';
    const withNumber = (value: object) => JSON.stringify({ ...value, other: 'N' }).replace('"N"', number);
    openai.behaviour = answer(200, withNumber(completion()));
    const body = withNumber({ ...CHAT, model: 'openai/gpt' });
    const got = await ask(gateway.address, { body });
    expect(got.status).toBe(200);
    expect(got.body.toString()).toContain(`"other":${number}`);
    expect(openai.last.body.toString()).toContain(`"other":${number}`);
  });

  it('what would change the answer and cannot be said there is refused by name, and nothing is sent', async () => {
    const before = anthropic.requests.length;
    const got = await ask(gateway.address, { body: { ...CHAT, n: 2 } });
    expect(got.status).toBe(400);
    expect(errorOf(got)).toMatchObject({ code: 'request/untranslatable', param: 'n' });
    expect(anthropic.requests.length).toBe(before);
    expect(await receiptOf(gateway, got)).toMatchObject({
      attempts: [],
      response: { status: 'refused' },
      request: { sent: null },
    });
  });
});

describe('a stream of the host’s', () => {
  const streamed = { ...CHAT, stream: true };

  it.each([
    ['pings', event({ type: 'ping' })],
    ['more than its client is told', event({ type: 'ping', padding: 'x'.repeat(900) } as { type: string })],
  ])('that is nothing but %s ends when it is over the limit of an answer', async (_, ping) => {
    const small = await openGateway({
      more: { anthropic: { base: anthropic.base, surfaces: ['messages'] } },
      limits: { responseBytes: 10_000 },
    });
    anthropic.behaviour = stream(
      MESSAGE_STREAM[0] ?? '',
      ...Array(Math.ceil(12_000 / ping.length)).fill(ping),
    );
    const got = await ask(small.address, { body: streamed });
    expect((await receiptOf(small, got)).response).toMatchObject({
      status: 'failed',
      reason: 'upstream/oversized',
    });
    await small.close();
  });

  it('may have events without data, of which nobody hears', async () => {
    anthropic.behaviour = stream('event: ping\n\n', 'data:\n\n', 'id: 7\n\n', ...MESSAGE_STREAM);
    const got = await ask(gateway.address, { body: streamed });
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'completed',
      finish: [{ name: 'end_turn' }],
    });
  });
});

describe('a client of Anthropic’s in front of a host of OpenAI’s', () => {
  const client = () => new Anthropic({ baseURL: gateway.address, apiKey: 'clients-key', maxRetries: 0 });
  const request = {
    model: 'openai/test-model',
    max_tokens: 50,
    messages: [{ role: 'user' as const, content: 'Hello?' }],
  };

  it('gets its answer in its own words, and the host its own key', async () => {
    openai.behaviour = answer(200, completion('Hello there.'));
    const { data, response } = await client().messages.create(request).withResponse();
    expect(data).toMatchObject({
      type: 'message',
      role: 'assistant',
      stop_reason: 'end_turn',
      content: [{ type: 'text', text: 'Hello there.' }],
    });
    expect(openai.last.path).toBe('/v1/chat/completions');
    expect(openai.last.headers.authorization).toBe('Bearer key-of-openai');
    expect(JSON.stringify(openai.last.headers)).not.toContain('clients-key');
    expect(openai.last.headers['anthropic-version']).toBeUndefined();
    const exchange = response.headers.get('countersign-exchange') ?? '';
    const receipt = await receiptOfExchange(gateway, exchange);
    expect(receipt.request.transforms).toEqual(['model-renamed', 'messages-to-chat-completions']);
  });

  it('streamed, and cut off at its limit in the middle of a call', async () => {
    const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":"b' } };
    openai.behaviour = stream(chunk({ tool_calls: [call] }), chunk({}, 'length'), DONE);
    const message = await client().messages.stream(request).finalMessage();
    expect(message).toMatchObject({
      stop_reason: 'max_tokens',
      content: [{ type: 'tool_use', id: 'call_1', name: 'f' }],
    });
  });

  it.each([
    [
      'beside a choice',
      { error: { message: 'No.' }, choices: [{ index: 0, delta: {}, finish_reason: 'error' }] },
    ],
    [
      'in a choice',
      { choices: [{ index: 0, delta: {}, finish_reason: 'error', error: { message: 'No.' } }] },
    ],
    ['by a finish reason alone', { choices: [{ index: 0, delta: {}, finish_reason: 'error' }] }],
    ['in the form of older servers', { object: 'error', message: 'No.', code: 500 }],
  ])('streamed, with an error %s: failed', async (_, error) => {
    openai.behaviour = stream(chunk({ content: 'Hel' }), `data: ${JSON.stringify(error)}\n\n`, DONE);
    const got = await ask(gateway.address, {
      path: '/v1/messages',
      method: 'POST',
      body: {
        model: 'openai/test-model',
        max_tokens: 9,
        stream: true,
        messages: [{ role: 'user', content: 'a' }],
      },
    });
    const { response } = await receiptOf(gateway, got);
    expect(response).toMatchObject({ status: 'failed', reason: 'upstream/error', http: 200 });
  });

  it('and the host is asked in its words', async () => {
    openai.behaviour = answer(200, completion('Hello there.'));
    const limits = [];
    for (const model of ['openai/m', 'common/m']) {
      await client().messages.create({ ...request, model });
      const { max_completion_tokens: own, max_tokens: common } = JSON.parse(openai.last.body.toString());
      limits.push([own, common]);
    }
    expect(limits).toEqual([
      [50, undefined],
      [undefined, 50],
    ]);
  });
});

describe('a route over hosts of both dialects', () => {
  it('falls back from one to the other, each asked in its own', async () => {
    const routed = await openGateway({
      more: {
        anthropic: { base: anthropic.base, surfaces: ['messages'] },
        openai: { base: openai.base, surfaces: ['chat/completions'] },
      },
      routes: new Map([
        [
          'both',
          [
            { balance: 'weight', targets: [{ model: 'anthropic/claude-x', weight: 1 }] },
            { balance: 'weight', targets: [{ model: 'openai/test-model', weight: 1 }] },
          ],
        ],
      ]),
    });
    try {
      anthropic.behaviour = answer(503, {
        type: 'error',
        error: { type: 'overloaded_error', message: 'Overloaded' },
      });
      openai.behaviour = answer(200, completion('Hello there.'));
      const got = await ask(routed.address, { body: chat({ model: 'both' }) });
      const { attempts, request } = await receiptOf(routed, got);
      expect(got.status).toBe(200);
      expect(attempts).toHaveLength(2);
      expect(request.transforms).toEqual(['model-renamed']);
      // What only one of them can be asked goes to that one.
      const many = await ask(routed.address, { body: chat({ model: 'both', n: 2 }) });
      expect(many.status).toBe(200);
      expect((await receiptOf(routed, many)).attempts).toMatchObject([{ upstream: 'openai' }]);
    } finally {
      await routed.close();
    }
  });
});
