import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat, errorOf, json } from '../../../test/end-to-end/client.js';
import { CANNED_MODEL, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { LISTED_MODEL, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import { SURFACE_NAMES } from '../../exchange/surface-names.js';
import { SURFACES } from '../../exchange/surfaces.js';
import { parseBundle } from '../../receipt/bundle.js';
import { envelopeBytes } from '../../receipt/envelope.js';
import { parseTlogProof } from '../../tree/tlog-proof.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openGateway();
});

afterAll(() => gateway.close());

describe('paths', () => {
  it.each(['/', '/healthz', '/readyz', '/v1/models', '/log/checkpoint'])('%s is there', async path => {
    const got = await ask(gateway.address, { path });
    expect(got.status).toBe(200);
    const head = await ask(gateway.address, { path, method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.body).toHaveLength(0);
    expect(head.headers['content-length']).toBe(got.headers['content-length']);
  });

  it.each([
    '/v1',
    '/v1/',
    '/v1/chat',
    '/v1/images',
    '/v1/Completions',
    '/v1/chat/completions/',
    '/V1/models',
    '/v1//models',
    '/v1/models/',
    '/v1/receipts',
    '/v1/receipts/',
    '/v1/receipts/a/b',
    '/log',
    '/metrics',
    '/..%2f..%2fetc/passwd',
    '/%00',
    '/%',
    '/*',
    '//',
    '/\u00e9',
    `/${'a'.repeat(10_000)}`,
  ])('%j is not', async path => {
    // A target may hold bytes that a URL may not.
    const got = await ask(gateway.address, {
      path: encodeURI(decodeURI(path === '/%' || path === '/%00' ? '/x' : path)),
    });
    expect(got.status).toBe(404);
    expect(errorOf(got)).toMatchObject({ code: 'unknown_url', type: 'invalid_request_error' });
  });

  it.each([
    '/log/',
    '/log/tile',
    '/log/tile/0/../../../keys/log.key',
    '/log/checkpoint.new',
    '/log/tile/0/%2e%2e/x',
    '/log/tile/00/000',
  ])('%s of the log is not', async path => {
    expect((await ask(gateway.address, { path })).status).toBe(404);
  });

  it.each([
    { line: 'GET * HTTP/1.1', status: 404 },
    { line: 'GET http://attacker.example/healthz HTTP/1.1', status: 200 },
    { line: 'GET /a b HTTP/1.1', status: 400 },
    { line: 'GET HTTP/1.1', status: 400 },
    { line: 'POST /v1/chat/completions HTTP/9.9', status: 400 },
    { line: 'BREW /v1/chat/completions HTTP/1.1', status: 400 },
  ])('a request line such as $line is answered with $status', async ({ line, status }) => {
    expect(await rawStatus(`${line}\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`)).toBe(status);
  });

  it('a request with two hosts, or with a length and chunks, is refused', async () => {
    const line = 'POST /v1/chat/completions HTTP/1.1\r\n';
    const both = 'content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n';
    expect(await rawStatus(`${line}host: 127.0.0.1\r\n${both}`)).toBe(400);
    expect(await gateway.receipts()).toEqual([]);
  });
});

/** The status that these bytes are answered with. */
function rawStatus(bytes: string): Promise<number> {
  const { hostname, port } = new URL(gateway.address);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setTimeout(5000, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('data', data => {
      resolve(Number(data.toString('latin1').split(' ')[1]));
      socket.destroy();
    });
  });
}

it('GET / names every surface, and each name in receipts has one', async () => {
  const { paths } = json<{ paths: string[] }>(await ask(gateway.address, { path: '/' }));
  expect(SURFACES.map(({ name }) => name).sort()).toEqual([...SURFACE_NAMES].sort());
  expect(paths).toEqual(expect.arrayContaining(SURFACES.map(({ base, path }) => `POST ${base}${path}`)));
  expect(paths).toContain('POST /v1/models/{model}:generateContent');
});

