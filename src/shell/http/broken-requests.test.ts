import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainBrokenRequests } from './broken-requests.js';

let server: Server;
let began: number;
beforeEach(async () => {
  began = 0;
  server = createServer({ maxHeaderSize: 1024, requestTimeout: 300, connectionsCheckingInterval: 50 });
  server.on('request', async (request, response) => {
    began++;
    if (request.url === '/slow') await sleep(100);
    if (request.url === '/begun') response.write('Half');
    request.resume();
    // One that reads its body to the end answers only then.
    if (request.url === '/read') await finished(request).catch(() => undefined);
    if (request.url !== '/begun') response.end('Whole');
  });
  explainBrokenRequests(server, ({ code }) => ({ type: 'text/plain', body: `No: ${code}\n` }));
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Everything that the server says to these bytes until it hangs up. */
function answerTo(...parts: readonly string[]): Promise<string> {
  return new Promise(resolve => {
    let said = '';
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('data', chunk => {
      said += chunk;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(said));
    const send = async () => {
      for (const part of parts) {
        socket.write(part);
        // Parts that came together would be one.
        await sleep(30);
        if (parts[0]?.includes('/begun') && said === '') await once(socket, 'data');
      }
    };
    void send();
  });
}

const GET = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;

describe('bytes that are no request', () => {
  it.each([
    ['no HTTP at all', ['hello\r\n\r\n'], 400, 'request/http-malformed'],
    ['another version', ['GET / HTTP/9.9\r\n\r\n'], 400, 'request/http-malformed'],
    ['a header without a name', ['GET / HTTP/1.1\r\n: a\r\n\r\n'], 400, 'request/http-malformed'],
    [
      'two lengths',
      ['POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n'],
      400,
      'request/http-malformed',
    ],
    [
      'headers without end',
      [`GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(4000)}\r\n\r\n`],
      431,
      'request/headers-too-large',
    ],
    [
      'a body in broken chunks',
      ['POST /read HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n', 'zz\r\n'],
      400,
      'request/http-malformed',
    ],
    ['half a request, and then silence', ['GET / HTTP/1.1\r\nhost: a\r\n'], 408, 'request/late'],
  ])('%s: the reason in one line', async (_, parts, status, code) => {
    const said = await answerTo(...parts);
    expect(said).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`));
    expect(said).toContain(`\r\ncountersign-reason: ${code}\r\n`);
    expect(said.endsWith(`\r\n\r\nNo: ${code}\n`)).toBe(true);
  });

  it('after an answer that has left are told so too', async () => {
    const said = await answerTo(GET('/'), 'hello\r\n\r\n');
    expect(said).toMatch(/Whole[\s\S]*request\/http-malformed/);
  });

  it('behind a request that is being answered are not answered in its place', async () => {
    expect(await answerTo(`${GET('/slow')}hello\r\n\r\n`)).not.toContain('HTTP/1.1 400');
    expect(began).toBe(1);
  });

  it('never come into the middle of an answer', async () => {
    const said = await answerTo(
      'POST /begun HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n',
      'zz\r\n',
    );
    expect(said).toContain('Half');
    expect(said).not.toContain('http-malformed');
  });
});
