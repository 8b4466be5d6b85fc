/** Answers that are given again, end to end. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, ask, chat, type Question } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { exchangeOf, receiptOf, receiptOfExchange, verifyAnswer } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  chunk,
  completion,
  cutStream,
  DONE,
  LISTED_MODEL,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { type Admission, OPEN, type Outcome } from '../../economy/admission.js';
import { AnswerCache } from './cache/answer-cache.js';
import { REDACTION_KINDS } from './redaction/rules.js';

const LIFETIME = 60_000;

let upstream: TestUpstream;
let gateway: TestGateway;
let cache: AnswerCache;
let passed: number;
let outcomes: Outcome[];

/** Everybody may ask, by whatever key; what each exchange came to is written down. */
const admission: Admission = {
  ...OPEN,
  identify: shown =>
    shown?.startsWith('virtual-') ? { client: `\n${shown}`, name: 'test', team: null } : null,
  admit: () => ({ headers: { 'x-admitted': 'yes' }, settle: outcome => outcomes.push(outcome) }),
};

beforeAll(async () => {
  upstream = await TestUpstream.start();
  const now = () => Date.now() + passed;
  passed = 0;
  cache = new AnswerCache({ maximumBytes: 10_000_000, lifetime: LIFETIME, now });
  gateway = await openGateway({
    upstream: upstream.base,
    cache,
    admission,
    redaction: () => ({ kinds: REDACTION_KINDS, names: [], restore: true }),
  });
});

beforeEach(() => {
  outcomes = [];
});

afterAll(async () => {
  expect(gateway.problems).toEqual([]);
  await gateway.close();
  await upstream.close();
});

let number = 0;
/** A question that nobody has asked before. */
const anew = (rest: object = {}): Question => ({
  body: chat(rest, `Question ${number++}?`),
  headers: { authorization: 'Bearer virtual-one' },
});
const by = (question: Question, headers: Record<string, string>): Question => ({
  ...question,
  headers: { ...question.headers, ...headers },
});
const isHit = ({ headers }: Answer) => headers['countersign-cache'] === 'hit';

/** Asks twice; whether the second answer was given again. */
async function isKept(first: Question, second = first): Promise<boolean> {
  const before = upstream.requests.length;
  expect(isHit(await ask(gateway.address, first))).toBe(false);
  const got = await ask(gateway.address, second);
  expect(upstream.requests.length - before).toBe(isHit(got) ? 1 : 2);
  return isHit(got);
}

describe('an answer that is given again', () => {
  it('is the same, names the exchange that it is from, costs nothing, and counts as a request', async () => {
    upstream.behaviour = answer(200, completion('Once.'), { 'x-request-id': 'of-the-first' });
    const question = anew();
    const first = await ask(gateway.address, question);
    const again = await ask(gateway.address, question);
    expect(again.body).toEqual(first.body);
    expect(again.headers).toMatchObject({
      'content-type': 'application/json',
      'countersign-cache': 'hit',
      'countersign-cached-exchange': exchangeOf(first),
      'x-admitted': 'yes',
    });
    expect(again.headers['countersign-upstream-request-id']).toBeUndefined();
    expect(again.headers['countersign-opening']).not.toBe(first.headers['countersign-opening']);
    const receipt = await receiptOf(gateway, again);
    expect(receipt).toMatchObject({
      attempts: [],
      claims: [],
      evidence: [],
      upstream: null,
      price: { lines: null, reason: 'cached' },
      request: { sent: null, transforms: [] },
      response: {
        cached: { exchange: exchangeOf(first), receipt: first.headers['countersign-receipt-digest'] },
        status: 'completed',
        http: 200,
        finish: [{ name: 'stop' }],
        usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      },
    });
    expect(receipt.responsibility.map(({ role }) => role)).toEqual(['operator', 'policy-author']);
    expect('cached' in (await receiptOf(gateway, first)).response).toBe(false);
    expect((await verifyAnswer(gateway, again)).outcome).toBe('pass');
    expect(outcomes).toHaveLength(2);
    expect(outcomes[1]).toEqual({ tokens: 0, cost: 0n });
  });

  it('as a stream is the same events, with an acceptance and a receipt of its own', async () => {
    upstream.behaviour = stream(chunk({ content: 'On' }), chunk({ content: 'ce.' }), chunk({}, 'stop'), DONE);
    const question = anew({ stream: true });
    const first = await ask(gateway.address, question);
    const again = await ask(gateway.address, question);
    const events = ({ body }: Answer) =>
      body
        .toString()
        .split('\n')
        .filter(line => !line.startsWith(':'));
    expect(events(again)).toEqual(events(first));
    expect(again.headers['content-type']).toBe(first.headers['content-type']);
    for (const comment of [': countersign-acceptance ', ': countersign-receipt '])
      expect(again.body.toString().split(comment)).toHaveLength(2);
    expect((await receiptOf(gateway, again)).response).toMatchObject({
      cached: { exchange: exchangeOf(first) },
      status: 'completed',
      finish: [{ name: 'stop' }],
    });
  });

  it('that its upstream closed without an end is closed without one', async () => {
    upstream.behaviour = stream(chunk({ content: 'Once.' }), chunk({}, 'stop'));
    const question = anew({ stream: true });
    await ask(gateway.address, question);
    const again = await ask(gateway.address, question);
    expect(isHit(again)).toBe(true);
    expect(again.body.toString()).not.toContain('[DONE]');
    expect((await receiptOf(gateway, again)).response.status).toBe('completed');
  });

  it('has the data of the client who asks, also where upstreams would see no difference', async () => {
    upstream.behaviour = answer(200, completion('To [EMAIL_1]'));
    const say = (content: string) => ({
      body: chat({}, content),
      headers: { authorization: 'Bearer virtual-one' },
    });
    const answers = [];
    for (const content of ['a@example.com', 'b@example.com', 'a@example.com'])
      answers.push(await ask(gateway.address, say(content)));
    expect(answers.map(isHit)).toEqual([false, false, true]);
    expect(answers.map(({ body }) => JSON.parse(body.toString()).choices[0].message.content)).toEqual([
      'To a@example.com',
      'To b@example.com',
      'To a@example.com',
    ]);
  });
});

