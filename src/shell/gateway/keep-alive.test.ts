/** When the client of a stream gets signs of life: only where it reads server-sent events, and wherever it has not said that it wants none. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { receiptOf } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  type Behaviour,
  event,
  HELLO,
  LISTED_MODEL,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';

const SIGN = ': keep-alive\n';
/** Long enough for several signs of life. */
const LONG = 200;

let upstream: TestUpstream;
let gateway: TestGateway;
let plain: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  const options = { upstream: upstream.base, timeouts: { keepAlive: 40, firstToken: 5000, idle: 5000 } };
  gateway = await openGateway(options);
  plain = await openGateway({ ...options, inline: false });
});

afterAll(async () => {
  await gateway.close();
  await plain.close();
  await upstream.close();
});

const CONTENT = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'Hi.' }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 1, totalTokenCount: 2 },
};
const gemini = (query: string) => ({
  path: `/v1beta/models/${LISTED_MODEL}:streamGenerateContent${query}`,
  body: { contents: [{ parts: [{ text: 'Hello?' }] }] },
});
const images = {
  path: '/v1/images/generations',
  body: { model: LISTED_MODEL, prompt: 'A cat.', stream: true },
};
const FORM = ['file"; filename="a.wav', 'model', 'stream']
  .map(
    (name, at) =>
      `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${['x', LISTED_MODEL, 'true'][at]}\r\n`,
  )
  .join('');
const transcriptions = {
  path: '/v1/audio/transcriptions',
  body: `${FORM}--b--\r\n`,
  headers: { 'content-type': 'multipart/form-data; boundary=b' },
};

interface Question {
  readonly path?: string;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

const late =
  (behaviour: Behaviour): Behaviour =>
  async (response, request) => {
    await new Promise(resolve => setTimeout(resolve, LONG));
    await behaviour(response, request);
  };

describe('a client that may have to be given a body', () => {
  it.each<{ what: string; question: Question; body: object }>([
    { what: 'of Gemini’s, which asked for an array', question: gemini(''), body: [CONTENT] },
    { what: 'of Gemini’s, which asked for JSON', question: gemini('?alt=json'), body: [CONTENT] },
    {
      what: 'whose host makes no stream of images',
      question: images,
      body: { created: 1, data: [{ b64_json: 'AA==' }] },
    },
    { what: 'whose host makes no stream of a transcript', question: transcriptions, body: { text: 'Hi.' } },
  ])('$what, gets it, however long that takes', async ({ question, body }) => {
    upstream.behaviour = late(answer(200, body));
    const got = await ask(gateway.address, { method: 'POST', ...question });
    expect(got.status).toBe(200);
    expect(JSON.parse(got.body.toString())).toEqual(body);
    expect((await receiptOf(gateway, got)).response.status).toBe('completed');
  });

  it.each<{ what: string; question: Question; last: object }>([
    {
      what: 'images',
      question: images,
      last: { type: 'image_generation.completed', b64_json: 'AA==' },
    },
    { what: 'a transcript', question: transcriptions, last: { type: 'transcript.text.done', text: 'Hi.' } },
  ])('gets signs of life once the host has begun a stream of $what', async ({ question, last }) => {
    upstream.behaviour = stream(LONG, event(JSON.stringify(last)));
    const got = await ask(gateway.address, { method: 'POST', ...question });
    expect(got.body.toString().startsWith(SIGN)).toBe(true);
    expect((await receiptOf(gateway, got)).response.status).toBe('completed');
  });
});

describe('a client that surely reads events', () => {
  it.each<{ what: string; question: Question; behaviour: Behaviour }>([
    { what: 'OpenAI’s', question: { body: chat({ stream: true }) }, behaviour: stream(...HELLO) },
    {
      what: 'Gemini’s, with alt=sse',
      question: gemini('?alt=sse'),
      behaviour: stream(event(JSON.stringify(CONTENT))),
    },
  ])('($what) gets signs of life before any host has answered', async ({ question, behaviour }) => {
    upstream.behaviour = late(behaviour);
    const got = await ask(gateway.address, { method: 'POST', ...question });
    expect(got.body.toString().startsWith(SIGN)).toBe(true);
  });

  it('gets them also where acceptance and receipt are left out of streams', async () => {
    upstream.behaviour = late(stream(...HELLO));
    const got = await ask(plain.address, { body: chat({ stream: true }) });
    expect(got.body.toString().startsWith(SIGN)).toBe(true);
    expect(got.body.toString().replaceAll(SIGN, '')).toBe(HELLO.join(''));
  });

  it.each(['gateway', 'plain'] as const)('gets none where it says so (%s)', async which => {
    upstream.behaviour = late(stream(...HELLO));
    const { address } = { gateway, plain }[which];
    const headers = { 'countersign-inline': 'none' };
    const got = await ask(address, { body: chat({ stream: true }), headers });
    expect(got.body.toString()).toBe(HELLO.join(''));
  });
});
