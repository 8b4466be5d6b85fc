import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { answer, completion, TestUpstream } from '../../../test/end-to-end/upstreams.js';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base, origins: ['https://app.example'] });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/** The head of the answer to a request with so many images and so many calls of tools in its answer, byte for byte. */
async function headOf(
  attachments: number,
  headers: readonly string[],
  upstreamHeaders = {},
): Promise<string> {
  const each = <Value>(make: (at: number) => Value) =>
    Array.from({ length: attachments }, (_, at) => make(at));
  const calls = each(at => ({ id: `${at}`, type: 'function', function: { name: 'a', arguments: '{}' } }));
  const message = attachments === 0 ? {} : { message: { tool_calls: calls } };
  upstream.behaviour = answer(200, completion('Hi.', message), upstreamHeaders);
  const content = [
    { type: 'text', text: '?' },
    ...each(() => ({ type: 'image_url', image_url: { url: 'data:,x' } })),
  ];
  const body = JSON.stringify(chat({ messages: [{ role: 'user', content }] }));
  const { hostname, port } = new URL(gateway.address);
  const socket = connect(Number(port), hostname);
  const lines = [
    'POST /v1/chat/completions HTTP/1.1',
    `host: ${hostname}`,
    `content-length: ${body.length}`,
    ...headers,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  let got = '';
  for await (const chunk of socket.setEncoding('latin1')) {
    got += chunk;
    if (got.includes('\r\n\r\n')) break;
  }
  if (!socket.destroyed) await once(socket.destroy(), 'close');
  return got.slice(0, got.indexOf('\r\n\r\n') + 4);
}

const RECEIPT = /^countersign-receipt: /m;
/** What is missing from 4 and 16 KiB is for what proxies write. */
const LONGEST = { receipt: 4096 - 128, 'large-receipt': 16384 - 128 };

it.each<{ asked: keyof typeof LONGEST; counts: readonly number[]; more?: string; by?: object }>([
  { asked: 'receipt', counts: [0, 1, 2, 3, 4, 8, 32] },
  { asked: 'receipt', counts: [0, 1, 2, 3], more: `x-request-id: ${'i'.repeat(128)}` },
  { asked: 'receipt', counts: [0, 1, 2], more: 'origin: https://app.example' },
  { asked: 'receipt', counts: [0, 1, 2], by: { 'openai-organization': 'o'.repeat(200) } },
  { asked: 'large-receipt', counts: [0, 2, 8, 64], by: { 'openai-organization': 'o'.repeat(13_000) } },
])('$asked: the receipt stands in the head as long as all of it is short enough', async each => {
  const { asked, counts, more, by = {} } = each;
  const heads: string[] = [];
  for (const count of counts)
    heads.push(
      await headOf(count, [`countersign-inline: ${asked}`, ...(more === undefined ? [] : [more])], by),
    );
  for (const head of heads) expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  for (const head of heads) expect(head.length).toBeLessThanOrEqual(LONGEST[asked]);
  const isThere = heads.map(head => RECEIPT.test(head));
  // From the first that it does not fit into, it is in none.
  expect(isThere).toEqual([...isThere].sort().reverse());
  expect(isThere.at(-1)).toBe(false);
});

it('is in the head of a usual answer, and of one with a few attachments if there is more room', async () => {
  expect(await headOf(0, ['countersign-inline: receipt'])).toMatch(RECEIPT);
  expect(await headOf(8, ['countersign-inline: receipt'])).not.toMatch(RECEIPT);
  expect(await headOf(8, ['countersign-inline: large-receipt'])).toMatch(RECEIPT);
});

it.each(['none', 'Receipt', 'receipts', 'large-receipt, receipt', 'constructor', ''])(
  '%j asks for none',
  async value => {
    expect(await headOf(0, [`countersign-inline: ${value}`])).not.toMatch(RECEIPT);
  },
);
