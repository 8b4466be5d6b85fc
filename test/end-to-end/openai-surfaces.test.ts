/** OpenAI's own client at the surfaces that no other SDK has, and the behaviour suite not either: it reads what passes, and each exchange has a receipt that verifies. */
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGateway, type TestGateway } from './gateway.js';
import { type Recorded, receiptOfRecorded, recordingFetch } from './recording-fetch.js';
import { answer, DONE, event, LISTED_MODEL as model, stream, TestUpstream } from './upstreams.js';

let upstream: TestUpstream;
let gateway: TestGateway;
let client: OpenAI;
const recorded: Recorded[] = [];

beforeAll(async () => {
  upstream = await TestUpstream.start();
  gateway = await openGateway({ upstream: upstream.base });
  client = new OpenAI({
    baseURL: `${gateway.address}/v1`,
    apiKey: 'sk-test',
    maxRetries: 0,
    fetch: recordingFetch(recorded),
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

describe('the openai SDK', () => {
  it('completions, whole and as a stream', async () => {
    const choice = { index: 0, text: ' upon', logprobs: null, finish_reason: 'stop' };
    const completion = { id: 'cmpl-1', object: 'text_completion', created: 1, model, choices: [choice] };
    upstream.behaviour = answer(200, completion);
    const whole = await client.completions.create({ model, prompt: 'Once' });
    expect(whole.choices[0]?.text).toBe(' upon');
    expect((await lastReceipt()).request.surface).toBe('completions');
    upstream.behaviour = stream(event(JSON.stringify(completion)), DONE);
    let text = '';
    for await (const part of await client.completions.create({ model, prompt: 'Once', stream: true }))
      text += part.choices[0]?.text;
    expect(text).toBe(' upon');
    expect((await lastReceipt()).response).toMatchObject({ status: 'completed', finish: [{ name: 'stop' }] });
  });

  it('embeddings, which it asks for in base64', async () => {
    const embedding = Buffer.from(Float32Array.of(0.5, -0.25).buffer).toString('base64');
    upstream.behaviour = answer(200, { object: 'list', model, data: [{ index: 0, embedding }] });
    const { data } = await client.embeddings.create({ model, input: 'a' });
    expect(data[0]?.embedding).toEqual([0.5, -0.25]);
    expect((await lastReceipt()).request).toMatchObject({
      surface: 'embeddings',
      parameters: { encoding_format: 'base64' },
    });
  });

  it('moderations and images', async () => {
    upstream.behaviour = answer(200, { id: 'modr-1', model, results: [{ flagged: true }] });
    expect((await client.moderations.create({ input: 'a' })).results[0]?.flagged).toBe(true);
    expect((await lastReceipt()).request.surface).toBe('moderations');
    upstream.behaviour = answer(200, { created: 1, data: [{ b64_json: 'AA==' }] });
    expect((await client.images.generate({ prompt: 'a seal' })).data?.[0]?.b64_json).toBe('AA==');
    expect((await lastReceipt()).request.surface).toBe('images/generations');
  });

  it('transcripts, whose sound it sends in a form', async () => {
    upstream.behaviour = answer(200, { text: 'Hello.' });
    const file = new File(['sound'], 'a.wav', { type: 'audio/wav' });
    expect((await client.audio.transcriptions.create({ model, file })).text).toBe('Hello.');
    expect((await lastReceipt()).request).toMatchObject({
      surface: 'audio/transcriptions',
      attachments: { commitments: [expect.any(String)] },
    });
  });
});
