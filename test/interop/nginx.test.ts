/** Answers with receipts through a real nginx that nobody has told about them. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Verified } from '../../src/client/outcome.js';
import { countersign } from '../../src/shell/client/web.js';
import { ask, chat } from '../end-to-end/client.js';
import { openGateway, type TestGateway } from '../end-to-end/gateway.js';
import { answer, completion, TestUpstream } from '../end-to-end/upstreams.js';
import { findNginx, type Nginx, startNginx } from './nginx.js';

const found = await findNginx();
const missing = 'missing' in found ? found.missing : null;
const path = 'path' in found ? found.path : '';

let upstream: TestUpstream;
let gateway: TestGateway;
let nginx: Nginx;

beforeAll(async () => {
  if (missing !== null) return;
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base });
  nginx = await startNginx(path, gateway.address);
});

afterAll(async () => {
  if (missing !== null) return;
  await nginx.stop();
  await gateway.close();
  await upstream.close();
});

/** A server whose answers have a head of as many bytes as their path says. */
async function measuredServer(): Promise<Server> {
  const server = createServer((request, response) => {
    // A path that is no number is of the question whether anybody is there.
    const wanted = Number(request.url?.slice(1)) || 1000;
    const head = 'HTTP/1.1 200 OK\r\nfiller: \r\nContent-Length: 1\r\n\r\n';
    response.sendDate = false;
    response.socket?.end(head.replace('filler: ', `filler: ${'x'.repeat(wanted - head.length)}`) + 1);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

/** A request with so many images, whose answer has so many calls. */
function asking(attachments: number): object {
  const each = <Value>(make: (at: number) => Value) =>
    Array.from({ length: attachments }, (_, at) => make(at));
  const calls = each(at => ({ id: `${at}`, type: 'function', function: { name: 'a', arguments: '{}' } }));
  upstream.behaviour = answer(
    200,
    completion('Hi.', attachments === 0 ? {} : { message: { tool_calls: calls } }),
  );
  const images = each(() => ({ type: 'image_url', image_url: { url: 'data:,x' } }));
  return chat({ messages: [{ role: 'user', content: [{ type: 'text', text: '?' }, ...images] }] });
}

describe.skipIf(missing !== null)(`behind nginx${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  it('a head of 4096 bytes passes, and one of 4097 does not', async () => {
    const server = await measuredServer();
    const { port } = server.address() as AddressInfo;
    const proxy = await startNginx(path, `http://127.0.0.1:${port}`);
    try {
      const status = async (bytes: number) => (await ask(proxy.address, { path: `/${bytes}` })).status;
      expect(await Promise.all([1000, 4095, 4096, 4097, 6000].map(status))).toEqual([
        200, 200, 200, 502, 502,
      ]);
    } finally {
      await proxy.stop();
      server.close();
    }
  });

  it('the verifying client gets every answer, and its receipt with it or afterwards', async () => {
    const verified: Verified[] = [];
    const asked: string[] = [];
    const fetch = countersign({
      trust: gateway.trust,
      onVerified: outcome => verified.push(outcome),
      fetch: (input, init) => {
        asked.push(new Request(input, init).method);
        return globalThis.fetch(input, init);
      },
    });
    const fetched: boolean[] = [];
    for (let attachments = 0; attachments <= 12; attachments++) {
      asked.length = 0;
      const body = JSON.stringify(asking(attachments));
      const headers = { 'content-type': 'application/json' };
      const got = await fetch(`${nginx.address}/v1/chat/completions`, { method: 'POST', headers, body });
      expect(got.status).toBe(200);
      expect(await got.text()).toContain('Hi.');
      expect(verified).toHaveLength(attachments + 1);
      fetched.push(asked.length > 1);
    }
    expect(fetched[0]).toBe(false);
    expect(fetched[12]).toBe(true);
  });

  it('who asks for a large receipt there gets no answer, unless nginx is told of it', async () => {
    const body = asking(8);
    const headers = { 'countersign-inline': 'large-receipt' };
    expect((await ask(nginx.address, { headers, body })).status).toBe(502);
    const told = await startNginx(path, gateway.address, 'proxy_buffer_size 16k; proxy_buffers 8 16k;');
    try {
      const got = await ask(told.address, { headers, body });
      expect(got.status).toBe(200);
      expect(got.headers['countersign-receipt']).toBeDefined();
    } finally {
      await told.stop();
    }
  });
});
