import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, begin, chat, errorOf } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { eventually, receiptOf } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  type Behaviour,
  chunk,
  completion,
  cutStream,
  HELLO,
  partialBody,
  silence,
  stalledStream,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';

/** Large enough that the budget has room for one of them and not for two. */
const LARGE = 'x'.repeat(500_000);
const HELD = 1_000_000;

let upstream: TestUpstream;
let other: TestUpstream;
let gateway: TestGateway;

beforeEach(async () => {
  upstream = await TestUpstream.start();
  other = await TestUpstream.start();
  gateway = await openGateway({
    more: { one: { base: upstream.base }, two: { base: other.base } },
    timeouts: { idle: 60_000, firstToken: 60_000 },
    limits: { heldAnswerBytes: HELD, readingTime: 500 },
    routes: new Map([
      [
        'safe',
        [
          { balance: 'weight', targets: [{ model: 'one/test-model', weight: 1 }] },
          { balance: 'weight', targets: [{ model: 'two/test-model', weight: 1 }] },
        ],
      ],
    ]),
  });
});

afterEach(async () => {
  await gateway.close();
  await upstream.close();
  await other.close();
});

/** An answer that is under way, and large. */
async function beginLarge(): Promise<ReturnType<typeof begin>> {
  upstream.behaviour = stalledStream(chunk({ content: LARGE }));
  const asking = begin(gateway.address, { body: chat({ stream: true }) });
  let length = 0;
  await new Promise<void>(resolve => {
    asking.request.once('response', response => {
      response.on('data', (bytes: Buffer) => {
        length += bytes.length;
        if (length > LARGE.length) resolve();
      });
    });
  });
  return asking;
}

const WHOLE = answer(200, completion(LARGE));

/** There is room for one large answer, no less and no more. */
async function expectRoomForOne(): Promise<void> {
  await eventually(() => (gateway.running === 0 ? true : undefined));
  const asking = await beginLarge();
  upstream.behaviour = WHOLE;
  expect((await ask(gateway.address)).status).toBe(503);
  asking.leave();
  await eventually(async () => ((await ask(gateway.address)).status === 200 ? true : undefined));
}

describe('answers that are too many bytes together', () => {
  it('as a body: 503 gateway/busy under a receipt, while a small answer is still given', async () => {
    const asking = await beginLarge();
    upstream.behaviour = WHOLE;
    const got = await ask(gateway.address);
    expect(got.status).toBe(503);
    expect(errorOf(got).code).toBe('gateway/busy');
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'failed',
      reason: 'gateway/busy',
    });
    upstream.behaviour = answer(200, completion());
    expect((await ask(gateway.address)).status).toBe(200);
    asking.leave();
    await expectRoomForOne();
  });

  it('as a stream: it ends with an event that says so', async () => {
    const asking = await beginLarge();
    upstream.behaviour = stalledStream(HELLO[0], 20, chunk({ content: LARGE }));
    const got = await ask(gateway.address, { body: chat({ stream: true }) });
    expect(got.body.toString()).toContain('"code":"gateway/busy"');
    expect((await receiptOf(gateway, got)).response).toMatchObject({
      status: 'failed',
      reason: 'gateway/busy',
    });
    asking.leave();
    await expectRoomForOne();
  });

  it('comments count: they could come without end', async () => {
    const asking = await beginLarge();
    upstream.behaviour = stream(HELLO[0], ...Array.from({ length: 20 }, () => `: ${'x'.repeat(50_000)}\n\n`));
    const got = await ask(gateway.address, { body: chat({ stream: true }) });
    expect((await receiptOf(gateway, got)).response.reason).toBe('gateway/busy');
    asking.leave();
  });

  it('one that is translated counts twice, as it came and as it is given', async () => {
    const translating = await openGateway({
      more: { host: { base: upstream.base, surfaces: ['messages'] } },
      limits: { heldAnswerBytes: HELD },
    });
    try {
      const message = (text: string) => ({
        ...{ id: 'm', type: 'message', role: 'assistant', model: 'm', stop_reason: 'end_turn' },
        content: [{ type: 'text', text }],
      });
      for (const [length, status] of [
        [300_000, 200],
        [LARGE.length, 503],
        [300_000, 200],
      ] as const) {
        upstream.behaviour = answer(200, message('x'.repeat(length)));
        const got = await ask(translating.address, { body: chat({ model: 'host/m' }) });
        expect(got.status).toBe(status);
        if (status === 503) expect(errorOf(got).code).toBe('gateway/busy');
      }
    } finally {
      await translating.close();
    }
  });

  const endings: { what: string; behaviour: Behaviour; streamed?: true }[] = [
    { what: 'answered', behaviour: WHOLE },
    {
      what: 'answered with a stream',
      behaviour: stream(chunk({ content: LARGE }), ...HELLO),
      streamed: true,
    },
    { what: 'cut off', behaviour: partialBody(LARGE, 'cut') },
    { what: 'cut off as a stream', behaviour: cutStream(chunk({ content: LARGE })), streamed: true },
    { what: 'refused by the upstream', behaviour: answer(400, { error: { message: LARGE } }) },
    { what: 'answered with garbage', behaviour: answer(200, LARGE) },
  ];
  it.each(endings)(
    'an exchange that is $what gives its bytes back, once',
    async ({ behaviour, streamed }) => {
      upstream.behaviour = behaviour;
      for (let count = 0; count < 3; count++) {
        const got = await ask(gateway.address, { body: chat({ stream: streamed ?? false }) });
        expect(got.headers['countersign-reason']).not.toBe('gateway/busy');
        expect(got.body.toString()).not.toContain('gateway/busy');
      }
      await expectRoomForOne();
    },
  );

  it('what an attempt held that was given up is given back before the next', async () => {
    upstream.behaviour = partialBody(LARGE, 'cut');
    other.behaviour = WHOLE;
    for (let count = 0; count < 3; count++) {
      const got = await ask(gateway.address, { body: chat({ model: 'safe' }) });
      expect(got.status).toBe(200);
      expect((await receiptOf(gateway, got)).attempts).toHaveLength(2);
    }
    await expectRoomForOne();
  });
});

