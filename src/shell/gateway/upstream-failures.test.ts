import { createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, bytesOf, chat, errorOf } from '../../../test/end-to-end/client.js';
import { type GatewayOptions, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { openingOf, receiptOf } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  type Behaviour,
  completion,
  partialBody,
  raw,
  silence,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { selfSigned } from '../../../test/support/certificate.js';
import { toHex } from '../../bytes/hex.js';
import { commit } from '../../receipt/opening.js';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base, limits: { responseBytes: 10_000 } });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

describe('what an upstream says itself is passed on as it is', () => {
  const cases = [
    { http: 400, status: 'refused', outcome: 'answered' },
    { http: 401, status: 'refused', outcome: 'answered' },
    { http: 404, status: 'refused', outcome: 'answered' },
    { http: 429, status: 'refused', outcome: 'answered' },
    { http: 500, status: 'failed', outcome: 'failed' },
    { http: 503, status: 'failed', outcome: 'failed' },
  ];

  it.each(cases)('HTTP $http is $status', async ({ http, status, outcome }) => {
    const body = `{"error": {"message":"No.", "type":"x","param":null,"code":"its_own"}}`;
    upstream.behaviour = answer(http, body);
    const got = await ask(gateway.address);
    expect(got.status).toBe(http);
    expect(got.body.toString()).toBe(body);
    expect(got.headers['countersign-reason']).toBeUndefined();
    const receipt = await receiptOf(gateway, got);
    expect(receipt.response).toMatchObject({
      status,
      http,
      reason: 'upstream/error',
      finish: [],
      usage: null,
    });
    expect(receipt.attempts).toMatchObject([{ outcome, reason: 'upstream/error', status: http }]);
  });

  it('with the headers that a client needs, and none of the others', async () => {
    const headers = {
      'retry-after': '7',
      'retry-after-ms': '7000',
      'x-should-retry': 'true',
      'x-request-id': 'req_1',
      'x-ratelimit-remaining-tokens': '0',
      'openai-processing-ms': '12',
      'set-cookie': ['session=1', 'other=2'],
      'countersign-exchange': 'aaaaaaaaaaaaaaaaaaaaaaaaaa',
      'countersign-receipt': '{}',
      'countersign-receipt-digest': '00',
      'countersign-opening': 'AAAA',
      'countersign-reason': 'gateway/fault',
      link: '<https://example.com>; rel="receipt"',
      'access-control-allow-origin': '*',
      'x-custom': 'x',
      'strict-transport-security': 'max-age=1',
      'x-ratelimit-limit-requests': '1',
    };
    upstream.behaviour = answer(429, { error: { message: 'Slow down.' } }, headers);
    const got = await ask(gateway.address);
    expect(got.headers).toMatchObject({
      'retry-after': '7',
      'retry-after-ms': '7000',
      'x-should-retry': 'true',
      'countersign-upstream-request-id': 'req_1',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-limit-requests': '1',
      'openai-processing-ms': '12',
    });
    for (const name of [
      'set-cookie',
      'countersign-receipt',
      'countersign-reason',
      'access-control-allow-origin',
      'x-custom',
      'strict-transport-security',
    ]) {
      expect(got.headers[name], name).toBeUndefined();
    }
    expect(got.headers.link).toMatch(/^<\/v1\/receipts\//);
    const receipt = await receiptOf(gateway, got);
    expect(receipt.exchange).not.toBe('aaaaaaaaaaaaaaaaaaaaaaaaaa');
    expect(receipt.upstream?.requestId).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('what an upstream gets wrong is an error in OpenAI’s shape, under a receipt', () => {
  const big = completion('x'.repeat(20_000));
  const head = (length: number) =>
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n`;
  const cases: {
    what: string;
    behaviour: Behaviour;
    http: number;
    reason: string;
    status?: number | null;
  }[] = [
    {
      what: 'garbage for JSON',
      behaviour: answer(200, '{"choices": [}'),
      http: 502,
      reason: 'upstream/garbage',
      status: 200,
    },
    {
      what: 'no UTF-8',
      behaviour: answer(200, Buffer.from([0x7b, 0xff, 0x7d])),
      http: 502,
      reason: 'upstream/garbage',
      status: 200,
    },
    {
      what: 'JSON that is no completion',
      behaviour: answer(200, { hello: 'world' }),
      http: 502,
      reason: 'upstream/garbage',
      status: 200,
    },
    { what: 'a JSON array', behaviour: answer(200, []), http: 502, reason: 'upstream/garbage', status: 200 },
    { what: 'JSON null', behaviour: answer(200, null), http: 502, reason: 'upstream/garbage', status: 200 },
    { what: 'an empty body', behaviour: answer(200, ''), http: 502, reason: 'upstream/garbage', status: 200 },
    {
      what: 'HTTP 700, which is no status',
      behaviour: answer(700, completion()),
      http: 502,
      reason: 'upstream/garbage',
      status: 700,
    },
    {
      what: 'HTTP 999 with a stream',
      behaviour: answer(999, 'data: [DONE]\n\n', { 'content-type': 'text/event-stream' }),
      http: 502,
      reason: 'upstream/garbage',
      status: 999,
    },
    { what: 'HTTP 204', behaviour: answer(204, ''), http: 502, reason: 'upstream/garbage', status: 204 },
    {
      what: 'a body over the limit',
      behaviour: answer(200, big),
      http: 502,
      reason: 'upstream/oversized',
      status: 200,
    },
    {
      what: 'a body cut off',
      behaviour: partialBody('{"choices":', 'cut'),
      http: 502,
      reason: 'upstream/broken',
      status: 200,
    },
    {
      what: 'silence in the middle of a body',
      behaviour: partialBody('{"choices":', 'stall'),
      http: 504,
      reason: 'upstream/timeout',
      status: 200,
    },
    { what: 'no answer at all', behaviour: silence, http: 504, reason: 'upstream/timeout', status: null },
    {
      what: 'a connection closed without an answer',
      behaviour: raw(''),
      http: 502,
      reason: 'upstream/broken',
      status: null,
    },
    {
      what: 'something that is not HTTP',
      behaviour: raw('SSH-2.0-OpenSSH\r\n'),
      http: 502,
      reason: 'upstream/broken',
      status: null,
    },
    {
      what: 'two content lengths',
      behaviour: raw(`${head(2)}content-length: 3\r\n\r\n{}`),
      http: 502,
      reason: 'upstream/broken',
      status: null,
    },
    {
      what: 'gzip although identity was asked',
      behaviour: answer(200, gzipSync(JSON.stringify(completion())), { 'content-encoding': 'gzip' }),
      http: 502,
      reason: 'upstream/garbage',
      status: 200,
    },
  ];

  it.each(cases)('$what: $reason', async ({ behaviour, http, reason, status = null }) => {
    upstream.behaviour = behaviour;
    const got = await ask(gateway.address);
    expect(got.status).toBe(http);
    expect(got.headers['content-type']).toBe('application/json');
    expect(got.headers['countersign-reason']).toBe(reason);
    expect(errorOf(got)).toMatchObject({ type: 'api_error', code: reason });
    const receipt = await receiptOf(gateway, got);
    expect(receipt.response).toMatchObject({ status: 'failed', http, reason });
    expect(receipt.attempts).toMatchObject([{ outcome: 'failed', reason, status }]);
    expect(receipt.model.served).toBeNull();
  });

  it.each<[what: string, body: unknown, says: string, type?: string]>([
    ['HTML', '<h1>Oops</h1>', 'The upstream answered 429, and not why.', 'text/html'],
    ['nothing', '', 'The upstream answered 429, and not why.'],
    ['a text', 'Slow down.\n', 'Slow down.', 'text/plain'],
    ['no UTF-8', Buffer.from([0xff]), 'The upstream answered 429, and not why.'],
    ['an error in a list', [{ error: { code: 429, message: 'Slow down.' } }], 'Slow down.'],
    ['an error that is a text', { error: 'Slow down.' }, 'Slow down.'],
  ])(
    'an error that is %s is said in OpenAI’s words, under its own status, and the receipt tells',
    async (...row) => {
      const [, body, says, type = 'application/json'] = row;
      upstream.behaviour = answer(429, body, { 'content-type': type, 'retry-after': '9' });
      const got = await ask(gateway.address);
      expect(got.status).toBe(429);
      expect(got.headers).toMatchObject({ 'content-type': 'application/json', 'retry-after': '9' });
      expect(errorOf(got)).toEqual({
        message: says,
        type: 'rate_limit_error',
        param: null,
        code: 'rate_limit_error',
      });
      const { response, exchange } = await receiptOf(gateway, got);
      const received = gateway.vault.get(exchange).received ?? new Uint8Array();
      expect(Buffer.from(received)).toEqual(bytesOf(body));
      expect(response).toMatchObject({
        status: 'refused',
        reason: 'upstream/error',
        http: 429,
        transforms: ['error-restated'],
        received: toHex(commit(openingOf(got), 'response/received', bytesOf(body))),
      });
    },
  );

  it.each<[what: string, body: object, http: number, status: string, given: object | null]>([
    [
      'names its own status',
      { error: { code: 429, message: 'Slow down.', metadata: {} } },
      429,
      'refused',
      null,
    ],
    ['names none', { error: { code: 'x', message: 'No.' } }, 502, 'failed', null],
    [
      'has another form',
      { object: 'error', message: 'No such model.', type: 'NotFoundError', code: 404 },
      404,
      'refused',
      { message: 'No such model.', type: 'not_found_error', param: null, code: 'not_found_error' },
    ],
  ])('an error under HTTP 200 that %s is one all the same, with its message', async (...row) => {
    const [, body, http, status, given] = row;
    upstream.behaviour = answer(200, body);
    for (const stream of [false, true]) {
      const got = await ask(gateway.address, { body: chat({ stream }) });
      expect(got.status).toBe(http);
      if (given === null) expect(got.body.toString()).toBe(JSON.stringify(body));
      else expect(errorOf(got)).toEqual(given);
      const { response, attempts } = await receiptOf(gateway, got);
      expect(response).toMatchObject({ status, http, reason: 'upstream/error' });
      expect(response.transforms).toEqual(given === null ? undefined : ['error-restated']);
      expect(attempts).toMatchObject([{ status: 200, reason: 'upstream/error' }]);
    }
  });

  it('an answer that ends with an error passes, and its receipt says that it failed', async () => {
    const choice = { index: 0, message: { role: 'assistant', content: 'Hal' }, finish_reason: 'error' };
    const body = JSON.stringify({ model: 'test-model', choices: [choice] });
    upstream.behaviour = answer(200, body);
    const got = await ask(gateway.address);
    expect(got.body.toString()).toBe(body);
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'failed',
      http: 200,
      reason: 'upstream/error',
    });
  });

  it('an error that clients can read passes byte for byte', async () => {
    const body = ' {"error": {"message":"No.","code":400, "more":[]}}\n';
    upstream.behaviour = answer(400, body);
    const got = await ask(gateway.address);
    expect(got.body.toString()).toBe(body);
    const { response } = await receiptOf(gateway, got);
    expect(response).not.toHaveProperty('transforms');
    expect(response).not.toHaveProperty('received');
  });

  it('asks for identity, which is why an encoded answer is garbage', async () => {
    upstream.behaviour = answer(200, completion());
    await ask(gateway.address, { headers: { 'accept-encoding': 'gzip, br' } });
    expect(upstream.last.headers['accept-encoding']).toBe('identity');
  });
});

describe('an upstream that cannot be reached', () => {
  const refused: GatewayOptions = { upstream: 'http://127.0.0.1:1/v1' };
  // Longer than a label may be, so that nobody is ever asked about it.
  const nameless: GatewayOptions = { upstream: `http://${'a'.repeat(64)}.invalid/v1` };
  let mute: Server;
  let untrusted: Server;

  beforeAll(async () => {
    // Accepts connections and says nothing: a TLS handshake with it never ends.
    mute = createServer(socket => socket.on('error', () => undefined).resume());
    untrusted = createTlsServer(selfSigned(), socket => socket.on('error', () => undefined).resume());
    for (const server of [mute, untrusted]) {
      await new Promise<void>(resolve => {
        server.listen(0, '127.0.0.1', resolve);
      });
    }
  });

  afterAll(() => {
    mute.close();
    untrusted.close();
  });

  const portOf = (server: Server) => {
    const address = server.address();
    return typeof address === 'object' ? address?.port : 0;
  };
  const silent = (): GatewayOptions => ({
    upstream: `https://127.0.0.1:${portOf(mute)}/v1`,
    timeouts: { connect: 200 },
  });

  it.each([
    { what: 'a refused connection', options: () => refused, http: 502, reason: 'upstream/unreachable' },
    {
      what: 'a name that does not resolve',
      options: () => nameless,
      http: 502,
      reason: 'upstream/unreachable',
    },
    {
      what: 'a server that speaks no TLS',
      options: () => ({ upstream: upstream.base.replace('http:', 'https:') }),
      http: 502,
      reason: 'upstream/unreachable',
    },
    {
      what: 'a certificate that nobody vouches for',
      options: () => ({ upstream: `https://127.0.0.1:${portOf(untrusted)}/v1` }),
      http: 502,
      reason: 'upstream/unreachable',
    },
    { what: 'a connection that never stands', options: silent, http: 504, reason: 'upstream/timeout' },
  ])(
    '$what: $reason, and the receipt does not say that anything was sent',
    async ({ options, http, reason }) => {
      const lonely = await openGateway(options());
      try {
        const got = await ask(lonely.address);
        expect(got.status).toBe(http);
        expect(errorOf(got).code).toBe(reason);
        const receipt = await receiptOf(lonely, got);
        expect(receipt.response).toMatchObject({ status: 'failed', http, reason });
        expect(receipt.attempts).toMatchObject([{ outcome: 'failed', reason, status: null }]);
        expect(receipt.attempts[0]?.upstream).toBe(new URL(options().upstream ?? '').host);
        expect(receipt).toMatchObject({ request: { sent: null }, upstream: null, claims: [] });
        expect(receipt.responsibility.map(({ role }) => role)).toEqual(['operator', 'policy-author']);
      } finally {
        await lonely.close();
      }
    },
  );
});

describe('a redirect', () => {
  it('is not followed, and the key goes nowhere else', async () => {
    const elsewhere = await TestUpstream.start();
    try {
      upstream.behaviour = answer(302, '', { location: `${elsewhere.base}/chat/completions` });
      const got = await ask(gateway.address, { headers: { authorization: 'Bearer secret' } });
      expect(got.status).toBe(502);
      expect(got.headers.location).toBeUndefined();
      expect((await receiptOf(gateway, got)).response.reason).toBe('upstream/garbage');
      expect(upstream.last.headers.authorization).toBe('Bearer secret');
      expect(elsewhere.connections).toBe(0);
    } finally {
      await elsewhere.close();
    }
  });
});

describe('whose key an upstream sees', () => {
  it('the gateway’s own, when it has one, and never the client’s', async () => {
    const keyed = await openGateway({ upstream: upstream.base, key: 'own-key' });
    try {
      upstream.behaviour = answer(200, completion());
      const headers = { authorization: 'Bearer clients-key', cookie: 'a=b', 'x-forwarded-for': '10.0.0.1' };
      await receiptOf(keyed, await ask(keyed.address, { headers }));
      expect(upstream.last.headers.authorization).toBe('Bearer own-key');
      expect(upstream.last.headers.cookie).toBeUndefined();
      expect(upstream.last.headers['x-forwarded-for']).toBeUndefined();
    } finally {
      await keyed.close();
    }
  });

  it('the client’s, with the headers that name its organisation and project', async () => {
    upstream.behaviour = answer(200, completion());
    const headers = {
      authorization: 'Bearer clients-key',
      'openai-organization': 'org-1',
      'openai-project': 'proj-1',
      'openai-beta': 'x=v2',
      'user-agent': 'test/1',
    };
    await ask(gateway.address, { headers, body: chat() });
    expect(upstream.last.headers).toMatchObject(headers);
  });
});

describe('headers that an upstream should not send', () => {
  const body = JSON.stringify(completion());
  const wire = (header: Buffer) =>
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`,
      ),
      Buffer.from('openai-version: '),
      header,
      Buffer.from(`\r\n\r\n${body}`),
    ]);

  it.each([
    { what: 'characters beyond Latin-1', header: Buffer.from('日本', 'utf8') },
    { what: 'bytes that are no UTF-8', header: Buffer.from([0xe9, 0x21]) },
  ])('with $what do not keep the answer from its client', { timeout: 5000 }, async ({ header }) => {
    upstream.behaviour = raw(wire(header));
    const got = await Promise.race([
      ask(gateway.address),
      new Promise<null>(resolve => setTimeout(() => resolve(null), 2000)),
    ]);
    if (got === null) throw new Error('the client waits for ever');
    await receiptOf(gateway, got);
  });
});
