import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { type HttpRequest, HttpServer, type Route, text } from './server.js';
import { UnreadAnswers } from './unread-answers.js';

let server: HttpServer;
let address: string;
let problems: string[];
let release: () => void;
let aborted: Promise<void>;
let read: Promise<Uint8Array>;

const echo = async (request: HttpRequest) => {
  const body = await request.body(100);
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body };
};
const held = new Map<string, Promise<void>>();
const ROUTES: Route[] = [
  { method: 'POST', path: '/echo', handle: echo },
  {
    method: 'POST',
    path: '/late',
    handle: async request => {
      aborted = new Promise(resolve => request.signal.addEventListener('abort', () => resolve()));
      await held.get('slow');
      read = request.body(100);
      await read;
      return text(200, 'Read.');
    },
  },
  { method: 'GET', path: '/', handle: () => text(200, 'Hello.') },
  {
    method: 'GET',
    path: /^\/item\/([a-z]+)\/([0-9]+)$/,
    handle: ({ query, path }, name = '', number = '') =>
      text(200, [name, number, query.get('q'), path].join(' ')),
  },
  {
    method: 'GET',
    path: '/fails/known',
    handle: () => Promise.reject(new Failure('log/unavailable', { detail: 'disk' })),
  },
  { method: 'GET', path: '/fails/unknown', handle: () => Promise.reject(new Failure('vault/corrupt')) },
  {
    method: 'GET',
    path: '/fails/badly',
    handle: () => {
      throw new Error('secret detail');
    },
  },
  {
    method: 'GET',
    path: '/slow',
    handle: async ({ signal }) => {
      aborted = new Promise(resolve => signal.addEventListener('abort', () => resolve()));
      await held.get('slow');
      return text(200, 'At last.');
    },
  },
];

async function start(host = '127.0.0.1'): Promise<void> {
  server = new HttpServer({
    host,
    port: 0,
    routes: ROUTES,
    statusOf: code => (code === 'log/unavailable' ? 503 : undefined),
    onProblem: message => problems.push(message),
    connections: 20,
  });
  address = await server.listen();
}
beforeEach(async () => {
  problems = [];
  held.set(
    'slow',
    new Promise(resolve => {
      release = resolve;
    }),
  );
  await start();
});
afterEach(async () => {
  release();
  await server.close();
});

/** What comes back for bytes that are written as they are. */
function raw(bytes: string, port = Number(new URL(address).port)): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    socket.setEncoding('utf8').on('data', chunk => {
      heard += chunk;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(heard));
    socket.write(bytes);
  });
}