describe('a client that never reads the whole of its answer', () => {
  /** More than the system holds for a connection. */
  const HUGE = 'x'.repeat(30_000_000);
  let sockets: Socket[];

  beforeEach(() => {
    sockets = [];
  });

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
  });

  function askAndNeverRead(address: string, body: object): void {
    const { hostname, port } = new URL(address);
    const text = JSON.stringify(body);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    socket.pause();
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
    );
  }

  it('is hung up on, and what was held for it is given back', async () => {
    const roomy = await openGateway({
      upstream: upstream.base,
      timeouts: { idle: 60_000, firstToken: 60_000 },
      limits: { heldAnswerBytes: 45_000_000, readingTime: 1000 },
    });
    try {
      upstream.behaviour = answer(200, completion(HUGE));
      askAndNeverRead(roomy.address, chat());
      await eventually(() => (upstream.requests.length > 0 && roomy.running === 0 ? true : undefined));
      expect((await ask(roomy.address)).status).toBe(503);
      await eventually(async () => ((await ask(roomy.address)).status === 200 ? true : undefined));
    } finally {
      await roomy.close();
    }
  });

  /** A stream without end; `stopped` is called when nobody has read on for a while. */
  function endless(stopped: () => void): Behaviour {
    const part = chunk({ content: 'x'.repeat(1_000_000) });
    return async response => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      while (!response.destroyed) {
        if (response.write(part)) continue;
        const patience = setTimeout(stopped, 300);
        await new Promise<void>(resolve => {
          response.once('drain', resolve);
          response.once('close', resolve);
        });
        response.removeAllListeners('close').removeAllListeners('drain');
        clearTimeout(patience);
      }
    };
  }

  it.each([
    { what: 'a body', streamed: false },
    { what: 'a stream', streamed: true },
  ])('makes room when others have waited long enough: $what', async ({ streamed }) => {
    let past = 0;
    const roomy = await openGateway({
      upstream: upstream.base,
      timeouts: { idle: 60_000, firstToken: 60_000 },
      limits: { heldAnswerBytes: 45_000_000 },
      now: () => Date.now() + past,
    });
    try {
      const stuck = new Promise<void>(resolve => {
        upstream.behaviour = streamed ? endless(resolve) : answer(200, completion(HUGE));
        if (!streamed)
          void eventually(() =>
            upstream.requests.length > 0 && roomy.running === 0 ? true : undefined,
          ).then(() => resolve());
      });
      askAndNeverRead(roomy.address, chat({ stream: streamed }));
      await stuck;
      upstream.behaviour = answer(200, completion(HUGE));
      expect((await ask(roomy.address)).status).toBe(503);
      past = 30_000;
      await eventually(async () => ((await ask(roomy.address)).status === 200 ? true : undefined));
    } finally {
      await roomy.close();
    }
  });

  it('but reads on now and then: gets all of it', async () => {
    upstream.behaviour = silence;
    // Several times as long as between two looks, and shorter than all of them.
    const slow = await openGateway({ upstream: upstream.base, limits: { readingTime: 2500 } });
    try {
      upstream.behaviour = answer(200, completion(HUGE));
      const asking = begin(slow.address, {});
      asking.request.once('response', response => {
        response.pause();
        let left = 8;
        const readOn = setInterval(() => {
          response.resume();
          setTimeout(() => left > 0 && response.pause(), 2);
          if (left-- === 0) clearInterval(readOn);
        }, 400);
      });
      const got = await asking.answer;
      expect(got.broken).toBe(false);
      expect(got.body.length).toBeGreaterThan(HUGE.length);
    } finally {
      await slow.close();
    }
  });
});
