import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, begin, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { eventually, receiptOf, verifyAnswer } from '../../../test/end-to-end/receipts.js';
import {
  type Behaviour,
  chunk,
  cutStream,
  DONE,
  event,
  HELLO,
  stalledStream,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { thorough } from '../../../test/support/thoroughness.js';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({
    upstream: upstream.base,
    limits: { responseBytes: 20_000, events: 300 },
  });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const [FIRST, SECOND, LAST] = HELLO;
const ERROR = event('{"error":{"message":"Overloaded.","type":"server_error","param":null,"code":null}}');

/** The data of each event that came. */
function dataOf({ body }: Answer): string[] {
  return [...body.toString('utf8').matchAll(/^data: ?(.*)$/gm)].map(([, data]) => data ?? '');
}

function askForStream(): Promise<Answer> {
  return ask(gateway.address, { body: chat({ stream: true }) });
}

describe('a stream that breaks ends in an error event under a receipt over what came', () => {
  const cases: { what: string; behaviour: Behaviour; reason: string; events: number }[] = [
    {
      what: 'cut off in the middle of an event',
      behaviour: cutStream(FIRST, 'data: {"cho'),
      reason: 'upstream/broken',
      events: 1,
    },
    {
      what: 'cut off between two events',
      behaviour: cutStream(FIRST, SECOND),
      reason: 'upstream/broken',
      events: 2,
    },
    {
      what: 'cut off after the finish reason, before its end',
      behaviour: cutStream(FIRST, LAST),
      reason: 'upstream/broken',
      events: 2,
    },
    { what: 'cut off before the first event', behaviour: cutStream(), reason: 'upstream/broken', events: 0 },
    { what: 'that ends without any event', behaviour: stream(), reason: 'upstream/broken', events: 0 },
    {
      what: 'that ends without [DONE] and without a finish reason',
      behaviour: stream(FIRST, SECOND),
      reason: 'upstream/broken',
      events: 2,
    },
    { what: 'that falls silent', behaviour: stalledStream(FIRST), reason: 'upstream/timeout', events: 1 },
    {
      what: 'that falls silent in the middle of an event',
      behaviour: stalledStream(FIRST, 'data: {'),
      reason: 'upstream/timeout',
      events: 1,
    },
    {
      what: 'that falls silent before the first event',
      behaviour: stalledStream(),
      reason: 'upstream/timeout',
      events: 0,
    },
    {
      what: 'with an event behind a byte order mark, which only some clients would see',
      behaviour: stream(FIRST, SECOND, 30, `\ufeff${SECOND}`, LAST, DONE),
      reason: 'upstream/garbage',
      events: 2,
    },
    {
      what: 'with a byte order mark at its second line',
      behaviour: stream(FIRST, 30, `: c\n\ufeff${SECOND}`, LAST, DONE),
      reason: 'upstream/garbage',
      events: 1,
    },
    {
      what: 'with two byte order marks at its start',
      behaviour: stream(`\ufeff\ufeff${FIRST}`, LAST, DONE),
      reason: 'upstream/garbage',
      events: 0,
    },
    {
      what: 'with an event over the limit',
      behaviour: stream(FIRST, event('x'.repeat(100_000))),
      reason: 'upstream/oversized',
      events: 1,
    },
    {
      what: 'with an event without end',
      behaviour: stalledStream(FIRST, ...Array.from({ length: 40 }, () => 'x'.repeat(1000))),
      reason: 'upstream/oversized',
      events: 1,
    },
    {
      what: 'with comments without end',
      behaviour: stream(FIRST, ...Array.from({ length: 50 }, () => `: ${'x'.repeat(900)}\n\n`)),
      reason: 'upstream/oversized',
      events: 1,
    },
    {
      what: 'with more events than any answer has',
      behaviour: stream('data:x\n\n'.repeat(400)),
      reason: 'upstream/oversized',
      events: 300,
    },
    {
      what: 'with more comments than any answer has',
      behaviour: stream(FIRST, ':\n\n'.repeat(400)),
      reason: 'upstream/oversized',
      events: 1,
    },
    {
      what: 'over the limit for answers',
      behaviour: stream(...Array.from({ length: 50 }, () => chunk({ content: 'x'.repeat(900) }))),
      reason: 'upstream/oversized',
      events: -1,
    },
  ];

  it.each(cases)('$what: $reason', async ({ behaviour, reason, events }) => {
    upstream.behaviour = behaviour;
    const got = await askForStream();
    expect(got.status).toBe(200);
    expect(got.broken).toBe(false);
    const data = dataOf(got);
    if (events >= 0) expect(data).toHaveLength(events + 1);
    expect(JSON.parse(data.at(-1) ?? '')).toMatchObject({ error: { type: 'api_error', code: reason } });
    const receipt = await receiptOf(gateway, got);
    expect(receipt.response).toMatchObject({ status: 'failed', http: 200, reason });
    expect(receipt.attempts).toMatchObject([{ outcome: 'failed', reason, status: 200 }]);
    // The error event is the terminal one, so that acceptance and receipt are in the stream here too.
    expect(got.body.toString('utf8').match(/^: countersign-acceptance /gm)).toHaveLength(1);
    expect(got.body.toString('utf8').match(/^: countersign-receipt /gm)).toHaveLength(1);
  });
});

describe('a stream in which the upstream says that it failed', () => {
  it('with [DONE] after the error: failed', async () => {
    upstream.behaviour = stream(FIRST, ERROR, DONE);
    const got = await askForStream();
    expect(dataOf(got)).toHaveLength(3);
    const { response } = await receiptOf(gateway, got);
    expect(response).toMatchObject({ status: 'failed', reason: 'upstream/error', http: 200 });
  });

  it('and then closes it: failed, by its own word', async () => {
    upstream.behaviour = stream(FIRST, ERROR);
    const { response } = await receiptOf(gateway, await askForStream());
    expect(response).toMatchObject({ status: 'failed', reason: 'upstream/error', http: 200 });
  });

  it.each([
    [
      'in a chunk that is one of an answer as well',
      'data: {"error":{"code":502,"message":"No."},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}\n\n',
    ],
    ['by a finish reason', chunk({}, 'error')],
    ['in the form of older servers', event('{"object":"error","message":"No.","code":500}')],
    ['by the name of an event', 'event: error\ndata: {"message":"No."}\n\n'],
  ])('%s, with [DONE] after it: failed', async (_, error) => {
    upstream.behaviour = stream(FIRST, error, DONE);
    const got = await askForStream();
    expect(dataOf(got)).toHaveLength(3);
    const { response, attempts } = await receiptOf(gateway, got);
    expect(response).toMatchObject({ status: 'failed', reason: 'upstream/error', http: 200 });
    expect(attempts).toMatchObject([{ outcome: 'failed', reason: 'upstream/error' }]);
  });

  it('after its finish reason, and then closes it: not completed', async () => {
    upstream.behaviour = stream(FIRST, LAST, ERROR);
    const { response } = await receiptOf(gateway, await askForStream());
    expect(response).toMatchObject({ status: 'failed', reason: 'upstream/error', http: 200 });
  });
});

describe('a stream that ends well', () => {
  it('with blocks that have a name or an id and no data: committed to, because some clients dispatch them', async () => {
    upstream.behaviour = stream(FIRST, 'event: ping\n\n', 'id: 1\n\n', LAST, DONE);
    const got = await askForStream();
    const { response } = await receiptOf(gateway, got);
    expect(response.status).toBe('completed');
    const without = { ...got, body: Buffer.from(got.body.toString().replace('event: ping\n\n', '')) };
    expect((await verifyAnswer(gateway, without)).outcome).toBe('fail');
    const more = { ...got, body: Buffer.from(got.body.toString().replace('event: ping', 'event: x\n\n$&')) };
    expect((await verifyAnswer(gateway, more)).outcome).toBe('fail');
  });

  it('without [DONE], but with a finish reason: completed', async () => {
    upstream.behaviour = stream(FIRST, SECOND, LAST);
    const got = await askForStream();
    expect(got.broken).toBe(false);
    expect(dataOf(got)).toHaveLength(3);
    const receipt = await receiptOf(gateway, got);
    expect(receipt.response).toMatchObject({ status: 'completed', reason: null, finish: [{ name: 'stop' }] });
  });

  it('with an unfinished event after its end: what clients drop is not in the answer', async () => {
    upstream.behaviour = stream(FIRST, LAST, 'data: {"rest"');
    const got = await askForStream();
    expect(got.body.toString()).not.toContain('rest');
    expect((await receiptOf(gateway, got)).response.status).toBe('completed');
  });

  it('with more after [DONE]: the rest is dropped', async () => {
    upstream.behaviour = stream(FIRST, LAST, DONE, chunk({ content: 'more' }), 300);
    const got = await askForStream();
    expect(dataOf(got).at(-1)).toBe('[DONE]');
    expect((await receiptOf(gateway, got)).response.status).toBe('completed');
  });

  it('with [DONE] on a connection that is held open: ends, and does not wait for more', async () => {
    // Longer than a test has.
    const patient = await openGateway({ upstream: upstream.base, timeouts: { idle: 600_000 } });
    upstream.behaviour = stalledStream(FIRST, LAST, DONE);
    const got = await ask(patient.address, { body: chat({ stream: true }) });
    expect((await receiptOf(patient, got)).response.status).toBe('completed');
    await patient.close();
  });

  it('with events that are no JSON: they pass, and are committed to', async () => {
    upstream.behaviour = stream(event('hello'), 'data\n\n', event('null'), FIRST, LAST, DONE);
    const got = await askForStream();
    expect(dataOf(got).slice(0, 1)).toEqual(['hello']);
    expect((await receiptOf(gateway, got)).response.status).toBe('completed');
  });
});

describe('a stream of very many events', { timeout: 60_000 }, () => {
  const MANY = thorough(200_000, 10_000);
  // As short as an event can be that holds anything, in pieces as a network would cut them.
  const tiny = Array.from({ length: 20 }, () => 'data:x\n\n'.repeat(MANY / 20));

  it('is passed on to its end, under a receipt', async () => {
    const roomy = await openGateway({ upstream: upstream.base, timeouts: { idle: 5000 } });
    try {
      upstream.behaviour = stream(...tiny, FIRST, LAST, DONE);
      const got = await ask(roomy.address, { body: chat({ stream: true }) });
      expect(got.broken).toBe(false);
      const { response } = await receiptOf(roomy, got);
      expect(response).toMatchObject({ status: 'completed', reason: null });
      expect(roomy.problems).toEqual([]);
    } finally {
      await roomy.close();
    }
  });

  it('whose client leaves ends in a receipt, and the gateway goes on', async () => {
    const roomy = await openGateway({ upstream: upstream.base, timeouts: { idle: 5000 } });
    try {
      upstream.behaviour = stalledStream(...tiny);
      const asking = begin(roomy.address, { body: chat({ stream: true }) });
      let length = 0;
      await new Promise<void>(resolve => {
        asking.request.once('response', response => {
          response.on('data', (bytes: Buffer) => {
            length += bytes.length;
            if (length > MANY * 8) resolve();
          });
        });
      });
      asking.leave();
      const [receipt] = await eventually(async () => {
        const receipts = await roomy.receipts();
        return receipts.length > 0 ? receipts : undefined;
      });
      expect(receipt?.response).toMatchObject({ status: 'aborted', reason: 'client/aborted' });
    } finally {
      await roomy.close();
    }
  });
});
