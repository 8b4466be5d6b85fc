/** What a client does with HTTP itself, to be read in two ways, or to be read for ever: nothing of it reaches an upstream but what one request says. */
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { answer, completion, TestUpstream } from '../../../test/end-to-end/upstreams.js';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  upstream.behaviour = answer(200, completion());
  gateway = await openGateway({ upstream: upstream.base });
});

afterEach(() => {
  upstream.requests.length = 0;
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const BODY = JSON.stringify(chat());
const SIZE = BODY.length;
const LENGTH = `content-length: ${SIZE}`;
const CHUNKED = `${SIZE.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
const PATH = '/v1/chat/completions';

interface Sent {
  readonly start?: string;
  readonly fields?: readonly string[];
  readonly body?: string;
}

/** What comes on a connection on which this is sent, until it is closed. */
function send({ start = `POST ${PATH} HTTP/1.1`, fields = [LENGTH], body = BODY }: Sent): Promise<string> {
  const { host, hostname, port } = new URL(gateway.address);
  const socket = connect(Number(port), hostname);
  const head = [start, `host: ${host}`, 'connection: close', ...fields, '', ''].join('\r\n');
  socket.write(Buffer.from(head + body, 'latin1'));
  return new Promise(resolve => {
    let said = '';
    socket.on('data', data => {
      said += data.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(said));
  });
}

const codeIn = (said: string) => /\r\ncountersign-reason: (\S+)/.exec(said)?.[1] ?? null;

describe('a request that two readers might read differently is refused, and reaches no upstream', () => {
  const chunked = (...fields: string[]): Sent => ({ fields, body: CHUNKED });
  it.each<[what: string, status: number, code: string | null, sent: Sent]>([
    ['a length and chunks', 400, 'request/http-malformed', chunked(LENGTH, 'transfer-encoding: chunked')],
    ['the same length twice', 400, 'request/http-malformed', { fields: [LENGTH, LENGTH] }],
    ['a list of lengths', 400, 'request/http-malformed', { fields: ['content-length: 5, 5'] }],
    ['a length with a sign', 400, 'request/http-malformed', { fields: [`content-length: +${SIZE}`] }],
    ['a negative length', 400, 'request/http-malformed', { fields: ['content-length: -1'] }],
    ['a hexadecimal length', 400, 'request/http-malformed', { fields: ['content-length: 0x10'] }],
    [
      'a length over 64 bits',
      400,
      'request/http-malformed',
      { fields: [`content-length: ${'9'.repeat(20)}`] },
    ],
    ['a length over 53 bits', 413, 'request/too-large', { fields: ['content-length: 9007199254740993'] }],
    ['a space before the colon', 400, 'request/http-malformed', { fields: [`content-length : ${SIZE}`] }],
    ['chunks that are not last', 400, 'request/http-malformed', chunked('transfer-encoding: chunked, gzip')],
    ['what is not quite chunks', 400, 'request/http-malformed', chunked('transfer-encoding: xchunked')],
    [
      'two transfer encodings',
      400,
      'request/http-malformed',
      chunked('transfer-encoding: chunked', 'transfer-encoding: identity'),
    ],
    [
      'chunks over 64 bits',
      400,
      'request/http-malformed',
      { fields: ['transfer-encoding: chunked'], body: `${'f'.repeat(17)}\r\n${BODY}` },
    ],
    ['compressed chunks', 415, 'request/encoded', chunked('transfer-encoding: gzip, chunked')],
    ['a header that goes on', 400, 'request/http-malformed', { fields: [LENGTH, 'user-agent: a\r\n b'] }],
    [
      'a carriage return in a header',
      400,
      'request/http-malformed',
      { fields: [LENGTH, 'user-agent: a\rx: b'] },
    ],
    ['a zero byte in a header', 400, 'request/http-malformed', { fields: [LENGTH, 'user-agent: a\0b'] }],
    ['no version that there is', 400, 'request/http-malformed', { start: `POST ${PATH} HTTP/3.0` }],
    [
      'backslashes for slashes',
      400,
      'request/http-malformed',
      { start: `POST ${PATH.replaceAll('/', '\\')} HTTP/1.1` },
    ],
    ['no path', 404, 'request/route-unknown', { start: 'OPTIONS * HTTP/1.1', fields: [], body: '' }],
    ['what is expected of nobody', 417, null, { fields: [LENGTH, 'expect: the-moon'] }],
  ])('%s: %i %s', async (_, status, code, sent) => {
    const said = await send(sent);
    expect(said).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(codeIn(said)).toBe(code);
    expect(upstream.requests).toEqual([]);
  });

  it('a tunnel is not even refused', async () => {
    expect(await send({ start: 'CONNECT models.example:443 HTTP/1.1', fields: [], body: '' })).toBe('');
  });

  it.each([
    ['a short length makes no second request of what is left', { fields: ['content-length: 4'] }],
    [
      'a whole request behind it, hidden in its body, is none',
      { body: `${BODY.slice(0, -1)},"x":"\r\n\r\nPOST ${PATH} HTTP/1.1\r\n\r\n"}`, fields: [LENGTH] },
    ],
  ])('%s', async (_, sent) => {
    await send(sent);
    expect(upstream.requests).toEqual([]);
  });
});

describe('a request that is unusual, but clear, is served as what it is', () => {
  it.each<[what: string, sent: Sent]>([
    ['a whole address as its target', { start: `POST http://models.example${PATH} HTTP/1.1` }],
    ['a path that leads around', { start: 'POST /v1/../v1/./chat/completions HTTP/1.1' }],
    ['a query of fourteen kilobytes', { start: `POST ${PATH}?${'a=b&'.repeat(3500)} HTTP/1.1` }],
    ['two thousand headers', { fields: [LENGTH, ...Array.from({ length: 2000 }, () => 'a:')] }],
    ['a wish for another protocol', { fields: [LENGTH, 'upgrade: h2c', 'http2-settings: AAMAAABk'] }],
    ['HTTP/1.0', { start: `POST ${PATH} HTTP/1.0` }],
    [
      'headers behind its end',
      {
        fields: ['transfer-encoding: chunked'],
        body: `${SIZE.toString(16)}\r\n${BODY}\r\n0\r\nauthorization: Bearer other\r\ncontent-encoding: gzip\r\n\r\n`,
      },
    ],
  ])('%s', async (_, sent) => {
    expect(await send(sent)).toMatch(/^HTTP\/1\.1 200 /);
    expect(upstream.requests).toHaveLength(1);
    const { path, headers, body } = upstream.last;
    expect(path).toBe(PATH);
    expect(body.toString()).toBe(BODY);
    expect(Object.keys(headers).sort()).toEqual(
      ['accept', 'accept-encoding', 'connection', 'content-length', 'content-type', 'host'].sort(),
    );
    expect(headers.host).toBe(new URL(upstream.base).host);
  });

  it.each(['application/json; charset=utf-16le', 'text/plain', 'multipart/form-data; boundary=b', ''])(
    'JSON that is called %j is sent on as what it has been read as',
    async type => {
      const said = await send({ fields: [LENGTH, ...(type === '' ? [] : [`content-type: ${type}`])] });
      expect(said).toMatch(/^HTTP\/1\.1 200 /);
      expect(upstream.last.headers['content-type']).toBe('application/json');
    },
  );

  it('a client that asks first is told to go on', async () => {
    const said = await send({ fields: [LENGTH, 'expect: 100-continue'] });
    expect(said).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    expect(upstream.last.headers.expect).toBeUndefined();
  });
});

