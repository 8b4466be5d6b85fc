/**
 * One behaviour for every client: the same scenarios through the SDKs that people use, in front of hosts of their own dialect and of another,
 * and each exchange checked against its receipt.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LINES } from './behaviour/lines.js';
import { MESSAGES_HOST } from './behaviour/messages-host.js';
import { receiptOfAnswer } from './behaviour/receipt-says.js';
import { ANSWERS, ERRORS, ODD_ERRORS, PLAIN } from './behaviour/scenarios.js';
import { answering, failing, Session, Stage } from './behaviour/stage.js';
import { answer, silence, stalledStream } from './upstreams.js';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterAll(() => stage.close());

const FORMS = [
  { form: 'whole', stream: false },
  { form: 'streamed', stream: true },
] as const;

describe.each(LINES)('$name', line => {
  const { client, host, lacks, refuses, expected } = line;
  let session: Session;
  const upstream = () => stage.upstreamOf(line);
  /** What the SDK throws for a question, in words that all have. */
  const thrown = (asking: Promise<unknown>) =>
    asking.then(
      () => {
        throw new Error('it answered');
      },
      (error: unknown) => client.told(error),
    );

  beforeAll(() => {
    session = new Session(stage, host.model, `sk-${LINES.indexOf(line)}`);
  });

  afterAll(async () => {
    for (const unheard of await session.settle())
      expect(unheard).toMatchObject({
        attempts: [{ upstream: host.name, outcome: 'aborted', status: null }],
        response: { status: 'aborted', reason: 'client/aborted', http: 499 },
      });
  });

  describe.each(FORMS)('$form', ({ stream }) => {
    it.for(ANSWERS)('$name', async ({ needs, question, reply }, { skip }) => {
      const lack = needs === undefined ? undefined : lacks[needs];
      if (lack !== undefined) skip(lack);
      const refused = needs === undefined ? undefined : refuses[needs];
      upstream().behaviour = answering(line, reply);
      const { length: before } = upstream().requests;
      const asking = client.ask(session.connection, question, { stream });
      if (refused !== undefined) {
        expect(await thrown(asking)).toMatchObject({
          kind: client.errorOf(400),
          message: expect.stringContaining(`request/untranslatable (${refused})`),
        });
        expect(upstream().requests.length).toBe(before);
        expect(session.receipt()).toMatchObject({
          attempts: [],
          response: { status: 'refused', reason: 'request/untranslatable' },
        });
        return;
      }
      expect(await asking).toEqual(expected(reply));
      const { tools } = question;
      expect(host.asked(JSON.parse(upstream().last.body.toString()))).toEqual({
        ...question,
        ...(tools && { tools: tools.map(({ name }) => name) }),
        stream,
      });
      if (line.translation === null) expect(upstream().last.body).toEqual(session.last.request);
      expect(session.receipt()).toMatchObject(
        receiptOfAnswer(line, question, reply, session.last, upstream().last),
      );
    });

    it.each(ERRORS)('$name: $status', async error => {
      upstream().behaviour = failing(line, error);
      const { status, message, headers = {} } = error;
      expect(await thrown(client.ask(session.connection, PLAIN.question, { stream }))).toEqual({
        kind: client.errorOf(status),
        status,
        message: expect.stringContaining(message),
        retryAfter: headers['retry-after'] ?? null,
      });
      expect(session.receipt()).toMatchObject({
        attempts: [{ upstream: host.name, outcome: status < 500 ? 'answered' : 'failed', status }],
        response: { status: status < 500 ? 'refused' : 'failed', http: status, reason: 'upstream/error' },
      });
    });

    it('what no receipt can state: asked all the same and named in the receipt, or refused where it cannot be said to the host', async ({
      skip,
    }) => {
      if (client.clamps !== undefined) skip(client.clamps);
      const { length: before } = upstream().requests;
      const question = { ...PLAIN.question, temperature: 9 };
      upstream().behaviour = answering(line, PLAIN.reply);
      const asking = client.ask(session.connection, question, { stream });
      if (line.host === MESSAGES_HOST && line.translation !== null) {
        expect(await thrown(asking)).toMatchObject({
          kind: client.errorOf(400),
          message: expect.stringContaining('request/untranslatable (temperature)'),
        });
        expect(upstream().requests.length).toBe(before);
        expect(session.receipt()).toMatchObject({ attempts: [], response: { status: 'refused' } });
        return;
      }
      expect(await asking).toEqual(expected(PLAIN.reply));
      expect(JSON.parse(upstream().last.body.toString())).toMatchObject({ temperature: 9 });
      const { request } = session.receipt();
      expect(request).toMatchObject({ unstated: ['temperature'] });
      expect(request.parameters).not.toHaveProperty('temperature');
    });

    it('garbage is no answer', async () => {
      upstream().behaviour = answer(200, '<html>');
      const told = await thrown(client.ask(session.connection, PLAIN.question, { stream }));
      expect(told).toMatchObject({ kind: client.errorOf(502), status: 502 });
      const { response } = session.receipt();
      expect(response).toMatchObject({ status: 'failed', http: 502 });
      expect(told.message).toContain(response.reason);
    });

    it('breaking off before the answer', async () => {
      upstream().behaviour = silence;
      const asked = upstream().requests.length;
      const breaking = new AbortController();
      const asking = client.ask(session.connection, PLAIN.question, { stream, signal: breaking.signal });
      const told = thrown(asking);
      await expect.poll(() => upstream().requests.length, { interval: 1 }).toBe(asked + 1);
      breaking.abort();
      expect((await told).kind).toBe(client.aborted.before);
      await upstream().last.lost;
      session.leftUnheard();
    });

    it('an SDK that asks again by itself: each time is an exchange of its own', async () => {
      let calls = 0;
      upstream().behaviour = (response, request) => {
        calls++;
        const headers = { 'retry-after-ms': '1', 'retry-after': '0' };
        const failure = failing(line, { status: 500, message: 'Once.', headers });
        return (calls === 1 ? failure : answering(line, PLAIN.reply))(response, request);
      };
      expect(await client.ask({ ...session.connection, retries: 1 }, PLAIN.question, { stream })).toEqual(
        expected(PLAIN.reply),
      );
      const receipts = session.receipts(2);
      expect(receipts.map(({ response: { status } }) => status)).toEqual(['failed', 'completed']);
    });
  });

  it.each(ODD_ERRORS)('an error that is $form is still the SDK’s own', async ({ body, says }) => {
    upstream().behaviour = answer(429, body, { 'retry-after': '7' });
    expect(await thrown(client.ask(session.connection, PLAIN.question, { stream: true }))).toEqual({
      kind: client.errorOf(429),
      status: 429,
      message: expect.stringContaining(says),
      retryAfter: '7',
    });
    expect(session.receipt().response).toMatchObject({
      status: 'refused',
      http: 429,
      reason: 'upstream/error',
      received: expect.any(String),
    });
  });

  it('breaking off in the middle of a stream ends in a signed abort, and the host is told', async () => {
    upstream().behaviour = (response, request) => {
      const events = host.streamed(PLAIN.reply, JSON.parse(request.body.toString()));
      return stalledStream(...events.slice(0, -4))(response, request);
    };
    const breaking = new AbortController();
    const { signal } = breaking;
    const asking = client.ask(session.connection, PLAIN.question, {
      stream: true,
      signal,
      onPiece: () => breaking.abort(),
    });
    expect((await thrown(asking)).kind).toBe(client.aborted.during);
    await upstream().last.lost;
    expect(await session.receiptOfLeft()).toMatchObject({
      attempts: [{ upstream: host.name, outcome: 'aborted' }],
      response: { status: 'aborted', reason: 'client/aborted', http: 200 },
    });
  });
});
