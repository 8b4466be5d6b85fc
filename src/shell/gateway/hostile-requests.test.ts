import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, chat, errorOf } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { receiptOf } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  chunk,
  completion,
  stalledStream,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { commit } from '../../receipt/opening.js';

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

// An attack that works takes hours, or the process, and so runs into the time that a test has.
const SMALL = '"model":"test-model","messages":[{"role":"user","content":"x"}]';
const zeros = `[${'0,'.repeat(1_000_000)}0]`;
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

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
    ['nesting on top', nested(1_000_000), null],
    [
      'a million lists in a member that is not ours to read',
      `{${SMALL},"metadata":${nested(1_000_000)}}`,
      null,
    ],
    ['a million objects there', `{${SMALL},"metadata":[${'{},'.repeat(1_000_000)}{}]}`, null],
    ['a million members there', `{${SMALL},"metadata":{${'"a":0,'.repeat(1_000_000)}"b":0}}`, null],
    ['five million numbers there', `{${SMALL},"metadata":[${'0,'.repeat(5_000_000)}0]}`, null],
  ])('%s: 400', async (_, body, param) => {
    const got = await ask(gateway.address, { body });
    expect(got.status).toBe(400);
    expect(errorOf(got)).toMatchObject({ code: 'request/malformed', param });
    expect((await ask(gateway.address, { path: '/healthz' })).status).toBe(200);
    expect((await receiptOf(gateway, got)).response).toMatchObject({ status: 'refused', http: 400 });
    expect(upstream.requests).toEqual([]);
    expect(gateway.problems).toEqual([]);
  });

  it.each([
    ['nesting in a member that is not ours to read', `{${SMALL},"metadata":${nested(200_000)}}`],
    ['a string of a million escapes', `{${SMALL},"user":"${'\\n'.repeat(1_000_000)}"}`],
    ['a string of a million escaped quotation marks', `{${SMALL},"user":"${'\\"'.repeat(1_000_000)}"}`],
    ['a million zeros', `{${SMALL},"metadata":${zeros}}`],
  ])('%s: passed on as it is', async (_, body) => {
    upstream.behaviour = answer(200, completion());
    const got = await ask(gateway.address, { body });
    expect(got.status).toBe(200);
    expect(upstream.last.body.toString()).toBe(body);
    await receiptOf(gateway, got);
    upstream.requests.length = 0;
  });
});

describe('a hostile answer ends at once, under a receipt, and the gateway lives on', () => {
  it.each([
    ['a million choices that are none', 'upstream/garbage', `{"choices":${zeros}}`],
    ['200,000 empty choices', 'upstream/garbage', `{"choices":[${'{},'.repeat(200_000)}{}]}`],
    ['three million lists', 'upstream/oversized', `{"choices":[],"x":${nested(3_000_000)}}`],
    ['three million objects', 'upstream/oversized', `{"choices":[],"x":[${'{},'.repeat(3_000_000)}{}]}`],
    ['an error of three million lists', 'upstream/oversized', `{"error":{"message":${nested(3_000_000)}}}`],
  ])('%s: %s', async (_, reason, body) => {
    upstream.behaviour = answer(200, body);
    const got = await ask(gateway.address);
    expect(got.status).toBe(502);
    expect((await receiptOf(gateway, got)).response).toMatchObject({ reason });
    expect((await ask(gateway.address, { path: '/healthz' })).status).toBe(200);
  });
});

describe('a hostile event ends its stream, under a receipt', () => {
  const EVENT_BYTES = 4_000_000;
  const most = nested(EVENT_BYTES / 2 - 100);
  it.each([
    ['chat/completions', chat({ stream: true }), `data: {"choices":${most}}\n\n`],
    [
      'responses',
      { model: 'test-model', input: 'a', stream: true },
      `event: x\ndata: {"type":"x","x":${most}}\n\n`,
    ],
    [
      'messages',
      { model: 'test-model', max_tokens: 1, messages: [{ role: 'user', content: 'a' }], stream: true },
      `event: ping\ndata: {"type":"ping","x":${most}}\n\n`,
    ],
  ])('%s', async (surface, body, event) => {
    upstream.behaviour = stream(event);
    const got = await ask(gateway.address, { method: 'POST', path: `/v1/${surface}`, body });
    expect((await receiptOf(gateway, got)).response).toMatchObject({ reason: 'upstream/oversized' });
  });

  it('a tool’s input that comes in parts stays the text that it is when it stands for too much', async () => {
    const parts = Array.from({ length: 4 }, () => '[],'.repeat(100_000));
    const named = (value: { type: string; [name: string]: unknown }) =>
      `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
    upstream.behaviour = stream(
      named({ type: 'message_start', message: { model: 'test-model', content: [] } }),
      named({
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: 'a', name: 'b' },
      }),
      ...['[', ...parts, '0]'].map(part =>
        named({
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'input_json_delta', partial_json: part },
        }),
      ),
      named({ type: 'message_stop' }),
    );
    const body = {
      model: 'test-model',
      max_tokens: 1,
      messages: [{ role: 'user', content: 'a' }],
      stream: true,
    };
    const got = await ask(gateway.address, { method: 'POST', path: '/v1/messages', body });
    const { tools } = (await receiptOf(gateway, got)).response;
    const call = { arguments: `[${parts.join('')}0]`, id: 'a', name: 'b', type: 'tool_use' };
    const opening = Buffer.from(String(got.headers['countersign-opening']), 'base64url');
    expect(tools).toEqual({ commitments: [toHex(commit(opening, 'tool/0', utf8(JSON.stringify(call))))] });
  });
});

describe('more connections than a gateway has room for', () => {
  let small: TestGateway;
  let sockets: Socket[];

  beforeEach(async () => {
    small = await openGateway({ upstream: upstream.base, limits: { connections: 3 } });
    sockets = [];
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await small.close();
  });

  /** What comes first on a new connection on which this is written, or `closed` where there is none. */
  async function open(request: string): Promise<string> {
    const socket = connect(Number(new URL(small.address).port), '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    socket.write(request);
    return new Promise<string>(resolve => {
      socket.once('data', data => resolve(data.toString('latin1').slice(0, 12)));
      socket.once('close', () => resolve('closed'));
    });
  }

  const HEALTH = 'GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n';
  const BODY = JSON.stringify(chat({ stream: true }));
  const STREAM = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;

  it('are closed at once, and those that it has taken go on', async () => {
    upstream.behaviour = stalledStream(chunk({ content: 'x' }));
    for (let taken = 0; taken < 3; taken++) expect(await open(STREAM)).toBe('HTTP/1.1 200');
    for (let refused = 0; refused < 3; refused++) expect(await open(HEALTH)).toBe('closed');
    expect(sockets.slice(0, 3).map(({ destroyed }) => destroyed)).toEqual([false, false, false]);
    sockets[0]?.destroy();
    await expect.poll(() => open(HEALTH)).toBe('HTTP/1.1 200');
  });

  it('end those on which nothing is asked, so that the next who comes finds room', async () => {
    for (let taken = 0; taken < 3; taken++) expect(await open(HEALTH)).toBe('HTTP/1.1 200');
    expect(await open(HEALTH)).toBe('closed');
    await expect.poll(() => open(HEALTH)).toBe('HTTP/1.1 200');
  });
});