describe('an answer is given again', () => {
  beforeEach(() => {
    upstream.behaviour = answer(200, completion('Once.'));
  });

  it('to the same client alone', async () => {
    const question = anew();
    expect(await isKept(question, by(question, { authorization: 'Bearer virtual-two' }))).toBe(false);
    expect(await isKept(by(anew(), { authorization: 'Bearer key-at-upstream' }))).toBe(true);
  });

  it('to nobody who does not say who he is', async () => {
    const { body } = anew();
    expect(await isKept({ body })).toBe(false);
  });

  it('to nobody who shows two keys, of which the upstream may take the other', async () => {
    const body = { model: LISTED_MODEL, max_tokens: 9, messages: [{ role: 'user', content: 'Who am I?' }] };
    const asked = (token: string) => ({
      ...{ path: '/v1/messages', method: 'POST', body },
      headers: { 'x-api-key': 'placeholder', authorization: `Bearer ${token}` },
    });
    upstream.behaviour = answer(200, {
      ...{ id: 'msg_1', type: 'message', role: 'assistant', model: LISTED_MODEL },
      ...{ content: [{ type: 'text', text: 'One.' }], stop_reason: 'end_turn' },
      usage: { input_tokens: 3, output_tokens: 2 },
    });
    expect(await isKept(asked('of-alice'), asked('of-bob'))).toBe(false);
    expect(await isKept(asked('of-alice'))).toBe(false);
  });

  it.each([
    ['no-store', 'no-store', false],
    ['no-store, the second time', 'no-store', false],
    ['no-cache', 'no-cache', false],
  ])('not where the request says %s', async (what, control, expected) => {
    const question = anew();
    const asked = by(question, { 'cache-control': control });
    expect(await isKept(what.endsWith('time') ? question : asked, asked)).toBe(expected);
  });

  it('that was asked for anew with no-cache, and is kept in place of the one before', async () => {
    const question = anew();
    await ask(gateway.address, question);
    const later = await ask(gateway.address, by(question, { 'cache-control': 'no-cache' }));
    const again = await ask(gateway.address, question);
    expect(again.headers['countersign-cached-exchange']).toBe(exchangeOf(later));
  });

  it('for so long', async () => {
    const question = anew();
    await ask(gateway.address, question);
    passed += LIFETIME;
    expect(isHit(await ask(gateway.address, question))).toBe(false);
  });

  it('until it is erased', async () => {
    const question = anew();
    cache.forget(exchangeOf(await ask(gateway.address, question)));
    expect(isHit(await ask(gateway.address, question))).toBe(false);
  });
});

describe('nothing is kept of', () => {
  it.each([
    ['an error', answer(400, { error: { message: 'no', type: 'a', param: null, code: null } }), {}],
    ['a server that is down', answer(503, { error: { message: 'no' } }), {}],
    ['no answer', answer(200, { hello: 1 }), {}],
    ['a stream that breaks off', cutStream(chunk({ content: 'On' })), { stream: true }],
    [
      'a stream that fails',
      stream(chunk({ content: 'On' }), 'data: {"error":{"message":"no"}}\n\n', DONE),
      { stream: true },
    ],
    [
      'an image',
      answer(200, completion('a', { message: { images: [{ type: 'image_url', image_url: { url: 'a' } }] } })),
      {},
    ],
  ])('%s', async (_, behaviour, rest) => {
    upstream.behaviour = behaviour;
    expect(await isKept(anew(rest))).toBe(false);
  });

  it('a response that is still to come', async () => {
    const respond = (status: string) =>
      answer(200, { id: 'r', object: 'response', model: LISTED_MODEL, status, output: [] });
    const respondTo = (input: string): Question => ({
      path: '/v1/responses',
      method: 'POST',
      body: { model: LISTED_MODEL, input },
      headers: { authorization: 'Bearer virtual-one' },
    });
    upstream.behaviour = respond('queued');
    expect(await isKept(respondTo('a'))).toBe(false);
    upstream.behaviour = respond('completed');
    expect(await isKept(respondTo('b'))).toBe(true);
  });
});

it('each time under a receipt and a number of its own', async () => {
  upstream.behaviour = answer(200, completion('Once.'));
  const question = anew();
  const counters: number[] = [];
  for (let times = 0; times < 3; times++) {
    const got = await ask(gateway.address, question);
    counters.push((await receiptOfExchange(gateway, exchangeOf(got))).counter);
  }
  const [first = 0] = counters;
  expect(counters).toEqual([first, first + 1, first + 2]);
});
