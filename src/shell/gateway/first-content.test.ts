/** Until an answer has content: what only says that one will come begins nothing, and is the client's only with what follows it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, begin, chat } from '../../../test/end-to-end/client.js';
import { type GatewayOptions, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { receiptOf, verifyAnswer } from '../../../test/end-to-end/receipts.js';
import {
  type Behaviour,
  chunk,
  cutStream,
  DONE,
  event,
  LISTED_MODEL,
  stalledStream,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import type { SurfaceName } from '../../exchange/surface-names.js';
import type { RouteDescriptions } from './routing/route-description.js';

let one: TestUpstream;
let two: TestUpstream;

const ROUTES: RouteDescriptions = new Map([
  [
    'safe',
    [
      { balance: 'weight', targets: [{ model: `one/${LISTED_MODEL}`, weight: 1 }] },
      { balance: 'weight', targets: [{ model: `two/${LISTED_MODEL}`, weight: 1 }] },
    ],
  ],
  ['only-one', [{ balance: 'weight', targets: [{ model: `one/${LISTED_MODEL}`, weight: 1 }] }]],
]);

beforeAll(async () => {
  one = await TestUpstream.start();
  two = await TestUpstream.start();
});

beforeEach(() => {
  for (const upstream of [one, two]) upstream.requests.length = 0;
});

afterAll(async () => {
  await one.close();
  await two.close();
});

async function withGateway(options: GatewayOptions, use: (gateway: TestGateway) => Promise<void>) {
  const more = { one: { base: one.base, key: 'key-of-one' }, two: { base: two.base, key: 'key-of-two' } };
  const gateway = await openGateway({ more, routes: ROUTES, ...options });
  try {
    await use(gateway);
    expect(gateway.problems).toEqual([]);
    expect(gateway.running).toBe(0);
  } finally {
    await gateway.close();
  }
}

interface Dialect {
  readonly name: string;
  readonly path: (model: string) => string;
  readonly request: (model: string) => object;
  /** The events that only say that an answer will come, as the named upstream has them. */
  readonly ahead: (upstream: string) => readonly string[];
  /** Those of the answer. */
  readonly answer: (text: string) => readonly string[];
  readonly error: string;
}