describe('what is too long is not waited for', () => {
  const headers = Array.from({ length: 30 }, () => `x: ${'y'.repeat(1000)}`);
  it.each<[what: string, status: number, code: string, sent: Sent]>([
    ['a query', 431, 'request/headers-too-large', { start: `POST ${PATH}?${'a=b&'.repeat(4500)} HTTP/1.1` }],
    ['headers', 431, 'request/headers-too-large', { fields: [LENGTH, ...headers] }],
    [
      'headers behind the end',
      431,
      'request/headers-too-large',
      {
        fields: ['transfer-encoding: chunked'],
        body: `${SIZE.toString(16)}\r\n${BODY}\r\n0\r\n${headers.join('\r\n')}\r\n\r\n`,
      },
    ],
    [
      'what is said about a chunk',
      413,
      'request/too-large',
      {
        fields: ['transfer-encoding: chunked'],
        body: `${SIZE.toString(16)};${'x'.repeat(20_000)}\r\n${BODY}\r\n0\r\n\r\n`,
      },
    ],
  ])('%s: %i %s', async (_, status, code, sent) => {
    const said = await send(sent);
    expect(said).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(codeIn(said)).toBe(code);
    expect(upstream.requests).toEqual([]);
    expect((await ask(gateway.address, { path: '/healthz' })).status).toBe(200);
  });
});

it('none of that was a fault of ours', () => {
  expect(gateway.problems).toEqual([]);
});
