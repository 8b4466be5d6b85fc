import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, request, Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask, begin, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { DONE, HELLO, stalledStream, stream, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import { thorough } from '../../../test/support/thoroughness.js';

let folder: string;
let upstream: TestUpstream;
let gateway: TestGateway;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-closing-'));
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base, timeouts: { idle: 30_000 }, folder });
});

afterEach(async () => {
  vi.restoreAllMocks();
  await upstream.close();
  await rm(folder, { recursive: true, force: true });
});

describe('closing', () => {
  it('lets a running stream come to its end, with its receipt, and takes no new requests', async () => {
    upstream.behaviour = stream(HELLO[0], 300, HELLO[2], DONE);
    const asking = begin(gateway.address, { body: chat({ stream: true }) });
    await asking.started;
    const cutOff = vi.spyOn(Server.prototype, 'closeAllConnections');
    const closed = gateway.close();
    await expect(ask(gateway.address)).rejects.toThrow(/ECONNREFUSED/);
    const got = await asking.answer;
    await closed;
    expect(cutOff).not.toHaveBeenCalled();
    expect(got.broken).toBe(false);
    expect(got.body.toString()).toContain('[DONE]');
    expect(got.body.toString()).toContain(': countersign-receipt ');
  });

  it('does not wait for connections that clients keep open', async () => {
    upstream.behaviour = stream(HELLO[0], 200, HELLO[2], DONE);
    const agent = new Agent({ keepAlive: true });
    const cutOff = vi.spyOn(Server.prototype, 'closeAllConnections');
    const begun = new Promise<{ readonly ended: Promise<void> }>(resolve => {
      const sending = request(
        `${gateway.address}/v1/chat/completions`,
        { agent, method: 'POST', headers: { 'content-type': 'application/json' } },
        response => resolve({ ended: new Promise(end => response.resume().once('end', end)) }),
      );
      sending.end(JSON.stringify(chat({ stream: true })));
    });
    const { ended } = await begun;
    await Promise.all([gateway.close(), ended]);
    agent.destroy();
    // Ten seconds after it was asked to close, the gateway cuts off who is left.
    expect(cutOff).not.toHaveBeenCalled();
  });

  it('does not wait for a client that goes on asking: it is told to come back, on a connection that then closes', async () => {
    const cutOff = vi.spyOn(Server.prototype, 'closeAllConnections');
    upstream.behaviour = (response, seen) =>
      stream(HELLO[0], seen.body.includes('long') ? 700 : 200, HELLO[2], DONE)(response, seen);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const askAgain = () =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const sending = request(
          `${gateway.address}/v1/chat/completions`,
          { agent, method: 'POST', headers: { 'content-type': 'application/json' } },
          response => response.resume().once('end', () => resolve(response)),
        );
        sending.once('error', reject).end(JSON.stringify(chat({ stream: true })));
      });
    const other = begin(gateway.address, { body: chat({ stream: true }, 'long') });
    const last = askAgain();
    // Asks at the very moment at which the answer before has come, so that its connection is never idle.
    const refused = last.then(askAgain);
    await other.started;
    await new Promise(resolve => setTimeout(resolve, 50));
    const closed = gateway.close();
    const { statusCode, headers } = await refused;
    expect([statusCode, headers.connection]).toEqual([503, 'close']);
    await expect(askAgain()).rejects.toThrow(/ECONNREFUSED/);
    await Promise.all([closed, other.answer]);
    agent.destroy();
    // Ten seconds after it was asked to close, the gateway cuts off who is left.
    expect(cutOff).not.toHaveBeenCalled();
  });

  it('ends what does not end by itself as aborted, after ten seconds, of which the unit suite waits for less than one', {
    timeout: 30_000,
  }, async () => {
    await gateway.close();
    upstream.behaviour = stalledStream(HELLO[0]);
    const own = await openGateway({
      ...{ upstream: upstream.base, timeouts: { idle: 30_000 }, folder },
      ...thorough({}, { closingTime: 700 }),
    });
    const asking = begin(own.address, { body: chat({ stream: true }) });
    await asking.started;
    const cutOff = vi.spyOn(Server.prototype, 'closeAllConnections');
    const started = performance.now();
    await own.close();
    expect(performance.now() - started).toBeGreaterThan(thorough(9000, 600));
    expect(cutOff).toHaveBeenCalled();
    expect((await asking.answer).broken).toBe(true);
    await upstream.last.lost;

    // The log is closed; whoever opens it again finds the receipt.
    const again = await openGateway({ folder });
    const [receipt] = await again.receipts();
    await again.close();
    expect(receipt?.response).toMatchObject({ status: 'aborted', reason: 'gateway/closing' });
  });
});
