import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, chat, errorOf } from '../../../test/end-to-end/client.js';
import { CANNED_MODEL, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { receiptOf, receiptOfExchange } from '../../../test/end-to-end/receipts.js';
import { LISTED_MODEL, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import { DEFAULT_LIMITS } from './context.js';

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

/** Checks that the request was refused as it should be, under a receipt, and that nothing reached the upstream. */
async function expectRefusal(
  house: TestGateway,
  got: Answer,
  expected: { status: number; code: string; reason: string; param?: string | null },
): Promise<void> {
  const { status, code, reason, param = null } = expected;
  expect(got.status).toBe(status);
  expect(got.headers['content-type']).toBe('application/json');
  expect(got.headers['countersign-reason']).toBe(reason);
  expect(errorOf(got)).toMatchObject({ type: 'invalid_request_error', code, param });
  const receipt = await receiptOf(house, got);
  expect(receipt.response).toMatchObject({
    status: 'refused',
    http: status,
    reason,
    usage: null,
    finish: [],
  });
  expect(receipt).toMatchObject({ attempts: [], claims: [], upstream: null, request: { sent: null } });
  expect(upstream.requests).toEqual([]);
}

describe('a body that is no chat request', () => {
  const malformed = (body: string | Buffer, param: string | null = null) => ({ body, param });
  const message = [{ role: 'user', content: 'x' }];
  it.each([
    { what: 'empty', ...malformed('') },
    { what: 'no JSON', ...malformed('{"model":') },
    { what: 'JSON with a comment', ...malformed('{"model":"m" /* hello */}') },
    { what: 'two JSON values', ...malformed('{} {}') },
    { what: 'a string', ...malformed('"hello"') },
    { what: 'an array', ...malformed('[]') },
    { what: 'null', ...malformed('null') },
    { what: 'no UTF-8', ...malformed(Buffer.from('{"model":"\xff"}', 'latin1')) },
    { what: 'nested without end', ...malformed('['.repeat(100_000)) },
    { what: 'without a model', ...malformed(JSON.stringify({ messages: message }), 'model') },
    { what: 'with a number for its model', ...malformed(JSON.stringify(chat({ model: 1 })), 'model') },
    { what: 'with an empty model', ...malformed(JSON.stringify(chat({ model: '' })), 'model') },
    {
      what: 'with an endless model',
      ...malformed(JSON.stringify(chat({ model: 'm'.repeat(2000) })), 'model'),
    },
    { what: 'without messages', ...malformed(JSON.stringify({ model: 'm' }), 'messages') },
    { what: 'with no message at all', ...malformed(JSON.stringify(chat({ messages: [] })), 'messages') },
    {
      what: 'with a text for its messages',
      ...malformed(JSON.stringify(chat({ messages: 'x' })), 'messages'),
    },
    {
      what: 'with a message without a role',
      ...malformed(JSON.stringify(chat({ messages: [{}] })), 'messages.0.role'),
    },
    {
      what: 'with a message that is no object',
      ...malformed(JSON.stringify(chat({ messages: ['x'] })), 'messages.0'),
    },
  ])('$what: 400 request/malformed', async ({ body, param }) => {
    const got = await ask(gateway.address, { body });
    await expectRefusal(gateway, got, {
      status: 400,
      code: 'request/malformed',
      reason: 'request/malformed',
      param,
    });
  });
});

describe('a parameter that the gateway acts on and does not understand', () => {
  it.each([
    ['n', -1],
    ['n', 1.5],
    ['n', '2'],
    ['n', 2 ** 40],
    ['n', true],
    ['stream', 'true'],
    ['stream', 1],
    ['stream', []],
  ])('%s: %j is refused by name', async (name, value) => {
    const got = await ask(gateway.address, { body: chat({ [name]: value }) });
    await expectRefusal(gateway, got, {
      status: 400,
      code: 'invalid_value',
      reason: 'request/parameter-invalid',
      param: name,
    });
  });

  it('that is there twice, of which an upstream could read the other one, is refused', async () => {
    const body = `{"model":"${LISTED_MODEL}","temperature":1,"temperature":0,"messages":[{"role":"user"}]}`;
    const got = await ask(gateway.address, { body });
    await expectRefusal(gateway, got, {
      status: 400,
      code: 'request/malformed',
      reason: 'request/malformed',
    });
  });
});

describe('an unknown model', () => {
  it('is refused by a gateway without an upstream', async () => {
    const lonely = await openGateway();
    try {
      for (const model of ['gpt-5', '../etc', `${CANNED_MODEL}x`]) {
        await expectRefusal(lonely, await ask(lonely.address, { body: chat({ model }) }), {
          status: 404,
          code: 'model_not_found',
          reason: 'request/model-unknown',
          param: 'model',
        });
      }
      const got = await ask(lonely.address, { body: chat({ model: CANNED_MODEL }) });
      const receipt = await receiptOf(lonely, got);
      expect(receipt).toMatchObject({
        upstream: { origin: 'built-in:' },
        model: { requested: { name: CANNED_MODEL }, digest: 'ab'.repeat(32) },
        request: { parameters: { temperature: 0 } },
        price: { reason: 'free' },
      });
    } finally {
      await lonely.close();
    }
  });
});

describe('a content-encoded body', () => {
  it.each(['gzip', 'br', 'x-unknown'])('%s: 415 request/encoded', async encoding => {
    const got = await ask(gateway.address, { headers: { 'content-encoding': encoding } });
    await expectRefusal(gateway, got, { status: 415, code: 'request/encoded', reason: 'request/encoded' });
  });
});

describe('a body over the limit', () => {
  const LIMIT = DEFAULT_LIMITS.requestBytes;

  it('is one over 50 MiB, unless the operator says otherwise', () => {
    expect(LIMIT).toBe(50 * 1024 * 1024);
  });

  it('of which the length is announced: 413 before anything of it is read', async () => {
    const got = await askPiecemeal(gateway.address, { 'content-length': String(LIMIT + 1) }, 0);
    await expectTooLarge(got);
  });

  it('that comes in chunks: 413 as soon as it is over', async () => {
    const got = await askPiecemeal(gateway.address, { 'transfer-encoding': 'chunked' }, LIMIT + 1);
    await expectTooLarge(got);
  });

  it('that is sent whole before the answer is read: 413, not a broken connection', async () => {
    const small = await openGateway({ limits: { requestBytes: 1000 } });
    try {
      const got = await ask(small.address, { body: 'x'.repeat(100_000) });
      expect(got.status).toBe(413);
      const { request: about } = await receiptOfExchange(small, String(got.headers['countersign-exchange']));
      expect(about.complete).toBe(false);
    } finally {
      await small.close();
    }
  });

  it('by one byte is refused, and at the limit is not', async () => {
    const body = Buffer.from(JSON.stringify(chat({ model: CANNED_MODEL })));
    const exact = await openGateway({ limits: { requestBytes: body.length } });
    try {
      expect((await ask(exact.address, { body })).status).toBe(200);
      expect((await ask(exact.address, { body: Buffer.concat([body, Buffer.from(' ')]) })).status).toBe(413);
    } finally {
      await exact.close();
    }
  });

  async function expectTooLarge({ status, reason, error, exchange }: Refusal): Promise<void> {
    expect({ status, reason }).toEqual({ status: 413, reason: 'request/too-large' });
    expect(error).toMatchObject({ type: 'invalid_request_error', code: 'request/too-large' });
    const receipt = await receiptOfExchange(gateway, exchange);
    expect(receipt.response).toMatchObject({ status: 'refused', http: 413, reason: 'request/too-large' });
    expect(receipt.request).toMatchObject({ complete: false, sent: null });
    expect(upstream.requests).toEqual([]);
  }
});

interface Refusal {
  readonly status: number;
  readonly reason: unknown;
  readonly error: unknown;
  readonly exchange: string;
}

/** Sends so many bytes in pieces, never says that it is done, and reads the answer meanwhile. */
function askPiecemeal(address: string, headers: Record<string, string>, bytes: number): Promise<Refusal> {
  return new Promise((resolve, reject) => {
    const sending = request(`${address}/v1/chat/completions`, { method: 'POST', headers, agent: false });
    sending.once('error', reject);
    sending.once('response', response => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.once('end', () => {
        sending.removeAllListeners('error').on('error', () => undefined);
        sending.destroy();
        const { error } = JSON.parse(text) as { error: unknown };
        const { 'countersign-reason': reason, 'countersign-exchange': exchange } = response.headers;
        resolve({ status: response.statusCode ?? 0, reason, error, exchange: String(exchange) });
      });
    });
    sending.flushHeaders();
    const piece = Buffer.alloc(1 << 20, 0x20);
    const send = (left: number) => {
      if (left > 0)
        sending.write(piece.subarray(0, Math.min(left, piece.length)), () => send(left - piece.length));
    };
    send(bytes);
  });
}
