import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, begin, chat, errorOf } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { eventually, receiptOf } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  type Behaviour,
  completion,
  HELLO,
  partialBody,
  raw,
  silence,
  stalledStream,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { BodyBudget } from '../http/body-budget.js';
import type { RedactionRules } from './redaction/rules.js';

describe('BodyBudget', () => {
  it('gives what is there, takes nothing where it refuses, and gives it again when it is back', () => {
    const budget = new BodyBudget(10);
    expect([6, 5, 4, 1, 0].map(bytes => budget.take(bytes, 0))).toEqual([true, false, true, false, true]);
    budget.give(4);
    expect([5, 4].map(bytes => budget.take(bytes, 0))).toEqual([false, true]);
    budget.give(10);
    expect([11, 10].map(bytes => budget.take(bytes, 0))).toEqual([false, true]);
  });

  it('keeps a quarter for those who hold no more than 64 KiB', () => {
    const budget = new BodyBudget(1 << 20);
    const large = 3 << 18;
    expect([large + 1, large].map(bytes => budget.take(bytes, 0))).toEqual([false, true]);
    expect(budget.take(1, 1 << 16)).toBe(false);
    expect(budget.take(1, (1 << 16) - 1)).toBe(true);
    for (let taken = large + 1; taken + (1 << 16) <= 1 << 20; taken += 1 << 16) {
      expect(budget.take(1 << 16, 0)).toBe(true);
    }
    expect(budget.take(1 << 16, 0)).toBe(false);
  });
});

describe('whoever keeps us waiting', () => {
  const MUCH = 1 << 20;

  function scene() {
    const time = { now: 0 };
    // Three of four megabytes are for those who hold much.
    const budget = new BodyBudget(4 * MUCH, () => time.now);
    const gone: string[] = [];
    const hold = (name: string, givesBack = true) => {
      expect(budget.take(MUCH, 0)).toBe(true);
      return budget.await(() => {
        gone.push(name);
        if (givesBack) budget.give(MUCH);
      });
    };
    return { time, budget, gone, hold };
  }

  it('is left alone while there is room, and for half a minute when there is none', () => {
    const { time, budget, gone, hold } = scene();
    hold('a');
    hold('b');
    time.now = 1_000_000;
    hold('c');
    budget.give(MUCH);
    expect(budget.take(MUCH, 0)).toBe(true);
    expect(gone).toEqual([]);
    time.now = 0;
    expect(budget.take(MUCH, 0)).toBe(false);
    time.now = 29_999;
    expect(budget.take(MUCH, 0)).toBe(false);
    expect(gone).toEqual([]);
  });

  it('then makes room, who has done so for longest first, and no more than is needed', () => {
    const { time, budget, gone, hold } = scene();
    hold('a');
    time.now = 1;
    hold('b');
    time.now = 2;
    hold('c');
    time.now = 30_001;
    expect(budget.take(MUCH, 0)).toBe(true);
    expect(gone).toEqual(['a']);
    expect(budget.take(2 * MUCH, 0)).toBe(false);
    expect(gone).toEqual(['a', 'b']);
    expect(budget.take(MUCH, 0)).toBe(true);
    expect(budget.take(MUCH, 0)).toBe(false);
  });

  it('is one who keeps us waiting no more', () => {
    const { time, budget, gone, hold } = scene();
    hold('a')();
    hold('b');
    hold('c');
    time.now = 30_000;
    expect(budget.take(MUCH, 0)).toBe(true);
    expect(gone).toEqual(['b']);
  });

  it('may give back a little later; nobody else is asked before', () => {
    const { time, budget, gone, hold } = scene();
    hold('a', false);
    hold('b', false);
    hold('c', false);
    time.now = 30_000;
    expect(budget.take(1, MUCH)).toBe(false);
    expect(gone).toEqual(['a']);
    budget.give(MUCH);
    expect(budget.take(MUCH, 0)).toBe(true);
    expect(gone).toEqual(['a']);
  });

  describe('in the middle of a large request', () => {
    const large = chat({}, 'x'.repeat(200_000));

    it('is refused when others have waited long enough, and they are served', async () => {
      let past = 0;
      const upstream = await TestUpstream.start();
      const gateway = await openGateway({
        upstream: upstream.base,
        limits: { heldBytes: 400_000 },
        now: () => Date.now() + past,
      });
      const { hostname, port } = new URL(gateway.address);
      const slow = connect(Number(port), hostname);
      try {
        slow.write(
          `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}\r\ncontent-length: 290000\r\n\r\n`,
        );
        slow.write('x'.repeat(280_000));
        const said = new Promise<string>(resolve => slow.once('data', data => resolve(String(data))));
        await eventually(async () =>
          (await ask(gateway.address, { body: large })).status === 503 ? true : undefined,
        );
        past = 30_000;
        const got = await ask(gateway.address, { body: large });
        expect(got.status).toBe(200);
        await receiptOf(gateway, got);
        expect(await said).toMatch(/^HTTP\/1\.1 503 .*countersign-reason: gateway\/busy/s);
      } finally {
        slow.destroy();
        await gateway.close();
        await upstream.close();
      }
    });
  });
});

