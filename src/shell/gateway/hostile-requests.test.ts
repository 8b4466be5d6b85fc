import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat, errorOf } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { receiptOf } from '../../../test/end-to-end/receipts.js';
import { answer, completion, TestUpstream } from '../../../test/end-to-end/upstreams.js';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base, timeouts: { firstToken: 10_000 } });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/** Milliseconds for an exchange on a busy machine; an attack that works takes minutes, or the process. */
const QUICK = 4000;
const SMALL = '"model":"test-model","messages":[{"role":"user","content":"x"}]';
const zeros = `[${'0,'.repeat(1_000_000)}0]`;
const nested = '['.repeat(1_000_000) + ']'.repeat(1_000_000);

describe('a hostile request ends at once, under a receipt, and the gateway lives on', () => {
  it.each<[what: string, body: string, param: string | null]>([
    ['a million messages that are none', `{"messages":${zeros}}`, 'messages'],
    ['a million messages and a model', `{"model":"test-model","messages":${zeros}}`, 'messages'],
    [
      '1,500 attachments',
      JSON.stringify(
        chat({
          messages: [
            {
              role: 'user',
              content: Array.from({ length: 1500 }, () => ({ type: 'image_url', image_url: { url: '' } })),
            },
          ],
        }),
      ),
      'messages.content',
    ],
    [
      '100,000 members',
      `{${SMALL},${Array.from({ length: 100_000 }, (_, at) => `"x${at}":0`).join()}}`,
      null,
    ],
    ['a model of a million parts', `{"model":${zeros},"messages":[{"role":"user"}]}`, 'model'],
    ['nesting on top', nested, null],
  ])('%s: 400', async (_, body, param) => {
    const started = performance.now();
    const got = await ask(gateway.address, { body });
    expect(got.status).toBe(400);
    expect(errorOf(got)).toMatchObject({ code: 'request/malformed', param });
    expect((await ask(gateway.address, { path: '/healthz' })).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(QUICK);
    expect((await receiptOf(gateway, got)).response).toMatchObject({ status: 'refused', http: 400 });
    expect(upstream.requests).toEqual([]);
    expect(gateway.problems).toEqual([]);
  });

  it.each([
    ['nesting in a member that is not ours to read', `{${SMALL},"metadata":${nested}}`],
    ['a string of a million escapes', `{${SMALL},"user":"${'\\n'.repeat(1_000_000)}"}`],
    ['a string of a million escaped quotation marks', `{${SMALL},"user":"${'\\"'.repeat(1_000_000)}"}`],
    ['a million zeros', `{${SMALL},"metadata":${zeros}}`],
  ])('%s: passed on as it is', async (_, body) => {
    upstream.behaviour = answer(200, completion());
    const started = performance.now();
    const got = await ask(gateway.address, { body });
    expect(got.status).toBe(200);
    expect(performance.now() - started).toBeLessThan(QUICK);
    expect(upstream.last.body.toString()).toBe(body);
    await receiptOf(gateway, got);
    upstream.requests.length = 0;
  });
});

describe('a hostile answer ends at once, under a receipt, and the gateway lives on', () => {
  it.each([
    ['a million choices that are none', `{"choices":${zeros}}`],
    ['200,000 empty choices', `{"choices":[${'{},'.repeat(200_000)}{}]}`],
  ])('%s: upstream/garbage', async (_, body) => {
    upstream.behaviour = answer(200, body);
    const started = performance.now();
    const got = await ask(gateway.address);
    expect(performance.now() - started).toBeLessThan(QUICK);
    expect(got.status).toBe(502);
    expect((await receiptOf(gateway, got)).response).toMatchObject({ reason: 'upstream/garbage' });
    expect((await ask(gateway.address, { path: '/healthz' })).status).toBe(200);
  });
});

describe('more connections than a gateway has room for', () => {
  it('are closed at once, and those that it has taken go on', async () => {
    const small = await openGateway({ limits: { connections: 3 } });
    const sockets: Socket[] = [];
    const open = async () => {
      const socket = connect(Number(new URL(small.address).port), '127.0.0.1');
      socket.on('error', () => undefined);
      sockets.push(socket);
      // What it answers to a request line, or nothing where it has hung up.
      socket.write('GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
      return new Promise<string>(resolve => {
        socket.once('data', data => resolve(data.toString('latin1').slice(0, 12)));
        socket.once('close', () => resolve('closed'));
      });
    };
    try {
      for (let taken = 0; taken < 3; taken++) expect(await open()).toBe('HTTP/1.1 200');
      expect(await open()).toBe('closed');
      sockets[0]?.destroy();
      await expect.poll(open).toBe('HTTP/1.1 200');
    } finally {
      for (const socket of sockets) socket.destroy();
      await small.close();
    }
  });
});
