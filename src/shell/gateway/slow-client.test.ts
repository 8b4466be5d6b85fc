import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { begin, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { receiptOf, receiptOfExchange } from '../../../test/end-to-end/receipts.js';
import { chunk, DONE, HELLO, TestUpstream } from '../../../test/end-to-end/upstreams.js';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

it('a client that stops reading stops the upstream, and loses nothing when it reads on', async () => {
  const part = chunk({ content: 'x'.repeat(50_000) });
  const count = 800;
  let written = 0;
  upstream.behaviour = async response => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (; written < count; written++) {
      if (!response.write(part)) await new Promise(resolve => response.once('drain', resolve));
    }
    response.end(`${HELLO[2]}${DONE}`);
  };
  const asking = begin(gateway.address, { body: chat({ stream: true }) });
  const paused = new Promise<IncomingMessage>(resolve => {
    asking.request.once('response', response => resolve(response.pause()));
  });
  const response = await paused;
  // Until nothing moves any more, for longer than the idle timeout: it is the client that is slow, not the upstream.
  for (let before = -1; before < written; await sleep(600)) before = written;
  // What fills the kernel's buffers and ours is a few megabytes of the forty.
  expect(written * part.length).toBeLessThan(20_000_000);
  response.resume();
  const answer = await asking.answer;
  expect(written).toBe(count);
  expect(answer.broken).toBe(false);
  expect(answer.body.length).toBeGreaterThan(count * part.length);
  const receipt = await receiptOf(gateway, answer);
  expect(receipt.response).toMatchObject({ status: 'completed', reason: null });
});

it('a client that never reads on is taken for gone, and the upstream with it', async () => {
  const impatient = await openGateway({ upstream: upstream.base, limits: { readingTime: 200 } });
  const part = chunk({ content: 'x'.repeat(50_000) });
  const left = new Promise<void>(resolve => {
    upstream.behaviour = async response => {
      response.once('close', resolve);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let written = 0; written < 2000 && !response.destroyed; written++) {
        if (!response.write(part)) await sleep(5);
      }
    };
  });
  try {
    const asking = begin(impatient.address, { body: chat({ stream: true }) });
    const exchange = new Promise<string>(resolve => {
      asking.request.once('response', response => {
        response.pause();
        resolve(String(response.headers['countersign-exchange']));
      });
    });
    const id = await exchange;
    await left;
    const { response } = await receiptOfExchange(impatient, id);
    expect(response).toMatchObject({ status: 'aborted', reason: 'client/aborted' });
    asking.request.destroy();
    await asking.answer.catch(() => undefined);
  } finally {
    await impatient.close();
  }
});