describe('gateway/busy', () => {
  let upstream: TestUpstream;
  let gateway: TestGateway;
  /** Large enough that the budget has room for one of them and not for two. */
  const large = chat({}, 'x'.repeat(600));

  beforeEach(async () => {
    upstream = await TestUpstream.start();
    gateway = await openGateway({
      upstream: upstream.base,
      timeouts: { firstToken: 5000 },
      limits: { heldBytes: 1000, requestBytes: 900 },
    });
  });

  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('503, to be asked again in a second, while the budget is used up; and afterwards it serves', async () => {
    upstream.behaviour = silence;
    const first = begin(gateway.address, { body: large });
    await eventually(() => upstream.requests[0]);
    const refused = await ask(gateway.address, { body: large });
    expect(refused.status).toBe(503);
    expect(errorOf(refused)).toMatchObject({ type: 'api_error', code: 'gateway/busy' });
    expect(refused.headers).toMatchObject({
      'retry-after': '1',
      'countersign-reason': 'gateway/busy',
      connection: 'close',
    });
    expect(refused.headers['countersign-exchange']).toBeUndefined();
    expect(await gateway.receipts()).toEqual([]);
    expect((await ask(gateway.address, { path: '/healthz' })).status).toBe(200);

    upstream.behaviour = answer(200, completion());
    expect((await ask(gateway.address, { body: chat() })).status).toBe(200);
    first.leave();
    const served = await eventually(async () => {
      const got = await ask(gateway.address, { body: large });
      return got.status === 200 ? got : undefined;
    });
    await receiptOf(gateway, served);
  });

  it('bodies that are still on their way count', async () => {
    upstream.behaviour = answer(200, completion());
    const { hostname, port } = new URL(gateway.address);
    const slow = connect(Number(port), hostname);
    slow.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}\r\ncontent-length: 800\r\n\r\n`);
    slow.write('x'.repeat(700));
    await sleep(50);
    expect((await ask(gateway.address, { body: large })).status).toBe(503);
    slow.destroy();
    await eventually(async () =>
      (await ask(gateway.address, { body: large })).status === 200 ? true : undefined,
    );
  });

  const endings: { what: string; body?: unknown; behaviour?: Behaviour; headers?: Record<string, string> }[] =
    [
      { what: 'answered', behaviour: answer(200, completion()) },
      {
        what: 'answered with a stream',
        behaviour: stream(...HELLO),
        body: chat({ stream: true }, 'x'.repeat(600)),
      },
      { what: 'refused by the upstream', behaviour: answer(429, { error: { message: 'No.' } }) },
      { what: 'answered with garbage', behaviour: raw('garbage') },
      { what: 'cut off', behaviour: partialBody('{', 'cut') },
      { what: 'malformed', body: `[${'0,'.repeat(300)}0]` },
      { what: 'encoded', headers: { 'content-encoding': 'gzip' } },
      { what: 'too large, as announced', body: 'x'.repeat(901) },
      {
        what: 'too large without notice',
        body: 'x'.repeat(901),
        headers: { 'transfer-encoding': 'chunked' },
      },
    ];
  it.each(endings)(
    'an exchange that is $what gives its bytes back, once',
    async ({ behaviour, body, headers }) => {
      upstream.behaviour = behaviour ?? silence;
      for (let count = 0; count < 4; count++) {
        const got = await ask(gateway.address, { body: body ?? large, ...(headers && { headers }) });
        expect(got.headers['countersign-reason']).not.toBe('gateway/busy');
      }
      await expectRoomForOne();
    },
  );

  const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', stop_reason: 'end_turn' };
  it.each<{ what: string; name: string; served: object; redaction?: RedactionRules }>([
    { what: 'under another name', name: 'other/m', served: completion() },
    { what: 'in another dialect', name: 'host/m', served: { ...message, content: [] } },
    {
      what: 'with something taken out',
      name: 'm',
      served: completion(),
      redaction: { kinds: ['email'], names: [], restore: false },
    },
  ])(
    'a request that is sent on $what counts twice, and gives both back',
    async ({ name, served, redaction }) => {
      const twice = await openGateway({
        upstream: upstream.base,
        more: { other: { base: upstream.base }, host: { base: upstream.base, surfaces: ['messages'] } },
        limits: { heldBytes: 1000, requestBytes: 900 },
        redaction: () => redaction ?? null,
      });
      try {
        upstream.behaviour = answer(200, served);
        for (const [length, status] of [
          [250, 200],
          [600, 503],
          [250, 200],
          [250, 200],
        ] as const) {
          const got = await ask(twice.address, {
            body: chat({ model: name }, `a@example.com ${'x'.repeat(length)}`),
          });
          expect(got.status).toBe(status);
          if (status === 503)
            expect((await receiptOf(twice, got)).response).toMatchObject({
              status: 'refused',
              reason: 'gateway/busy',
            });
        }
      } finally {
        await twice.close();
      }
    },
  );

  it.each([
    { what: 'before it is answered', behaviour: silence, body: large },
    {
      what: 'in the middle of a stream',
      behaviour: stalledStream(HELLO[0]),
      body: chat({ stream: true }, 'x'.repeat(600)),
    },
  ])('a client that leaves $what gives its bytes back, once', async ({ behaviour, body }) => {
    for (let count = 0; count < 4; count++) {
      upstream.behaviour = behaviour;
      const asking = begin(gateway.address, { body });
      await eventually(() => (upstream.requests.length > count ? true : undefined));
      if (behaviour !== silence) await asking.started;
      asking.leave();
      await eventually(() => (gateway.running === 0 ? true : undefined));
    }
    await expectRoomForOne();
  });

  /** The budget has its size again: no less, or this one would be refused, and no more, or another one would be served beside it. */
  async function expectRoomForOne(): Promise<void> {
    upstream.behaviour = silence;
    const seen = upstream.requests.length;
    const one = begin(gateway.address, { body: large });
    await eventually(() => (upstream.requests.length > seen ? true : undefined));
    expect((await ask(gateway.address, { body: large })).status).toBe(503);
    one.leave();
  }
});
