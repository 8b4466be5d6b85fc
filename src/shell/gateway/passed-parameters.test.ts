/** What some host takes and no receipt can state: it goes on as it came, and the receipt says that there was something. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { CANNED_MODEL, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { openingOf, receiptOf } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  completion,
  LISTED_MODEL as model,
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

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const message = { role: 'user', content: 'Hello?' };
const RESPONSE = { id: 'resp', object: 'response', model, status: 'completed', output: [] };
const MESSAGE = {
  id: 'msg',
  type: 'message',
  model,
  role: 'assistant',
  content: [],
  stop_reason: 'end_turn',
};
const CONTENT = { candidates: [{ content: { parts: [{ text: 'a' }] }, finishReason: 'STOP' }] };
const VECTORS = { object: 'list', data: [], model };

describe('a value that no receipt states', () => {
  it.each<[what: string, path: string, body: object, sends: object, parameters: object, unstated: string[]]>([
    [
      'a host’s own words',
      '/v1/chat/completions',
      chat({ service_tier: 'on_demand', reasoning_effort: 'default' }),
      completion(),
      {},
      ['reasoning_effort', 'service_tier'],
    ],
    [
      'a limit that is none, and more probabilities than elsewhere',
      '/v1/chat/completions',
      chat({ max_tokens: -1, logprobs: 5, top_logprobs: 30 }),
      completion(),
      { logprobs: 5 },
      ['max_tokens', 'top_logprobs'],
    ],
    [
      'an effort in numbers',
      '/v1/responses',
      { model, input: 'a', reasoning: { effort: 3 } },
      RESPONSE,
      {},
      ['reasoning_effort'],
    ],
    [
      'more heat than Anthropic’s own API takes',
      '/v1/messages',
      { model, max_tokens: 5, messages: [message], temperature: 1.5, output_config: { effort: true } },
      MESSAGE,
      { max_tokens: 5, temperature: 1.5 },
      ['reasoning_effort'],
    ],
    [
      'another encoding of vectors',
      '/v1/embeddings',
      { model, input: 'a', encoding_format: 'ubinary' },
      VECTORS,
      {},
      ['encoding_format'],
    ],
    [
      'Google’s words in small letters, and one that it may have some day',
      `/v1beta/models/${model}:generateContent`,
      {
        contents: [{ parts: [{ text: 'a' }] }],
        generationConfig: { topP: 'much', thinkingConfig: { thinkingLevel: 'low' } },
      },
      CONTENT,
      { reasoning_effort: 'low' },
      ['top_p'],
    ],
  ])('%s', async (_, path, body, sends, parameters, unstated) => {
    upstream.behaviour = answer(200, sends);
    const got = await ask(gateway.address, { path, method: 'POST', body });
    expect(got.status).toBe(200);
    expect(upstream.last.body).toEqual(got.request);
    expect((await receiptOf(gateway, got)).request).toMatchObject({ parameters, unstated });
  });

  it('is not named where there is none', async () => {
    upstream.behaviour = answer(200, completion());
    const got = await ask(gateway.address, { body: chat({ temperature: 1 }) });
    expect((await receiptOf(gateway, got)).request).not.toHaveProperty('unstated');
  });

  it('is not covered up by what an upstream does when nothing is set', async () => {
    const got = await ask(gateway.address, {
      body: { ...chat({ temperature: 'warm' }), model: CANNED_MODEL },
    });
    const { request } = await receiptOf(gateway, got);
    expect(request.unstated).toEqual(['temperature']);
    expect(request.parameters).not.toHaveProperty('temperature');
  });
});

it('parts of content that are texts, or do not say what they are, go on; what may be none has a commitment of its own', async () => {
  upstream.behaviour = answer(200, completion());
  const content = ['a', { text: 'b' }, { image_url: 'data:,' }];
  const got = await ask(gateway.address, { body: chat({ messages: [{ role: 'user', content }] }) });
  expect(upstream.last.body).toEqual(got.request);
  const part = commit(openingOf(got), 'attachment/0', utf8('{"image_url":"data:,"}'));
  expect((await receiptOf(gateway, got)).request.attachments).toEqual({ commitments: [toHex(part)] });
});
