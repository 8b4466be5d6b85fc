import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { ask } from './client.js';

let server: Server;
let url: string;
let behave: RequestListener;
beforeEach(async () => {
  server = createServer((request, response) => behave(request, response));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('ask', () => {
  it('gives back status, headers and body, whatever the status', async () => {
    for (const status of [200, 404, 500]) {
      behave = (_, response) => response.writeHead(status, { 'x-one': 'two' }).end('body');
      const asked = await ask(url, { limit: 10, timeout: 10_000 });
      expect([asked.status, asked.headers['x-one'], fromUtf8(asked.body)]).toEqual([status, 'two', 'body']);
    }
  });

  it('as often at a time as anybody wants with one signal, without a warning of the runtime', async () => {
    behave = (_, response) => response.end('ok');
    const warnings: string[] = [];
    const listen = (warning: Error) => warnings.push(warning.name);
    process.on('warning', listen);
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 30 }, () => ask(url, { limit: 10, timeout: 10_000, signal })));
    await new Promise(resolve => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings).toEqual([]);
  });

  it('sends a body', async () => {
    behave = (request, response) => {
      request.pipe(response);
    };
    const asked = await ask(url, { method: 'POST', body: utf8('hello'), limit: 10, timeout: 10_000 });
    expect(fromUtf8(asked.body)).toBe('hello');
  });

  it('takes a body of the limit, and not one byte more: peer/answer-too-large', async () => {
    behave = (_, response) => response.end('a'.repeat(100));
    expect((await ask(url, { limit: 100, timeout: 10_000 })).body).toHaveLength(100);
    expect(await reasonOfAsync(() => ask(url, { limit: 99, timeout: 10_000 }))).toBe('peer/answer-too-large');
    // An answer without end is not waited for.
    behave = (_, response) => {
      const timer = setInterval(() => response.write('a'.repeat(1000)), 1);
      response.on('close', () => clearInterval(timer));
    };
    expect(await reasonOfAsync(() => ask(url, { limit: 10_000, timeout: 5000 }))).toBe(
      'peer/answer-too-large',
    );
  });

  it.each<[string, RequestListener]>([
    ['no head', () => undefined],
    ['no end', (_, response) => void response.write('half')],
  ])('waits no longer than it was told, for %s: peer/unreachable', async (_, listener) => {
    behave = listener;
    const started = performance.now();
    expect(await reasonOfAsync(() => ask(url, { limit: 100, timeout: 80 }))).toBe('peer/unreachable');
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('ends when it is told to, before or meanwhile', async () => {
    behave = () => undefined;
    expect(
      await reasonOfAsync(() => ask(url, { limit: 1, timeout: 5000, signal: AbortSignal.abort() })),
    ).toBe('peer/unreachable');
    const signal = AbortSignal.timeout(30);
    expect(await reasonOfAsync(() => ask(url, { limit: 1, timeout: 5000, signal }))).toBe('peer/unreachable');
  });

  it('follows no redirect', async () => {
    behave = (_, response) => response.writeHead(302, { location: `${url}/elsewhere` }).end();
    expect((await ask(url, { limit: 10, timeout: 10_000 })).status).toBe(302);
  });

  it('an answer that breaks off, or a server that is not there: peer/unreachable', async () => {
    behave = (_, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half');
      setTimeout(() => response.destroy(), 10);
    };
    expect(await reasonOfAsync(() => ask(url, { limit: 100, timeout: 10_000 }))).toBe('peer/unreachable');
    expect(await reasonOfAsync(() => ask('http://127.0.0.1:1/', { limit: 1, timeout: 10_000 }))).toBe(
      'peer/unreachable',
    );
  });
});
