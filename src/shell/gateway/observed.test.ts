import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, begin, chat } from '../../../test/end-to-end/client.js';
import { CANNED_MODEL, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import {
  answer,
  chunk,
  completion,
  cutStream,
  DONE,
  HELLO,
  LISTED_MODEL,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import type { AnsweredRequest, ExchangeReport, Observer } from '../../receipt/exchange-report.js';
import { formatTraceparent, parseTraceparent, type TraceContext } from '../../receipt/trace-context.js';

let upstream: TestUpstream;
let gateway: TestGateway;
let reports: ExchangeReport[];
let answers: AnsweredRequest[];

const SPAN = '00f067aa0ba902b7';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;

const observer: Observer = {
  ended: report => reports.push(report),
  answered: request => answers.push(request),
  attested: () => undefined,
  trace: header => {
    const given = header === undefined ? null : parseTraceparent(header);
    const context: TraceContext | null = given && {
      trace: given.trace,
      span: SPAN,
      parent: given.span,
      isSampled: given.isSampled,
    };
    return context;
  },
};

beforeEach(async () => {
  reports = [];
  answers = [];
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base, observer, propagates: true, tolerance: 3 });
});
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

const name = () => new URL(upstream.base).host;
const untilReported = async (count = 1) => {
  await expect.poll(() => reports.length).toBe(count);
  return reports.at(-1) as ExchangeReport;
};

describe('what an operator is told of an exchange', () => {
  it('one that is answered', async () => {
    upstream.behaviour = answer(200, completion('Hi.'));
    const got = await ask(gateway.address, { headers: { 'x-request-id': 'mine' } });
    const report = await untilReported();
    expect(report).toMatchObject({
      exchange: got.headers['countersign-exchange'],
      request: 'mine',
      surface: 'chat/completions',
      model: LISTED_MODEL,
      stream: false,
      status: 'completed',
      reason: null,
      http: 200,
      finish: ['stop'],
      unsealed: null,
      trace: null,
      attempts: [{ upstream: name(), status: 200, reason: null }],
    });
    expect(report.usage?.prompt_tokens).toBeGreaterThan(0);
    expect(report.ended).toBeGreaterThanOrEqual(report.firstByte as number);
    expect(report.firstByte).toBeGreaterThanOrEqual(report.received);
    expect(answers).toEqual([{ request: 'mine', route: 'chat/completions', status: 200, reason: null }]);
  });

  it('a stream, once', async () => {
    upstream.behaviour = stream(...HELLO, DONE);
    await ask(gateway.address, { body: chat({ stream: true }) });
    expect(await untilReported()).toMatchObject({ stream: true, status: 'completed', http: 200 });
  });

  it('a stream that breaks', async () => {
    upstream.behaviour = cutStream(chunk({ content: 'a' }));
    await ask(gateway.address, { body: chat({ stream: true }) });
    expect(await untilReported()).toMatchObject({ status: 'failed', reason: 'upstream/broken' });
  });

  it('a refusal, and an answer that says why', async () => {
    await ask(gateway.address, { body: '{' });
    expect(await untilReported()).toMatchObject({
      status: 'refused',
      reason: 'request/malformed',
      http: 400,
      model: null,
      attempts: [],
    });
    expect(answers).toMatchObject([{ status: 400, reason: 'request/malformed' }]);
  });

  it('one whose client left', async () => {
    upstream.behaviour = stream(HELLO[0], 5000);
    const leaving = begin(gateway.address, { body: chat({ stream: true }) });
    await leaving.started;
    leaving.leave();
    expect(await untilReported()).toMatchObject({ status: 'aborted', reason: 'client/aborted' });
  });

  it('names of models only where everybody may know them, and of finish reasons only those that are documented', async () => {
    upstream.behaviour = answer(
      200,
      completion('x', { choice: { finish_reason: 'my secret' }, rest: { model: 'my-secret-served' } }),
    );
    await ask(gateway.address, { body: chat({ model: 'my-secret-model' }) });
    const report = await untilReported();
    expect(report).toMatchObject({ model: null, served: null, finish: [] });
    expect(JSON.stringify([report, answers])).not.toContain('secret');
  });

  it('the built-in model', async () => {
    await ask(gateway.address, { body: chat({ model: CANNED_MODEL }) });
    expect(await untilReported()).toMatchObject({
      model: CANNED_MODEL,
      served: CANNED_MODEL,
      attempts: [{ upstream: 'built-in' }],
    });
  });

  it.each<[path: string, method: string, route: string, status: number, reason: string | null]>([
    ['/healthz', 'GET', 'health', 200, null],
    ['/v1/models', 'GET', 'models', 200, null],
    ['/v1/receipts/x', 'GET', 'receipts', 404, 'receipt/unknown'],
    ['/log/checkpoint', 'GET', 'log', 200, null],
    ['/log/entries', 'DELETE', 'log', 405, 'request/method-refused'],
    ['/somewhere/secret', 'GET', 'unknown', 404, 'request/route-unknown'],
    ['/v1/messages', 'GET', 'messages', 405, 'request/method-refused'],
    ['/v1beta/models/secret:generateContent', 'GET', 'generateContent', 405, 'request/method-refused'],
  ])('%s, which is no exchange, is an answer alone', async (path, method, route, status, reason) => {
    await ask(gateway.address, { path, method, headers: { 'x-request-id': 'r' } });
    expect(answers).toEqual([{ request: 'r', route, status, reason }]);
    expect(reports).toEqual([]);
  });
});

describe('traces', () => {
  it('a request’s traceparent is taken over, and told to the upstream with our own span in it', async () => {
    upstream.behaviour = answer(200, completion());
    await ask(gateway.address, { headers: { traceparent } });
    expect(upstream.last.headers.traceparent).toBe(`00-${TRACE}-${SPAN}-01`);
    expect((await untilReported()).trace).toEqual({
      trace: TRACE,
      span: SPAN,
      parent: 'b7ad6b7169203331',
      isSampled: true,
    });
  });

  it('is told to nobody where the operator has not said so', async () => {
    await gateway.close();
    gateway = await openGateway({ upstream: upstream.base, observer });
    upstream.behaviour = answer(200, completion());
    await ask(gateway.address, { headers: { traceparent } });
    expect(upstream.last.headers.traceparent).toBeUndefined();
  });

  it.each([
    '',
    `01-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-0`,
    `01-${TRACE}-${SPAN}-01-${'x'.repeat(600)}`,
  ])('%j is no traceparent', header => {
    expect(parseTraceparent(header)).toBeNull();
  });

  it.each([`00-${TRACE}-${SPAN}-00`, `00-${TRACE}-${SPAN}-01`])('%s is read and written again', header => {
    const read = parseTraceparent(header);
    expect(read && formatTraceparent(read)).toBe(header);
  });

  it('of a later version, what is known of it is read', () => {
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-03-what-the-future-will-be-like`)).toEqual({
      trace: TRACE,
      span: SPAN,
      isSampled: true,
    });
  });
});
