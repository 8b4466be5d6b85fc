/** What OpenAI's clients ask later of a response: it is refused by name before anybody is asked, so that nothing looks as if there were a receipt for it. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ask, errorOf, json } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { receiptOf } from '../../../test/end-to-end/receipts.js';
import { answer, LISTED_MODEL, TestUpstream } from '../../../test/end-to-end/upstreams.js';

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

const asking = (rest: object) => ({
  path: '/v1/responses',
  method: 'POST',
  body: { model: LISTED_MODEL, input: 'Hello?', ...rest },
});

it.each([{}, { stream: true }, { store: true }])(
  'an answer in the background, with %j: under a receipt that says that it was refused',
  async rest => {
    const got = await ask(gateway.address, asking({ background: true, ...rest }));
    expect(got.status).toBe(400);
    expect(got.headers['countersign-reason']).toBe('request/background-refused');
    expect(errorOf(got)).toMatchObject({ code: 'request/background-refused', param: 'background' });
    expect((await receiptOf(gateway, got)).response).toMatchObject({ status: 'refused', finish: [] });
    expect(upstream.requests).toEqual([]);
  },
);

it.each([{ background: false }, { background: null }, { store: true }])('%j is asked', async rest => {
  const response = { id: 'resp_1', object: 'response', status: 'completed', model: LISTED_MODEL, output: [] };
  upstream.behaviour = answer(200, response);
  const got = await ask(gateway.address, asking(rest));
  expect(got.status).toBe(200);
  expect((await receiptOf(gateway, got)).response.status).toBe('completed');
});

it.each([
  ['GET', '/v1/responses/resp_1'],
  ['GET', '/v1/responses/resp_1?stream=true&starting_after=7'],
  ['HEAD', '/v1/responses/resp_1'],
  ['DELETE', '/v1/responses/resp_1'],
  ['POST', '/v1/responses/resp_1/cancel'],
  ['GET', '/v1/responses/resp_1/input_items'],
  ['GET', '/v1/responses/%2e%2e%2f'],
])('%s %s', async (method, path) => {
  const got = await ask(gateway.address, { path, method });
  expect(got.status).toBe(404);
  expect(got.headers['countersign-reason']).toBe('request/response-not-kept');
  expect(got.headers['countersign-exchange']).toBeUndefined();
  if (method !== 'HEAD') expect(errorOf(got).code).toBe('request/response-not-kept');
  expect(upstream.requests).toEqual([]);
});

it.each([
  ['POST', '/v1/responses/compact'],
  ['GET', '/v1/responses/resp_1/cancel'],
  ['POST', '/v1/responses/resp_1/input_items'],
  ['GET', '/v1/responses/'],
  ['GET', '/v1/responses/a/b'],
])('%s %s is nowhere', async (method, path) => {
  const got = await ask(gateway.address, { path, method });
  expect(got.headers['countersign-reason']).toBe('request/route-unknown');
});

it('POST /v1/responses/input_tokens has its answer, and a receipt', async () => {
  upstream.behaviour = answer(200, { object: 'response.input_tokens', input_tokens: 11 });
  const path = '/v1/responses/input_tokens';
  const got = await ask(gateway.address, { ...asking({}), path });
  expect(json(got)).toEqual({ object: 'response.input_tokens', input_tokens: 11 });
  expect(await receiptOf(gateway, got)).toMatchObject({
    request: { surface: 'responses/input_tokens' },
    response: { status: 'completed', usage: null },
  });
  upstream.behaviour = answer(200, { object: 'response.input_tokens' });
  const without = await ask(gateway.address, { ...asking({}), path });
  expect(without.status).toBe(502);
});