describe('routes', () => {
  it('by their whole path, or by a pattern with groups; the query is apart', async () => {
    expect(await (await fetch(`${address}/`)).text()).toBe('Hello.\n');
    expect(await (await fetch(`${address}/item/a/7?q=x%20y`)).text()).toBe('a 7 x y /item/a/7\n');
    expect((await fetch(`${address}/item/a/7/`)).status).toBe(404);
    expect((await fetch(`${address}/item/A/7`)).status).toBe(404);
  });

  it('GET includes HEAD, which has no body', async () => {
    const head = await fetch(`${address}/`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '7', '']);
  });

  it.each([
    ['POST', '/', 'GET, HEAD'],
    ['GET', '/echo', 'POST'],
    ['OPTIONS', '/echo', 'POST'],
  ])('405: %s %s names what is allowed', async (method, path, allow) => {
    const answer = await fetch(`${address}${path}`, { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
    expect(answer.headers.get('countersign-reason')).toBe('request/method-refused');
  });

  it.each(['//', '/%', 'http://other.example/echo', '*'])(
    'a strange target (%s) is answered',
    async target => {
      const answer = await raw(`GET ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 (?:200|404|405) /);
      expect(problems).toEqual([]);
    },
  );
});

describe('bodies', () => {
  it('are read whole, up to the limit', async () => {
    const body = new Uint8Array(100).fill(65);
    const answer = await fetch(`${address}/echo`, { method: 'POST', body });
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(body);
  });

  it.each([
    ['content-length: 101\r\n', 'A'.repeat(101)],
    ['content-length: 101\r\n', ''],
    ['transfer-encoding: chunked\r\n', `65\r\n${'A'.repeat(101)}\r\n0\r\n\r\n`],
    ['transfer-encoding: chunked\r\n', `65\r\n${'A'.repeat(101)}\r\n`],
  ])('413: over the limit (%j, %#)', async (header, body) => {
    const answer = await raw(`POST /echo HTTP/1.1\r\nhost: 127.0.0.1\r\n${header}\r\n${body}`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('countersign-reason: request/too-large');
    expect(answer.toLowerCase()).toContain('connection: close');
  });

  it('that break off trouble nobody', async () => {
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('POST /echo HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 50\r\n\r\nhalf');
    await new Promise(resolve => setTimeout(resolve, 30));
    socket.destroy();
    await new Promise(resolve => setTimeout(resolve, 30));
    expect(problems).toEqual([]);
    expect((await fetch(`${address}/`)).status).toBe(200);
  });

  it('of a client that went away before anybody read end all the same', async () => {
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    socket.write('POST /late HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 50\r\n\r\nhalf');
    while (aborted === undefined) await new Promise(resolve => setTimeout(resolve, 5));
    socket.destroy();
    await aborted;
    release();
    await held.get('slow');
    expect(await reasonOfAsync(() => read)).toBe('request/body-malformed');
    expect(problems).toEqual([]);
  });

  it('that come in many parts are read whole', async () => {
    const text = 'A'.repeat(99);
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    let heard = '';
    socket.setEncoding('utf8').on('data', chunk => {
      heard += chunk;
    });
    socket.write('POST /echo HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: 99\r\n\r\n');
    for (const letter of text) {
      socket.write(letter);
      await new Promise(resolve => setImmediate(resolve));
    }
    await new Promise(resolve => socket.once('close', resolve));
    expect(heard.slice(heard.indexOf('\r\n\r\n') + 4)).toBe(text);
  });

  it('that nobody reads do not stand before the next request', async () => {
    const answer = await fetch(`${address}/nowhere`, { method: 'POST', body: utf8('A'.repeat(100_000)) });
    expect(answer.status).toBe(404);
    await answer.text();
    expect((await fetch(`${address}/`)).status).toBe(200);
  });
});

describe('failures', () => {
  it('that a route knows have its status, the code and one line; who came at a bad time is told to come again', async () => {
    const answer = await fetch(`${address}/fails/known`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(answer.headers.get('countersign-reason')).toBe('log/unavailable');
    expect(await answer.text()).toMatch(/^log\/unavailable: [^\n]+\n$/);
  });

  it.each(['/fails/unknown', '/fails/badly'])(
    '500: of our own (%s) are told to the operator alone',
    async path => {
      const answer = await fetch(`${address}${path}`);
      expect(answer.status).toBe(500);
      expect(await answer.text()).not.toMatch(/secret|vault/);
      expect(problems).toHaveLength(1);
    },
  );

  it('403: on the loopback interface, a request that was addressed elsewhere', async () => {
    const answer = await raw('GET / HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    const page = await fetch(`${address}/`, { headers: { origin: 'https://evil.example' } });
    expect(page.status).toBe(403);
  });

  it('elsewhere, any name will do', async () => {
    await server.close();
    await start('0.0.0.0');
    const port = Number(new URL(address).port);
    expect(await raw('GET / HTTP/1.1\r\nhost: witness.example\r\nconnection: close\r\n\r\n', port)).toMatch(
      /^HTTP\/1\.1 200 /,
    );
  });

  it('a client that goes away aborts its request', async () => {
    const gone = new AbortController();
    const asked = fetch(`${address}/slow`, { signal: gone.signal }).catch(() => 'gone');
    await new Promise(resolve => setTimeout(resolve, 30));
    gone.abort();
    expect(await asked).toBe('gone');
    await aborted;
  });
});

describe('closing', () => {
  it('lets a running request end, tells its client that there will be no other, and takes none', async () => {
    const running = fetch(`${address}/slow`);
    await new Promise(resolve => setTimeout(resolve, 30));
    const started = performance.now();
    const closed = server.close();
    await expect(fetch(`${address}/`)).rejects.toThrow();
    release();
    const answer = await running;
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    await answer.text();
    await closed;
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('a port that is taken: listening fails', async () => {
    const second = new HttpServer({
      host: '127.0.0.1',
      port: Number(new URL(address).port),
      routes: [],
      statusOf: () => undefined,
      onProblem: () => undefined,
    });
    await expect(second.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('large answers that nobody reads', () => {
  const LARGE = 4 << 20;
  const routes: Route[] = [
    { method: 'GET', path: '/large', handle: () => ({ status: 200, body: new Uint8Array(LARGE) }) },
    { method: 'GET', path: '/small', handle: () => text(200, 'Small.') },
  ];
  let small: HttpServer;
  let at: string;
  const start = async (most: number, patience: number) => {
    const options = { statusOf: () => undefined, onProblem: () => undefined, host: '127.0.0.1', port: 0 };
    small = new HttpServer({ ...options, routes, unread: new UnreadAnswers(most, patience) });
    at = await small.listen();
  };
  const ask = async (path: string) => {
    const answer = await fetch(at + path);
    return { answer, length: (await answer.arrayBuffer()).byteLength };
  };
  /** More of them than the system itself takes for a client that does not read. */
  const ignore = (count: number) => {
    const socket = connect(Number(new URL(at).port), '127.0.0.1').pause();
    socket.on('error', () => undefined);
    socket.write('GET /large HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'.repeat(count));
    return socket;
  };
  afterEach(() => small.close());

  it('hold no more than there is room for: 503 (server/busy) for others, and room again when they are gone', async () => {
    await start(LARGE, 60_000);
    const socket = ignore(20);
    await expect.poll(async () => (await ask('/large')).answer.status).toBe(503);
    const { answer } = await ask('/large');
    expect([answer.headers.get('countersign-reason'), answer.headers.get('retry-after')]).toEqual([
      'server/busy',
      '1',
    ]);
    expect((await ask('/small')).answer.status).toBe(200);
    socket.destroy();
    await expect.poll(async () => (await ask('/large')).length).toBe(LARGE);
  });

  it('are cut off in time', async () => {
    await start(LARGE, 1000);
    const socket = ignore(20);
    await expect.poll(async () => (await ask('/large')).answer.status).toBe(503);
    // There is room again although the client still does not read.
    await expect.poll(async () => (await ask('/large')).length).toBe(LARGE);
    socket.destroy();
  });

  it('that are read take no room, however many there are', async () => {
    await start(LARGE, 60_000);
    for (let count = 0; count < 5; count++) expect((await ask('/large')).length).toBe(LARGE);
    expect((await fetch(`${at}/large`, { method: 'HEAD' })).headers.get('content-length')).toBe(`${LARGE}`);
  });
});
