/** Vercel's AI SDK with each of its providers, straight at a gateway; and Google's, whose surfaces name the model in the path, also through the verifying client. */
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { generateText, jsonSchema, streamText } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countersign } from '../../src/shell/client/web.js';
import { openGateway, type TestGateway } from './gateway.js';
import { type Recorded, receiptOfRecorded, recordingFetch } from './recording-fetch.js';
import { ANSWER, SDKS } from './sdks.js';
import { answer, event, LISTED_MODEL, stream, TestUpstream } from './upstreams.js';

let upstream: TestUpstream;
let gateway: TestGateway;
const recorded: Recorded[] = [];

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ more: { google: { base: upstream.base } } });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

async function lastReceipt() {
  const last = recorded.at(-1);
  if (last === undefined) throw new Error('nothing was asked');
  return receiptOfRecorded(gateway, last);
}

const VERCEL = SDKS.filter(({ name }) => name.startsWith('ai, '));

describe.each(VERCEL)('$name', sdk => {
  it('gets the answer, whole and streamed, and each has a receipt that verifies', async () => {
    upstream.behaviour = sdk.behaviour;
    const fetch = recordingFetch(recorded);
    expect(await sdk.ask(fetch, gateway.address)).toBe(ANSWER);
    expect((await lastReceipt()).response.status).toBe('completed');
    expect(await sdk.askForStream(fetch, gateway.address)).toBe(ANSWER);
    expect((await lastReceipt()).response.status).toBe('completed');
  });
});

const part = (parts: readonly object[], finishReason?: string) => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, finishReason }],
  modelVersion: LISTED_MODEL,
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
});
const CALL = { functionCall: { id: 'c1', name: 'add', args: { a: 1 } } };
const parameters = jsonSchema<{ a: number }>({ type: 'object', properties: { a: { type: 'number' } } });
const asking = { prompt: 'Hello?', maxRetries: 0, temperature: 0.5 };

const WAYS = [
  ['straight', () => recordingFetch(recorded)],
  ['verifying', () => countersign({ trust: gateway.trust, fetch: recordingFetch(recorded) })],
] as const;
const NAMES = [LISTED_MODEL, `google/${LISTED_MODEL}`];

describe.each(WAYS)('ai, with @ai-sdk/google, %s', (_, fetchOf) => {
  const modelOf = (name: string) =>
    createGoogleGenerativeAI({
      baseURL: `${gateway.address}/v1beta`,
      apiKey: 'AIza-test',
      fetch: fetchOf(),
    })(name);

  it.each(NAMES)('a whole answer of %s, with a call', async name => {
    upstream.behaviour = answer(200, part([{ text: 'Hello.' }, CALL], 'STOP'));
    const tools = { add: { description: 'Adds.', inputSchema: parameters } };
    const { text, toolCalls, finishReason } = await generateText({ ...asking, tools, model: modelOf(name) });
    expect({ text, finishReason }).toEqual({ text: 'Hello.', finishReason: 'tool-calls' });
    expect(toolCalls).toMatchObject([{ toolName: 'add', input: { a: 1 } }]);
    expect(upstream.last.path).toBe(`/v1/models/${LISTED_MODEL}:generateContent`);
    expect(upstream.last.headers['x-goog-api-key']).toBe('AIza-test');
    expect(await lastReceipt()).toMatchObject({
      model: { requested: { name } },
      request: { surface: 'generateContent', parameters: { temperature: 0.5 } },
      response: { status: 'completed', finish: [{ name: 'STOP' }], usage: { total_tokens: 5 } },
    });
  });

  it.each(NAMES)('a stream of %s', async name => {
    const parts = [part([{ text: 'Hel' }]), part([{ text: 'lo.' }], 'STOP')];
    upstream.behaviour = stream(...parts.map(value => event(JSON.stringify(value))));
    const { textStream, finishReason } = streamText({ ...asking, model: modelOf(name) });
    const texts: string[] = [];
    for await (const text of textStream) texts.push(text);
    expect(texts).toEqual(['Hel', 'lo.']);
    expect(await finishReason).toBe('stop');
    expect(await lastReceipt()).toMatchObject({
      request: { surface: 'streamGenerateContent' },
      response: { status: 'completed', finish: [{ name: 'STOP' }] },
    });
  });

  it('an error of the host', async () => {
    const error = { code: 429, message: 'Slow down.', status: 'RESOURCE_EXHAUSTED' };
    upstream.behaviour = answer(429, { error });
    await expect(generateText({ ...asking, model: modelOf(LISTED_MODEL) })).rejects.toMatchObject({
      name: 'AI_APICallError',
      statusCode: 429,
      message: 'Slow down.',
    });
    expect((await lastReceipt()).response).toMatchObject({ status: 'refused', reason: 'upstream/error' });
  });
});