const named = (type: string, rest: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const part = (rest: object) => event(JSON.stringify({ modelVersion: LISTED_MODEL, ...rest }));
const input = { messages: [{ role: 'user', content: 'Hello?' }] };

const DIALECTS: readonly Dialect[] = [
  {
    name: 'chat completions',
    path: () => '/v1/chat/completions',
    request: model => ({ model, stream: true, ...input }),
    ahead: id => [chunk({ role: 'assistant', content: '' }, null, { id })],
    answer: text => [chunk({ content: text }), chunk({}, 'stop'), DONE],
    error: event('{"error":{"message":"Overloaded.","type":"server_error","param":null,"code":null}}'),
  },
  {
    name: 'responses',
    path: () => '/v1/responses',
    request: model => ({ model, stream: true, input: 'Hello?' }),
    ahead: id => [
      named('response.created', { response: { id, model: LISTED_MODEL } }),
      named('response.in_progress', { response: { id, model: LISTED_MODEL } }),
    ],
    answer: text => [
      named('response.output_text.delta', { output_index: 0, delta: text }),
      named('response.completed', { response: { status: 'completed', model: LISTED_MODEL, output: [] } }),
    ],
    error: named('error', { code: 'server_error', message: 'Overloaded.', param: null }),
  },
  {
    name: 'messages',
    path: () => '/v1/messages',
    request: model => ({ model, max_tokens: 10, stream: true, ...input }),
    ahead: id => [
      named('message_start', { message: { id, model: LISTED_MODEL, content: [] } }),
      named('ping'),
    ],
    answer: text => [
      named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
      named('content_block_stop', { index: 0 }),
      named('message_delta', { delta: { stop_reason: 'end_turn' } }),
      named('message_stop'),
    ],
    error: named('error', { error: { type: 'overloaded_error', message: 'Overloaded.' } }),
  },
  {
    name: 'Gemini',
    path: model => `/v1beta/models/${model}:streamGenerateContent?alt=sse`,
    request: () => ({ contents: [{ parts: [{ text: 'Hello?' }] }] }),
    ahead: responseId => [part({ responseId, usageMetadata: { promptTokenCount: 1 } })],
    answer: text => [part({ candidates: [{ content: { parts: [{ text }] }, finishReason: 'STOP' }] })],
    error: part({ error: { code: 503, message: 'Overloaded.', status: 'UNAVAILABLE' } }),
  },
];

const asking = ({ path, request }: Dialect, model: string, headers: Record<string, string> = {}) => ({
  path: path(model),
  method: 'POST',
  body: request(model),
  headers,
});
const withoutOurs = (body: Buffer) => body.toString().replace(/^: (?:countersign|keep).*\n(?:\n)?/gm, '');

describe.each(DIALECTS)('$name', dialect => {
  const { ahead, answer, error } = dialect;

  it.each<{ what: string; fails: (...before: readonly string[]) => Behaviour; reason: string }>([
    { what: 'an error', fails: (...sent) => stream(...sent, error), reason: 'upstream/error' },
    { what: 'a broken connection', fails: cutStream, reason: 'upstream/broken' },
    { what: 'an end', fails: stream, reason: 'upstream/broken' },
    { what: 'silence', fails: stalledStream, reason: 'upstream/timeout' },
  ])('after what says that there will be an answer, $what is followed by another attempt', async given => {
    await withGateway({}, async gateway => {
      one.behaviour = given.fails(...ahead('of-one'));
      two.behaviour = stream(...ahead('of-two'), ...answer('Two.'));
      const got = await ask(gateway.address, asking(dialect, 'safe'));
      expect(withoutOurs(got.body)).toBe([...ahead('of-two'), ...answer('Two.')].join(''));
      const { attempts, response } = await receiptOf(gateway, got);
      expect(response.status).toBe('completed');
      expect(attempts).toMatchObject([{ outcome: 'failed', reason: given.reason }, { outcome: 'answered' }]);
      expect((await verifyAnswer(gateway, got)).outcome).toBe('pass');
    });
  });

  it('a silence after it is measured by the time for the first token', async () => {
    await withGateway({ timeouts: { firstToken: 5000, idle: 100 } }, async gateway => {
      one.behaviour = stream(...ahead('of-one'), 400, ...answer('One.'));
      const got = await ask(gateway.address, asking(dialect, 'only-one'));
      expect(withoutOurs(got.body)).toBe([...ahead('of-one'), ...answer('One.')].join(''));
      expect((await receiptOf(gateway, got)).response.status).toBe('completed');
    });
  });

  it('where nobody else can be asked, the client gets it with the error', async () => {
    await withGateway({}, async gateway => {
      one.behaviour = cutStream(...ahead('of-one'));
      const got = await ask(gateway.address, asking(dialect, 'only-one'));
      expect(withoutOurs(got.body).startsWith(ahead('of-one').join(''))).toBe(true);
      const { response } = await receiptOf(gateway, got);
      expect(response).toMatchObject({ status: 'failed', reason: 'upstream/broken' });
    });
  });

  it('signs of life come meanwhile, and it does not', async () => {
    await withGateway({ timeouts: { keepAlive: 40, firstToken: 5000 } }, async gateway => {
      one.behaviour = stream(...ahead('of-one'), 300, ...answer('One.'));
      const got = await ask(gateway.address, asking(dialect, 'only-one'));
      expect(got.body.toString()).toMatch(/^: keep-alive\n+: keep-alive\n/);
      expect(withoutOurs(got.body)).toBe([...ahead('of-one'), ...answer('One.')].join(''));
      expect((await verifyAnswer(gateway, got)).outcome).toBe('pass');
    });
  });
});

describe('after the first content', () => {
  const [CHAT] = DIALECTS as readonly [Dialect];

  it('no other attempt follows, and the idle timeout counts', async () => {
    await withGateway({ timeouts: { firstToken: 5000, idle: 100 } }, async gateway => {
      one.behaviour = stalledStream(...CHAT.ahead('of-one'), chunk({ content: 'One' }));
      const got = await ask(gateway.address, asking(CHAT, 'safe'));
      expect(two.requests).toEqual([]);
      const { attempts, response } = await receiptOf(gateway, got);
      expect(response).toMatchObject({ status: 'failed', reason: 'upstream/timeout' });
      expect(attempts).toHaveLength(1);
    });
  });

  it('all of it passes at once', async () => {
    await withGateway({ timeouts: { idle: 5000 } }, async gateway => {
      one.behaviour = stream(...CHAT.ahead('of-one'), chunk({ content: 'One' }), 400, DONE);
      const started = performance.now();
      const { started: begun, answer } = begin(gateway.address, asking(CHAT, 'only-one'));
      await begun;
      expect(performance.now() - started).toBeLessThan(300);
      await answer;
    });
  });

  it('a body may be silent no longer than the idle timeout', async () => {
    await withGateway({ timeouts: { firstToken: 5000, idle: 100 } }, async gateway => {
      one.behaviour = response => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{');
      };
      const got = await ask(gateway.address, { body: chat({ model: 'only-one' }) });
      expect((await receiptOf(gateway, got)).response.reason).toBe('upstream/timeout');
    });
  });

  it('before it, a head alone begins no body', async () => {
    await withGateway({ timeouts: { firstToken: 5000, idle: 100 } }, async gateway => {
      one.behaviour = async response => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.flushHeaders();
        await new Promise(resolve => setTimeout(resolve, 400));
        response.end(JSON.stringify({ model: LISTED_MODEL, choices: [] }));
      };
      const got = await ask(gateway.address, { body: chat({ model: 'only-one' }) });
      expect((await receiptOf(gateway, got)).response.status).toBe('completed');
    });
  });
});