describe('methods', () => {
  const cases = [
    ...SURFACES.flatMap(({ base, path }) =>
      ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map(method => ({
        method,
        path: `${base}${path.replace('{model}', 'm')}`,
        allow: 'POST',
      })),
    ),
    ...['/v1/models', '/healthz', '/v1/receipts/x'].flatMap(path =>
      ['POST', 'DELETE', 'OPTIONS'].map(method => ({ method, path, allow: 'GET, HEAD' })),
    ),
  ];

  it.each(cases)('$method $path is refused', async ({ method, path, allow }) => {
    const got = await ask(gateway.address, { path, method });
    expect(got.status).toBe(405);
    expect(got.headers.allow).toBe(allow);
    expect(got.headers['countersign-reason']).toBe('request/method-refused');
    // Anthropic's errors have no code, and Google's have the HTTP status in its place.
    if (method !== 'HEAD' && !path.startsWith('/v1/messages') && !path.startsWith('/v1beta/'))
      expect(errorOf(got).code).toBe('method_not_supported');
  });
});

describe('a path that is none', () => {
  it.each(['GET', 'POST', 'DELETE', 'OPTIONS'])('is not there for %s either', async method => {
    const got = await ask(gateway.address, { path: '/nothing', method });
    expect(got.status).toBe(404);
    expect(got.headers['countersign-reason']).toBe('request/route-unknown');
  });
});

describe('health', () => {
  it('/healthz says that the process lives, /readyz that it can answer', async () => {
    expect(json(await ask(gateway.address, { path: '/healthz' }))).toEqual({ status: 'alive' });
    expect(json(await ask(gateway.address, { path: '/readyz' }))).toEqual({
      status: 'ready',
      checks: { log: true, witnessed: true, journal: true, upstream: true, open: true },
      configuration: 'current',
    });
  });
});

describe('GET /v1/models', () => {
  const list = async ({ address }: TestGateway, headers: Record<string, string> = {}) =>
    json<{ object: string; data: { id: string }[] }>(await ask(address, { path: '/v1/models', headers }));

  it('lists the built-in model, and nothing else without an upstream', async () => {
    const { object, data } = await list(gateway);
    expect(object).toBe('list');
    expect(data).toEqual([{ id: CANNED_MODEL, object: 'model', created: 1, owned_by: 'test' }]);
  });

  it('lists the upstream’s after it, asked with the client’s key, and hides nothing that it cannot be asked', async () => {
    const upstream = await TestUpstream.start();
    const joined = await openGateway({ upstream: upstream.base });
    const named = async () =>
      (await list(joined, { authorization: 'Bearer a-client' })).data.map(({ id }) => id);
    try {
      expect(await named()).toEqual([CANNED_MODEL, LISTED_MODEL]);
      upstream.models = null;
      expect(await named()).toEqual([CANNED_MODEL]);
      await upstream.close();
      expect(await named()).toEqual([CANNED_MODEL]);
    } finally {
      await joined.close();
    }
  });
});

describe('what belongs to the log is refused in the plain way of logs', () => {
  it.each([
    { method: 'POST', path: '/log/checkpoint', allow: 'GET, HEAD' },
    { method: 'DELETE', path: '/log/tile/0/000', allow: 'GET, HEAD' },
    { method: 'PUT', path: '/log/entries', allow: 'POST, GET, HEAD' },
  ])('$method $path', async ({ method, path, allow }) => {
    const refused = await ask(gateway.address, { path, method });
    expect(refused.status).toBe(405);
    expect(refused.headers.allow).toBe(allow);
    expect(refused.headers['countersign-reason']).toBe('request/method-refused');
    expect(refused.body.toString().split('\n')).toHaveLength(2);
  });

  it('a receipt that the gateway issued has its place already, and gets to know it', async () => {
    const answer = await ask(gateway.address, { body: chat({ model: CANNED_MODEL }) });
    const path = `/v1/receipts/${answer.headers['countersign-exchange']}?wait=included`;
    const { envelope, proof } = parseBundle(new Uint8Array((await ask(gateway.address, { path })).body));
    const entry = envelopeBytes(envelope);
    const submitted = await ask(gateway.address, { path: '/log/entries', method: 'POST', body: entry });
    expect(submitted.status).toBe(200);
    expect(JSON.parse(submitted.body.toString())).toEqual({
      index: parseTlogProof(proof ?? '').index,
      proof: null,
    });
  });
});
