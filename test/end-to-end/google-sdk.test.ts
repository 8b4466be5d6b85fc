/** Google's own client at Gemini's surfaces: it reads what passes, and each exchange has a receipt that verifies. */
import { ApiError, GoogleGenAI } from '@google/genai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGateway, type TestGateway } from './gateway.js';
import { type Recorded, receiptOfRecorded, recordingFetch } from './recording-fetch.js';
import { answer, cutStream, event, LISTED_MODEL as model, stream, TestUpstream } from './upstreams.js';

let upstream: TestUpstream;
let gateway: TestGateway;
let client: GoogleGenAI;
const recorded: Recorded[] = [];

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base });
  client = new GoogleGenAI({
    apiKey: 'AIza-test',
    httpOptions: { baseUrl: gateway.address, fetch: recordingFetch(recorded) },
  });
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

const part = (parts: readonly object[], finishReason?: string) => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, finishReason }],
  modelVersion: model,
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
});
const CALL = { functionCall: { id: 'c1', name: 'add', args: { a: 1 } } };
const sse = (...values: readonly object[]) => values.map(value => event(JSON.stringify(value)));
const ask = { model, contents: 'Hello?' };

describe('the @google/genai SDK', () => {
  it('generateContent, with a call of a function', async () => {
    upstream.behaviour = answer(200, part([{ text: 'Hello.' }, CALL], 'STOP'));
    const got = await client.models.generateContent({
      ...ask,
      config: { temperature: 0.5, maxOutputTokens: 20, systemInstruction: 'Be short.' },
    });
    expect(got.candidates?.[0]?.content?.parts?.[0]?.text).toBe('Hello.');
    expect(got.functionCalls).toEqual([CALL.functionCall]);
    expect(upstream.last.headers['x-goog-api-key']).toBe('AIza-test');
    const { request, response } = await lastReceipt();
    expect(request).toMatchObject({
      surface: 'generateContent',
      parameters: { temperature: 0.5, max_output_tokens: 20 },
    });
    expect(response).toMatchObject({ finish: [{ name: 'STOP' }], usage: { total_tokens: 5 } });
  });

  it('streamGenerateContent: every part arrives, the first and the last too', async () => {
    upstream.behaviour = stream(
      ...sse(part([{ text: 'Hel' }]), part([{ text: 'lo' }]), part([{ text: '.' }], 'STOP')),
    );
    const texts: (string | undefined)[] = [];
    for await (const { text } of await client.models.generateContentStream(ask)) texts.push(text);
    expect(texts).toEqual(['Hel', 'lo', '.']);
    expect((await lastReceipt()).response).toMatchObject({ status: 'completed', finish: [{ name: 'STOP' }] });
  });

  it('throws for a stream that breaks, and for an error', async () => {
    upstream.behaviour = cutStream(...sse(part([{ text: 'a' }])));
    const texts: (string | undefined)[] = [];
    await expect(async () => {
      for await (const { text } of await client.models.generateContentStream(ask)) texts.push(text);
    }).rejects.toThrow(/upstream\/broken/);
    expect(texts).toEqual(['a']);
    expect((await lastReceipt()).response).toMatchObject({ status: 'failed', reason: 'upstream/broken' });
    const wrong = client.models.generateContent({ ...ask, config: { candidateCount: -1 } });
    await expect(wrong).rejects.toThrow(ApiError);
    await expect(wrong).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('candidateCount'),
    });
  });

  it('countTokens and embedContent', async () => {
    upstream.behaviour = answer(200, { totalTokens: 7 });
    expect((await client.models.countTokens(ask)).totalTokens).toBe(7);
    expect((await lastReceipt()).request.surface).toBe('countTokens');
    upstream.behaviour = answer(200, { embeddings: [{ values: [0.5, -0.25] }] });
    const { embeddings } = await client.models.embedContent({ ...ask, config: { outputDimensionality: 2 } });
    expect(embeddings?.[0]?.values).toEqual([0.5, -0.25]);
    expect((await lastReceipt()).request.surface).toBe('batchEmbedContents');
  });

  it('lists models', async () => {
    const names: (string | undefined)[] = [];
    for await (const { name } of await client.models.list()) names.push(name);
    expect(names).toEqual([`models/${model}`]);
  });
});
