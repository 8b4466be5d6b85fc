import { IncomingMessage } from 'node:http';
import { connect, Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ask, begin, chat } from '../../../test/end-to-end/client.js';
import { openGateway } from '../../../test/end-to-end/gateway.js';
import { eventually, receiptOf } from '../../../test/end-to-end/receipts.js';
import { answer, completion, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { BodyBudget } from '../http/body-budget.js';
import { Turns } from '../http/turns.js';
import { readBody } from './read-body.js';

const MEGABYTE = 1 << 20;

/** The bytes that this process needs, after everything that nobody holds any more has been let go. */
function held(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('a large body that comes byte by byte', () => {
  it('costs no more than a few times what it weighs while it is being read', async () => {
    const request = new IncomingMessage(new Socket());
    const before = held();
    const reading = readBody(request, 2 * MEGABYTE, new BodyBudget(2 * MEGABYTE), new Turns());
    for (let count = 0; count < MEGABYTE; count++) request.emit('data', Buffer.of(count & 255));
    const growth = held() - before;
    request.emit('end');
    const body = await reading;
    expect(body).toMatchObject({ kind: 'whole' });
    if (body.kind === 'whole') {
      expect(body.bytes).toHaveLength(MEGABYTE);
      expect(body.bytes.every((byte, at) => byte === (at & 255))).toBe(true);
    }
    expect(growth).toBeLessThan(16 * MEGABYTE);
  });

  it('is served like any other', { timeout: 60_000 }, async () => {
    const upstream = await TestUpstream.start();
    upstream.behaviour = answer(200, completion());
    const gateway = await openGateway({ upstream: upstream.base, timeouts: { firstToken: 30_000 } });
    try {
      const body = JSON.stringify(chat({}, 'x'.repeat(thorough(MEGABYTE, MEGABYTE / 16))));
      const chunks = Array.from(body, character => `1\r\n${character}\r\n`).join('');
      const { hostname, port } = new URL(gateway.address);
      const socket = connect(Number(port), hostname);
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}:${port}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n`,
      );
      socket.write(`${chunks}0\r\n\r\n`);
      let got = '';
      for await (const part of socket) got += String(part);
      expect(got).toMatch(/^HTTP\/1\.1 200 /);
      expect(upstream.last.body.toString()).toBe(body);
    } finally {
      await gateway.close();
      await upstream.close();
    }
  });
});

describe('a large body, in turns', () => {
  const LARGE = Buffer.alloc(65_536, 'x');
  const round = () => new Promise<void>(resolve => setImmediate(resolve));

  /** A request whose body is read while somebody else has used the round up. */
  function waiting() {
    // Three quarters of it are for those who hold much.
    const budget = new BodyBudget((4 / 3) * MEGABYTE);
    let clock = 0;
    const turns = new Turns(() => clock);
    turns.run(() => {
      clock += 5;
    });
    const request = new IncomingMessage(new Socket());
    return { request, budget, reading: readBody(request, MEGABYTE, budget, turns) };
  }

  it('is read on when its part has had its turn', async () => {
    const { request, reading } = waiting();
    request.emit('data', LARGE);
    expect(request.isPaused()).toBe(true);
    await round();
    expect(request.isPaused()).toBe(false);
    request.emit('end');
    expect(await reading).toEqual({ kind: 'whole', bytes: new Uint8Array(LARGE) });
  });

  it('counts what waits, and gives it back when the client leaves', async () => {
    const { request, reading, budget } = waiting();
    request.emit('data', LARGE);
    expect(budget.take(MEGABYTE - LARGE.length, 0)).toBe(true);
    expect(budget.take(1, MEGABYTE)).toBe(false);
    request.emit('close');
    expect(await reading).toEqual({ kind: 'gone' });
    expect(budget.take(LARGE.length, MEGABYTE)).toBe(true);
  });

  it('counts what waits towards what a request may have', async () => {
    const { request, reading, budget } = waiting();
    for (let part = 0; part < 17; part++) request.emit('data', LARGE);
    // What has not had its turn is let go of.
    expect(await reading).toEqual({ kind: 'too-large', bytes: new Uint8Array() });
    expect(budget.take(MEGABYTE, 0)).toBe(true);
  });

  it('is nobody’s any more when the client leaves before it is looked at', async () => {
    const turns = new HeldTurns();
    const upstream = await TestUpstream.start();
    upstream.behaviour = answer(200, completion());
    const gateway = await openGateway({ upstream: upstream.base, turns, limits: { heldBytes: 400_000 } });
    try {
      const leaving = begin(gateway.address, { body: chat({}, 'x'.repeat(150_000)) });
      await eventually(() => (turns.asked ? true : undefined));
      leaving.leave();
      // Who asks later is heard later.
      for (let times = 0; times < 2; times++) await ask(gateway.address, { path: '/healthz' });
      turns.letGo();
      const got = await ask(gateway.address, { body: chat({}, 'x'.repeat(250_000)) });
      expect(got.status).toBe(200);
      await receiptOf(gateway, got);
      expect(upstream.requests).toHaveLength(1);
      expect(await gateway.receipts()).toHaveLength(1);
    } finally {
      await gateway.close();
      await upstream.close();
    }
  });
});

/** Turns in which nobody's result comes before it is let go. */
class HeldTurns extends Turns {
  asked = false;
  letGo: () => void = () => undefined;
  readonly #gate = new Promise<void>(resolve => {
    this.letGo = resolve;
  });

  override async perform<Result>(work: () => Result): Promise<Result> {
    this.asked = true;
    await this.#gate;
    return super.perform(work);
  }
}
