import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, begin, chat, errorOf, json } from '../../../test/end-to-end/client.js';
import { type GatewayOptions, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { eventually, receiptOf, verifyAnswer } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  type Behaviour,
  chunk,
  completion,
  cutStream,
  DONE,
  event,
  LISTED_MODEL,
  raw,
  silence,
  stalledStream,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { commit } from '../../receipt/opening.js';
import type { RouteDescriptions } from './routing/route-description.js';

let one: TestUpstream;
let two: TestUpstream;

const ROUTES: RouteDescriptions = new Map([
  [
    'safe',
    [
      { balance: 'weight', targets: [{ model: 'one/test-model', weight: 1 }] },
      { balance: 'weight', targets: [{ model: 'two/test-model', weight: 1 }] },
      { balance: 'weight', targets: [{ model: 'canned-model', weight: 1 }] },
    ],
  ],
  ['only-one', [{ balance: 'weight', targets: [{ model: 'one/other-model', weight: 1 }] }]],
]);

beforeAll(async () => {
  one = await TestUpstream.start();
  two = await TestUpstream.start();
});

afterAll(async () => {
  await one.close();
  await two.close();
});

beforeEach(() => {
  one.requests.length = 0;
  two.requests.length = 0;
  one.behaviour = answer(200, completion('One.'));
  two.behaviour = answer(200, completion('Two.'));
});

async function withGateway(options: GatewayOptions, use: (gateway: TestGateway) => Promise<void>) {
  const gateway = await openGateway({
    more: { one: { base: one.base, key: 'key-of-one' }, two: { base: two.base, key: 'key-of-two' } },
    routes: ROUTES,
    ...options,
  });
  try {
    await use(gateway);
    expect(gateway.problems).toEqual([]);
    expect(gateway.running).toBe(0);
  } finally {
    await gateway.close();
  }
}

const contentOf = (got: { body: Buffer }) =>
  json<{ choices: { message: { content: string } }[] }>(got).choices[0]?.message.content;
const SAFE = { body: chat({ model: 'safe' }) };
const FAILED: Behaviour = answer(503, { error: { message: 'Busy.' } });

describe('a model that is named with its upstream', () => {
  it('is asked there by its own name, and the receipt names the change', async () => {
    await withGateway({}, async gateway => {
      const body = `{ "messages": [{"role":"user","content":"\\u00e9 model"}], "x": {"model": "a"}, "model" : "two/test\\u002dmodel" }`;
      const got = await ask(gateway.address, { body });
      expect(contentOf(got)).toBe('Two.');
      const sent = body.replace('"two/test\\u002dmodel"', '"test-model"');
      expect(two.last.body.toString()).toBe(sent);
      expect(two.last.headers['content-length']).toBe(String(Buffer.byteLength(sent)));
      const receipt = await receiptOf(gateway, got);
      const opening = Buffer.from(String(got.headers['countersign-opening']), 'base64url');
      expect(receipt.request).toMatchObject({
        transforms: ['model-renamed'],
        sent: toHex(commit(opening, 'request/sent', utf8(sent))),
      });
      expect(receipt.model).toMatchObject({
        requested: { name: 'two/test-model' },
        served: { name: 'test-model' },
      });
      expect(receipt.attempts).toMatchObject([{ upstream: 'two', model: { name: 'test-model' } }]);
      expect(receipt.claims.map(({ about }) => about)).not.toContain('model/substituted');
      expect((await verifyAnswer(gateway, got)).outcome).toBe('pass');
    });
  });

  it('is named so in the list of models, but for the first upstream’s', async () => {
    await withGateway({}, async gateway => {
      const { data } = json<{ data: { id: string }[] }>(await ask(gateway.address, { path: '/v1/models' }));
      expect(data.map(({ id }) => id)).toEqual([
        'safe',
        'only-one',
        'canned-model',
        'test-model',
        'two/test-model',
      ]);
    });
  });
});

describe('a fallback', () => {
  const failures: {
    what: string;
    behaviour: Behaviour;
    status: number | null;
    reason: string;
    sent?: null;
  }[] = [
    { what: 'HTTP 503', behaviour: FAILED, status: 503, reason: 'upstream/error' },
    { what: 'HTTP 429', behaviour: answer(429, {}), status: 429, reason: 'upstream/error' },
    { what: 'HTTP 500', behaviour: answer(500, 'oops'), status: 500, reason: 'upstream/error' },
    { what: 'HTTP 401', behaviour: answer(401, {}), status: 401, reason: 'upstream/error' },
    { what: 'HTTP 404', behaviour: answer(404, {}), status: 404, reason: 'upstream/error' },
    { what: 'silence', behaviour: silence, status: null, reason: 'upstream/timeout' },
    { what: 'a broken connection', behaviour: raw(''), status: null, reason: 'upstream/broken' },
    {
      what: 'an error under HTTP 200',
      behaviour: answer(200, { error: { code: 503, message: 'No.' } }),
      status: 200,
      reason: 'upstream/error',
    },
    {
      what: 'an error under HTTP 200 that names no status',
      behaviour: answer(200, { error: { message: 'No.' } }),
      status: 200,
      reason: 'upstream/error',
    },
    { what: 'garbage', behaviour: answer(200, 'garbage'), status: 200, reason: 'upstream/garbage' },
    {
      what: 'an answer in code',
      behaviour: answer(200, completion(), { 'content-encoding': 'gzip' }),
      status: 200,
      reason: 'upstream/garbage',
    },
  ];

  it.each(failures)(
    'after $what: the next answers, and the receipt tells of both',
    async ({ behaviour, status, reason }) => {
      await withGateway({}, async gateway => {
        one.behaviour = behaviour;
        const got = await ask(gateway.address, SAFE);
        expect(got.status).toBe(200);
        expect(contentOf(got)).toBe('Two.');
        expect(got.headers['countersign-attempts']).toBe('2');
        const receipt = await receiptOf(gateway, got);
        expect(receipt.response).toMatchObject({ status: 'completed', reason: null });
        expect(receipt.attempts).toMatchObject([
          { upstream: 'one', outcome: 'failed', status, reason, model: { name: LISTED_MODEL } },
          { upstream: 'two', outcome: 'answered', status: 200, reason: null },
        ]);
        // Who saw the prompt is told even of those who gave no answer.
        expect(receipt.attempts[0]?.origin).toBe(new URL(one.base).origin);
        expect(receipt.attempts[1]?.origin).toBeUndefined();
        expect(receipt.upstream?.origin).toBe(new URL(two.base).origin);
        expect(receipt.claims).toContainEqual({
          about: 'model/substituted',
          source: 'upstream',
          status: 'asserted',
        });
        expect((await verifyAnswer(gateway, got)).outcome).toBe('pass');
      });
    },
  );

  it('from an upstream that cannot be reached: nothing was sent there', async () => {
    const gone = await TestUpstream.start();
    const { base } = gone;
    await gone.close();
    await withGateway({ more: { one: { base }, two: { base: two.base } } }, async gateway => {
      const got = await ask(gateway.address, SAFE);
      expect(contentOf(got)).toBe('Two.');
      const receipt = await receiptOf(gateway, got);
      expect(receipt.attempts).toMatchObject([
        { upstream: 'one', outcome: 'failed', reason: 'upstream/unreachable', sent: null },
        { upstream: 'two', outcome: 'answered' },
      ]);
      expect(receipt.request.sent).not.toBeNull();
    });
  });

  it('to another model sends another body, and the receipt commits to each', async () => {
    await withGateway({}, async gateway => {
      one.behaviour = FAILED;
      two.behaviour = FAILED;
      const got = await ask(gateway.address, SAFE);
      expect(contentOf(got)).toBe('Canned.');
      const receipt = await receiptOf(gateway, got);
      const opening = Buffer.from(String(got.headers['countersign-opening']), 'base64url');
      expect(receipt.attempts.map(({ sent }) => sent)).toEqual([
        toHex(commit(opening, 'request/sent', one.last.body)),
        toHex(commit(opening, 'request/sent', two.last.body)),
        undefined,
      ]);
      expect(receipt.request.sent).not.toBe(receipt.attempts[0]?.sent);
    });
  });

  it('is not made for an error under HTTP 200 that says what is wrong with the request', async () => {
    await withGateway({}, async gateway => {
      one.behaviour = answer(200, { error: { code: 400, message: 'No.' } });
      const got = await ask(gateway.address, SAFE);
      expect(got.status).toBe(400);
      expect(two.requests).toEqual([]);
    });
  });

  it('is not made for what is wrong with the request', async () => {
    await withGateway({}, async gateway => {
      one.behaviour = answer(400, { error: { message: 'No.' } });
      const got = await ask(gateway.address, SAFE);
      expect(got.status).toBe(400);
      expect(two.requests).toEqual([]);
      expect((await receiptOf(gateway, got)).attempts).toHaveLength(1);
    });
  });

  it('that fails as well: the client gets the last answer, and the receipt has all attempts', async () => {
    const routes: RouteDescriptions = new Map([
      [
        'safe',
        [
          { balance: 'weight', targets: [{ model: 'one/a', weight: 1 }] },
          { balance: 'weight', targets: [{ model: 'two/b', weight: 1 }] },
        ],
      ],
    ]);
    await withGateway({ routes }, async gateway => {
      one.behaviour = FAILED;
      two.behaviour = answer(529, { error: { message: 'Overloaded.' } });
      const got = await ask(gateway.address, SAFE);
      expect(got.status).toBe(529);
      const { attempts, response } = await receiptOf(gateway, got);
      expect(attempts.map(({ upstream, status }) => [upstream, status])).toEqual([
        ['one', 503],
        ['two', 529],
      ]);
      expect(response).toMatchObject({ status: 'failed', reason: 'upstream/error' });
    });
  });

  it('sends no client’s key anywhere, and each upstream its own', async () => {
    await withGateway({}, async gateway => {
      one.behaviour = FAILED;
      await ask(gateway.address, {
        ...SAFE,
        headers: { authorization: 'Bearer secret', 'x-api-key': 'secret' },
      });
      expect(one.last.headers.authorization).toBe('Bearer key-of-one');
      expect(two.last.headers.authorization).toBe('Bearer key-of-two');
    });
    const keyless = { one: { base: one.base }, two: { base: two.base } };
    await withGateway({ more: keyless }, async gateway => {
      one.behaviour = FAILED;
      await ask(gateway.address, {
        ...SAFE,
        headers: { authorization: 'Bearer secret', 'x-api-key': 'secret' },
      });
      for (const { last } of [one, two]) expect(JSON.stringify(last.headers)).not.toContain('secret');
    });
  });
});

describe('a fallback of a stream', () => {
  const body = chat({ model: 'safe', stream: true });
  const TWO = stream(chunk({ content: 'Two.' }), chunk({}, 'stop'), DONE);

  it.each<{ what: string; behaviour: Behaviour; reason: string }>([
    { what: 'before it begins', behaviour: FAILED, reason: 'upstream/error' },
    {
      what: 'that begins with an error',
      behaviour: stream(event('{"error":{"message":"No."}}')),
      reason: 'upstream/error',
    },
    {
      what: 'that begins with an error in a chunk of an answer',
      behaviour: stream(
        event('{"error":{"message":"No."},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}'),
        DONE,
      ),
      reason: 'upstream/error',
    },
    {
      what: 'in the place of which an error comes as a body',
      behaviour: answer(200, { error: { code: 502, message: 'No.' } }),
      reason: 'upstream/error',
    },
    {
      what: 'that breaks before its first event',
      behaviour: cutStream(': thinking\n\n'),
      reason: 'upstream/broken',
    },
    {
      what: 'that ends before its first event',
      behaviour: stream(': thinking\n\n'),
      reason: 'upstream/broken',
    },
    {
      what: 'whose first token is late',
      behaviour: stalledStream(': thinking\n\n'),
      reason: 'upstream/timeout',
    },
  ])('$what: the next one answers', async ({ behaviour, reason }) => {
    await withGateway({}, async gateway => {
      one.behaviour = behaviour;
      two.behaviour = TWO;
      const got = await ask(gateway.address, { body });
      expect(got.broken).toBe(false);
      expect(got.body.toString()).toContain('Two.');
      expect(got.body.toString()).not.toContain('No.');
      const { attempts, response } = await receiptOf(gateway, got);
      expect(response.status).toBe('completed');
      expect(attempts).toMatchObject([
        { upstream: 'one', outcome: 'failed', reason },
        { upstream: 'two', outcome: 'answered' },
      ]);
      expect((await verifyAnswer(gateway, got)).outcome).toBe('pass');
    });
  });

  it('of which the client has got something is not made', async () => {
    await withGateway({}, async gateway => {
      one.behaviour = cutStream(chunk({ content: 'On' }));
      const got = await ask(gateway.address, { body });
      expect(two.requests).toEqual([]);
      expect(got.body.toString()).toContain('upstream/broken');
      const { attempts, response } = await receiptOf(gateway, got);
      expect(attempts).toHaveLength(1);
      expect(response).toMatchObject({ status: 'failed', reason: 'upstream/broken' });
    });
  });
});

describe('a client’s own key', () => {
  const headers = { authorization: 'Bearer clients-key' };
  const more = () => ({ one: { base: one.base }, two: { base: two.base } });

  it('goes to the upstream that it named, and to the first', async () => {
    await withGateway({ more: more() }, async gateway => {
      await ask(gateway.address, { headers, body: chat({ model: 'two/test-model' }) });
      await ask(gateway.address, { headers, body: chat() });
      for (const { last } of [one, two]) expect(last.headers.authorization).toBe('Bearer clients-key');
    });
  });

  it('does not go to one that only lists the model', async () => {
    two.models = ['only-there'];
    try {
      await withGateway({ more: more() }, async gateway => {
        await ask(gateway.address, { headers, body: chat({ model: 'only-there' }) });
        expect(two.last.body.toString()).toContain('only-there');
        expect(two.last.headers.authorization).toBeUndefined();
      });
    } finally {
      two.models = [LISTED_MODEL];
    }
  });
});

describe('a retry', () => {
  it('asks the same upstream again after a pause, and says so', async () => {
    await withGateway({ retries: { retries: 2 } }, async gateway => {
      let left = 2;
      one.behaviour = (response, request) =>
        left-- > 0 ? FAILED(response, request) : answer(200, completion('At last.'))(response);
      const got = await ask(gateway.address, { body: chat({ model: 'only-one' }) });
      expect(contentOf(got)).toBe('At last.');
      const { attempts } = await receiptOf(gateway, got);
      expect(attempts.map(({ upstream, status }) => [upstream, status])).toEqual([
        ['one', 503],
        ['one', 503],
        ['one', 200],
      ]);
      for (const [at, { started }] of attempts.entries())
        if (at > 0) expect(started).toBeGreaterThanOrEqual(attempts[at - 1]?.ended ?? Number.NaN);
    });
  });

  it('waits for as long as the upstream asked', async () => {
    await withGateway({ retries: { retries: 1 } }, async gateway => {
      let left = 1;
      one.behaviour = response =>
        (left-- > 0 ? answer(429, {}, { 'retry-after-ms': '80' }) : answer(200, completion()))(response);
      const got = await ask(gateway.address, { body: chat({ model: 'only-one' }) });
      const { attempts } = await receiptOf(gateway, got);
      // A timer may be early by less than a millisecond.
      expect((attempts[1]?.started ?? 0) - (attempts[0]?.ended ?? 0)).toBeGreaterThanOrEqual(79);
    });
  });

  it('is not made when the upstream asked for more than there is patience: the client hears for how long', async () => {
    await withGateway({ retries: { retries: 2 } }, async gateway => {
      one.behaviour = answer(429, { error: { message: 'Slow down.' } }, { 'retry-after': '60' });
      const got = await ask(gateway.address, { body: chat({ model: 'only-one' }) });
      expect(got.status).toBe(429);
      expect(got.headers['retry-after']).toBe('60');
      expect(one.requests).toHaveLength(1);
    });
  });

  it('is not made when the upstream says that it would be in vain; another upstream may still be asked', async () => {
    await withGateway({ retries: { retries: 2 } }, async gateway => {
      one.behaviour = answer(503, { error: { message: 'No.' } }, { 'x-should-retry': 'false' });
      const got = await ask(gateway.address, { body: chat({ model: 'only-one' }) });
      expect(got.status).toBe(503);
      expect(got.headers['x-should-retry']).toBe('false');
      expect(one.requests).toHaveLength(1);
      expect(contentOf(await ask(gateway.address, SAFE))).toBe('Two.');
      expect(one.requests).toHaveLength(2);
    });
  });

  it('of one that says so counts as a failure of an upstream that is down all the same', async () => {
    await withGateway({ tolerance: 1, retries: { retries: 2 } }, async gateway => {
      one.behaviour = answer(503, {}, { 'x-should-retry': 'false' });
      const body = chat({ model: 'only-one' });
      expect((await ask(gateway.address, { body })).status).toBe(503);
      expect(errorOf(await ask(gateway.address, { body })).code).toBe('upstream/circuit-open');
    });
  });

  it('that is still to come ends with its client', async () => {
    await withGateway({ retries: { retries: 1, pause: 60_000, longestPause: 60_000 } }, async gateway => {
      one.behaviour = FAILED;
      const asking = begin(gateway.address, { body: chat({ model: 'only-one' }) });
      await eventually(async () => (one.requests.length > 0 ? true : undefined));
      // The answer has been looked at when the next exchange has been through the same gateway.
      await ask(gateway.address, { body: chat({ model: 'two/test-model' }) });
      asking.leave();
      const receipt = await eventually(async () =>
        (await gateway.receipts()).find(({ response }) => response.status === 'aborted'),
      );
      expect(receipt?.attempts).toMatchObject([{ outcome: 'failed', status: 503 }]);
      expect(receipt?.response.reason).toBe('client/aborted');
      expect(one.requests).toHaveLength(1);
    });
  });
});

describe('the circuit of an upstream that is down', () => {
  it('opens: nothing is sent there any more, and the client hears when to come back', async () => {
    await withGateway({ tolerance: 2 }, async gateway => {
      one.behaviour = FAILED;
      const body = chat({ model: 'only-one' });
      for (let time = 0; time < 2; time++) expect((await ask(gateway.address, { body })).status).toBe(503);
      const got = await ask(gateway.address, { body });
      expect(got.status).toBe(503);
      expect(errorOf(got).code).toBe('upstream/circuit-open');
      expect(got.headers['retry-after']).toBe('1');
      expect(one.requests).toHaveLength(2);
      const receipt = await receiptOf(gateway, got);
      expect(receipt).toMatchObject({
        attempts: [],
        response: { status: 'refused', reason: 'upstream/circuit-open' },
        request: { sent: null },
      });
      // A route that goes on elsewhere does so at once.
      const other = await ask(gateway.address, SAFE);
      expect(contentOf(other)).toBe('Two.');
      expect((await receiptOf(gateway, other)).attempts).toMatchObject([{ upstream: 'two' }]);
      expect(one.requests).toHaveLength(2);
    });
  });

  it('closes when it answers again', async () => {
    let now = Date.now();
    await withGateway({ tolerance: 1, now: () => now }, async gateway => {
      one.behaviour = FAILED;
      const body = chat({ model: 'only-one' });
      expect((await ask(gateway.address, { body })).status).toBe(503);
      one.behaviour = answer(200, completion());
      expect(errorOf(await ask(gateway.address, { body })).code).toBe('upstream/circuit-open');
      now += 1000;
      for (let time = 0; time < 3; time++) expect((await ask(gateway.address, { body })).status).toBe(200);
    });
  });

  describe('that was opened closes when whoever is sent to see', () => {
    const seen: { what: string; behaviour: Behaviour }[] = [
      { what: 'is told to come later', behaviour: answer(429, { error: { message: 'Later.' } }) },
      { what: 'is told of an error', behaviour: answer(500, { error: { message: 'Sorry.' } }) },
      { what: 'is told that there is no such model', behaviour: answer(404, { error: { message: 'No.' } }) },
      { what: 'gets garbage', behaviour: answer(200, 'garbage') },
      { what: 'gets a stream that begins with an error', behaviour: stream(event('{"error":{}}')) },
    ];
    it.each(seen)('$what', async ({ behaviour }) => {
      let now = Date.now();
      await withGateway({ tolerance: 1, now: () => now }, async gateway => {
        const body = chat({ model: 'only-one', stream: true });
        one.behaviour = FAILED;
        await ask(gateway.address, { body });
        now += 1000;
        one.behaviour = behaviour;
        // Another upstream answers it, so that nobody waits for the end of what this one says.
        await ask(gateway.address, { body: chat({ model: 'safe', stream: true }) });
        one.behaviour = stream(chunk({}, 'stop'), DONE);
        const got = await ask(gateway.address, { body });
        expect((await receiptOf(gateway, got)).response.status).toBe('completed');
      });
    });

    it('leaves before it could: the next one sees', async () => {
      let now = Date.now();
      await withGateway({ tolerance: 1, now: () => now }, async gateway => {
        const body = chat({ model: 'only-one' });
        one.behaviour = FAILED;
        await ask(gateway.address, { body });
        now += 1000;
        one.behaviour = silence;
        const asking = begin(gateway.address, { body });
        await eventually(() => one.requests[1]);
        asking.leave();
        await eventually(() => (gateway.running === 0 ? true : undefined));
        one.behaviour = answer(200, completion());
        expect((await ask(gateway.address, { body })).status).toBe(200);
      });
    });
  });

  it('is not opened by failures with any answer between them', async () => {
    await withGateway({ tolerance: 2 }, async gateway => {
      const behaviours = [FAILED, answer(500, {}), FAILED, answer(404, {}), FAILED, answer(429, {}), FAILED];
      for (const behaviour of behaviours) {
        one.behaviour = behaviour;
        expect((await ask(gateway.address, SAFE)).status).toBe(200);
      }
      expect(one.requests).toHaveLength(behaviours.length);
    });
  });

  it('is not opened by errors that a request can bring about', async () => {
    await withGateway({ tolerance: 1 }, async gateway => {
      const body = chat({ model: 'only-one' });
      for (const behaviour of [answer(500, {}), answer(400, {}), answer(429, {}), answer(200, 'garbage')]) {
        one.behaviour = behaviour;
        await ask(gateway.address, { body });
      }
      one.behaviour = answer(200, completion());
      expect((await ask(gateway.address, { body })).status).toBe(200);
    });
  });
});

describe('while a model thinks', () => {
  const body = chat({ model: 'only-one', stream: true });
  const keepAlive = { timeouts: { keepAlive: 40, firstToken: 2000 } };

  it('the client of a stream gets signs of life, which are no events', async () => {
    await withGateway(keepAlive, async gateway => {
      one.behaviour = async (response, request) => {
        await new Promise(resolve => setTimeout(resolve, 150));
        await stream(chunk({ content: 'Hm.' }), 150, chunk({}, 'stop'), DONE)(response, request);
      };
      const asking = begin(gateway.address, { body });
      await asking.started;
      const got = await asking.answer;
      expect(one.requests).toHaveLength(1);
      const text = got.body.toString();
      expect(text).toMatch(/^: keep-alive\n/);
      expect(text.match(/: keep-alive\n/g)?.length).toBeGreaterThan(2);
      expect(text.replaceAll(': keep-alive\n', '').split('\n\n').filter(Boolean)).toHaveLength(3);
      expect(got.headers['content-type']).toMatch(/^text\/event-stream/);
      expect((await receiptOf(gateway, got)).response.status).toBe('completed');
      expect((await verifyAnswer(gateway, got)).outcome).toBe('pass');
    });
  });

  it.each<{ what: string; last: Behaviour; reason: string }>([
    {
      what: 'then says that it failed',
      last: answer(500, { error: { message: 'No.' } }),
      reason: 'upstream/error',
    },
    {
      what: 'then says so under HTTP 200',
      last: answer(200, { error: { code: 429, message: 'No.' } }),
      reason: 'upstream/error',
    },
    { what: 'then answers with a body', last: answer(200, completion()), reason: 'upstream/garbage' },
    { what: 'then breaks off', last: raw(''), reason: 'upstream/broken' },
  ])('and $what: an event says so, under a receipt', async ({ last, reason }) => {
    await withGateway(keepAlive, async gateway => {
      one.behaviour = async (response, request) => {
        await new Promise(resolve => setTimeout(resolve, 100));
        await last(response, request);
      };
      const got = await ask(gateway.address, { body });
      expect(got.status).toBe(200);
      expect(got.body.toString()).toContain(`"code":"${reason}"`);
      expect((await receiptOf(gateway, got)).response).toMatchObject({ status: 'failed', reason });
      expect((await verifyAnswer(gateway, got)).outcome).toBe('pass');
    });
  });

  it('and another has to answer: the stream goes on', async () => {
    await withGateway(keepAlive, async gateway => {
      one.behaviour = async (response, request) => {
        await new Promise(resolve => setTimeout(resolve, 100));
        await FAILED(response, request);
      };
      two.behaviour = stream(chunk({ content: 'Two.' }), chunk({}, 'stop'), DONE);
      const got = await ask(gateway.address, { body: chat({ model: 'safe', stream: true }) });
      expect(got.body.toString()).toMatch(/^: keep-alive\n[\s\S]*Two\./);
      expect((await receiptOf(gateway, got)).attempts).toHaveLength(2);
      expect((await verifyAnswer(gateway, got)).outcome).toBe('pass');
    });
  });

  it('and the client leaves: that is what the receipt says', async () => {
    await withGateway(keepAlive, async gateway => {
      one.behaviour = silence;
      const asking = begin(gateway.address, { body });
      await asking.started;
      asking.leave();
      const [receipt] = await eventually(async () => {
        const receipts = await gateway.receipts();
        return receipts.length > 0 ? receipts : undefined;
      });
      expect(receipt?.response).toMatchObject({ status: 'aborted', reason: 'client/aborted', http: 200 });
    });
  });

  it('who wants no comments gets none', async () => {
    await withGateway(keepAlive, async gateway => {
      one.behaviour = async (response, request) => {
        await new Promise(resolve => setTimeout(resolve, 150));
        await stream(chunk({ content: 'Hm.' }), chunk({}, 'stop'), DONE)(response, request);
      };
      const got = await ask(gateway.address, { body, headers: { 'countersign-inline': 'none' } });
      expect(got.body.toString()).not.toContain(':\u0020keep-alive');
    });
  });
});
