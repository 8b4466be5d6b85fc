/** OpenAI's own client at every surface but chat completions: it reads what passes, and each exchange has a receipt that verifies. */
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CANNED_MODEL, openGateway, type TestGateway } from './gateway.js';
import { type Recorded, receiptOfRecorded, recordingFetch } from './recording-fetch.js';
import { answer, cutStream, DONE, event, LISTED_MODEL as model, stream, TestUpstream } from './upstreams.js';

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

const named = (value: { readonly type: string; readonly [name: string]: unknown }) =>
  `event: ${value.type}\n${event(JSON.stringify(value))}`;

const CALL = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'add', arguments: '{"a":1}' };
const MESSAGE = {
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'Hello.', annotations: [] }],
};
const response = (status: string, output: readonly object[]) => ({
  id: 'resp_1',
  object: 'response',
  status,
  model,
  output,
  usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
});

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

  it('responses', async () => {
    upstream.behaviour = answer(200, response('completed', [MESSAGE, CALL]));
    const { output_text, output } = await client.responses.create({ model, input: 'a' });
    expect(output_text).toBe('Hello.');
    expect(output[1]).toEqual(CALL);
    expect((await lastReceipt()).response.tools).toMatchObject({ commitments: [expect.any(String)] });
  });

  it('a stream of a response, through the SDK’s own stream helper', async () => {
    upstream.behaviour = stream(
      named({ type: 'response.created', sequence_number: 0, response: response('in_progress', []) }),
      named({
        type: 'response.output_item.added',
        sequence_number: 1,
        output_index: 0,
        item: { ...CALL, arguments: '' },
      }),
      named({
        type: 'response.function_call_arguments.delta',
        sequence_number: 2,
        output_index: 0,
        item_id: 'fc_1',
        delta: '{"a":1}',
      }),
      named({ type: 'response.completed', sequence_number: 3, response: response('completed', [CALL]) }),
    );
    const final = await client.responses.stream({ model, input: 'a' }).finalResponse();
    expect(final.output[0]).toMatchObject({ name: 'add', arguments: '{"a":1}' });
    expect((await lastReceipt()).response).toMatchObject({
      status: 'completed',
      finish: [{ name: 'completed' }],
      tools: { commitments: [expect.any(String)] },
    });
  });

  it('a stream of a response that breaks: an error, not a short answer', async () => {
    upstream.behaviour = cutStream(
      named({ type: 'response.created', sequence_number: 0, response: response('in_progress', []) }),
    );
    const events = await client.responses.create({ model, input: 'a', stream: true });
    const reading = async () => {
      for await (const { type } of events) expect(type).toBe('response.created');
    };
    await expect(reading()).rejects.toMatchObject({ code: 'upstream/broken' });
    expect((await lastReceipt()).response).toMatchObject({ status: 'failed', reason: 'upstream/broken' });
  });

  it('what the built-in model does not serve: NotFoundError, with our code', async () => {
    await expect(client.responses.create({ model: CANNED_MODEL, input: 'a' })).rejects.toMatchObject({
      status: 404,
      code: 'request/surface-unsupported',
      param: 'model',
    });
    expect((await lastReceipt()).response.status).toBe('refused');
  });
});