describe('balance by latency asks the one whose content comes sooner', () => {
  const [CHAT] = DIALECTS as readonly [Dialect];
  const targets = [
    { model: `one/${LISTED_MODEL}`, weight: 1 },
    { model: `two/${LISTED_MODEL}`, weight: 1 },
  ] as const;
  const routes: RouteDescriptions = new Map([['quickest', [{ balance: 'latency', targets }]]]);

  it.each<{ what: string; slow: Behaviour; quick: Behaviour }>([
    {
      what: 'and not the one that has a role to say at once',
      slow: stream(...CHAT.ahead('of-one'), 300, ...CHAT.answer('One.')),
      quick: stream(50, ...CHAT.ahead('of-two'), ...CHAT.answer('Two.')),
    },
    {
      what: 'also where all of a stream comes at once',
      slow: stream(300, CHAT.answer('One.').join('')),
      quick: stream(CHAT.answer('Two.').join('')),
    },
  ])('$what', async ({ slow, quick }) => {
    await withGateway({ routes, timeouts: { firstToken: 5000, idle: 5000 } }, async gateway => {
      [one.behaviour, two.behaviour] = [slow, quick];
      for (const { model } of targets) await ask(gateway.address, asking(CHAT, model));
      for (let count = 0; count < 6; count++) await ask(gateway.address, asking(CHAT, 'quickest'));
      expect(one.requests).toHaveLength(1);
      expect(two.requests).toHaveLength(7);
    });
  });
});

describe('a host that speaks another API', () => {
  it('has begun with its own first content', async () => {
    const [, , MESSAGES] = DIALECTS as readonly [Dialect, Dialect, Dialect];
    const surfaces: readonly SurfaceName[] = ['messages'];
    const more = { one: { base: one.base, surfaces }, two: { base: two.base, surfaces } };
    await withGateway({ more, timeouts: { firstToken: 5000, idle: 100 } }, async gateway => {
      one.behaviour = stream(...MESSAGES.ahead('of-one'), 300, MESSAGES.error);
      two.behaviour = stream(...MESSAGES.ahead('of-two'), ...MESSAGES.answer('Two.'));
      const got = await ask(gateway.address, { body: chat({ model: 'safe', stream: true }) });
      expect(withoutOurs(got.body)).toMatch(/^data: .*"id":"of-two"/);
      expect(got.body.toString()).not.toContain('of-one');
      const { attempts, response } = await receiptOf(gateway, got);
      expect(response.status).toBe('completed');
      expect(attempts).toHaveLength(2);
    });
  });
});
