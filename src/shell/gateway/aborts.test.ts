import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Asking, begin, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { eventually, receiptOfExchange } from '../../../test/end-to-end/receipts.js';
import {
  type Behaviour,
  chunk,
  HELLO,
  partialBody,
  silence,
  stalledStream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { verify } from '../../appraise/verify.js';
import type { Receipt } from '../../receipt/receipt.js';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  // Timeouts that no test reaches, so that only the client can have ended what ended.
  const timeouts = { connect: 5000, firstToken: 5000, idle: 5000 };
  gateway = await openGateway({ upstream: upstream.base, timeouts });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

/**
 * A client that has left reaches the upstream before any timeout could, in milliseconds. How soon it does on a quiet machine, `npm run bench --
 * gateway` says.
 */
const BEFORE_TIMEOUTS = 4000;

/** The receipt that the log gets next, fetched and verified like everybody's. */
async function nextReceipt(before: number): Promise<Receipt> {
  const receipt = await eventually(async () => (await gateway.receipts())[before]);
  return receiptOfExchange(gateway, receipt.exchange);
}

async function untilAsked(before: number): Promise<void> {
  await eventually(() => (upstream.requests.length > before ? true : undefined));
}

describe('a client that leaves reaches the upstream at once and ends in a signed abort', () => {
  const begun = (asking: Asking) => asking.started;
  const asked = async () => untilAsked(upstream.requests.length - 1);
  const cases: {
    what: string;
    behaviour: Behaviour;
    stream: boolean;
    when: (asking: Asking) => Promise<void>;
    http: number;
    firstByte: boolean;
    response: string | null;
  }[] = [
    {
      what: 'before the answer begins',
      behaviour: silence,
      stream: false,
      when: asked,
      http: 499,
      firstByte: false,
      response: null,
    },
    {
      what: 'in the middle of a body',
      behaviour: partialBody('{"choices":', 'stall'),
      stream: false,
      when: () => sleep(50),
      http: 499,
      firstByte: true,
      response: null,
    },
    {
      what: 'before the first event of a stream',
      behaviour: stalledStream(),
      stream: true,
      when: () => sleep(50),
      http: 200,
      firstByte: false,
      response: '',
    },
    {
      what: 'in the middle of a stream',
      behaviour: stalledStream(HELLO[0], HELLO[1]),
      stream: true,
      when: begun,
      http: 200,
      firstByte: true,
      response: `${HELLO[0]}${HELLO[1]}`,
    },
    {
      what: 'in the middle of an event',
      behaviour: stalledStream(HELLO[0], 'data: {'),
      stream: true,
      when: begun,
      http: 200,
      firstByte: true,
      response: HELLO[0],
    },
  ];

  it.each(cases)('$what', async ({ behaviour, stream, when, http, firstByte, response }) => {
    upstream.behaviour = behaviour;
    const before = (await gateway.receipts()).length;
    const requests = upstream.requests.length;
    const asking = begin(gateway.address, { body: chat({ stream }) });
    await untilAsked(requests);
    await when(asking);
    await sleep(20);
    const left = performance.now();
    asking.leave();
    const took = (await upstream.last.lost) - left;
    console.log(`      the upstream noticed after ${took.toFixed(1)} ms`);
    expect(took).toBeLessThan(BEFORE_TIMEOUTS);

    const receipt = await nextReceipt(before);
    expect(receipt.response).toMatchObject({ status: 'aborted', reason: 'client/aborted', http });
    expect(receipt.attempts).toMatchObject([{ outcome: 'aborted', reason: 'client/aborted' }]);
    expect(receipt.time.firstByte !== null).toBe(firstByte);
    expect(gateway.running).toBe(0);

    // The receipt commits to what had come, and the vault has it.
    const kept = gateway.vault.get(receipt.exchange);
    expect(kept.response === null ? null : Buffer.from(kept.response).toString()).toBe(response);
    const { checks } = await verify({
      bundle: await bundleOf(receipt.exchange),
      trust: gateway.trust,
      content: kept,
      asOf: Date.now(),
    });
    expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
  });

  async function bundleOf(exchange: string): Promise<Uint8Array> {
    const answer = await fetch(`${gateway.address}/v1/receipts/${exchange}?wait=witnessed`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  it('even while the gateway holds the upstream back because the client reads slowly', async () => {
    upstream.behaviour = stalledStream(
      ...Array.from({ length: 400 }, () => chunk({ content: 'x'.repeat(50_000) })),
    );
    const before = (await gateway.receipts()).length;
    const requests = upstream.requests.length;
    const asking = begin(gateway.address, { body: chat({ stream: true }) });
    asking.request.once('response', response => response.pause());
    await untilAsked(requests);
    await sleep(300);
    const left = performance.now();
    asking.leave();
    const took = (await upstream.last.lost) - left;
    console.log(`      the upstream noticed after ${took.toFixed(1)} ms`);
    expect(took).toBeLessThan(BEFORE_TIMEOUTS);
    expect((await nextReceipt(before)).response.status).toBe('aborted');
  });
});

describe('a client that leaves before its request is whole', () => {
  it.each([
    { what: 'with a content length', head: 'content-length: 1000\r\n\r\n{"model":' },
    { what: 'in chunks', head: 'transfer-encoding: chunked\r\n\r\n9\r\n{"model":\r\n' },
  ])('$what has asked for nothing: no receipt, and nothing reaches the upstream', async ({ head }) => {
    const before = (await gateway.receipts()).length;
    const requests = upstream.requests.length;
    const { hostname, port, host } = new URL(gateway.address);
    const socket = connect(Number(port), hostname);
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: ${host}\r\n${head}`);
    await sleep(50);
    socket.destroy();
    await sleep(100);
    expect(upstream.requests).toHaveLength(requests);
    expect(await gateway.receipts()).toHaveLength(before);
    expect(gateway.running).toBe(0);
    expect(gateway.problems).toEqual([]);
  });
});

describe('a client that leaves while it waits for a receipt', () => {
  it('leaves nothing behind', async () => {
    upstream.behaviour = stalledStream(HELLO[0]);
    const asking = begin(gateway.address, { body: chat({ stream: true }) });
    const exchange = await new Promise<string>(resolve => {
      asking.request.once('response', ({ headers }) => resolve(String(headers['countersign-exchange'])));
    });
    const waiting = begin(gateway.address, { path: `/v1/receipts/${exchange}?wait=witnessed` });
    await sleep(50);
    waiting.leave();
    asking.leave();
    expect((await receiptOfExchange(gateway, exchange)).response.status).toBe('aborted');
  });
});
