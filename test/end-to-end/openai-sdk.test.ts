import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI, {
  APIConnectionError,
  APIUserAbortError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTrust } from '../../src/appraise/trust.js';
import { type House, openHouse } from '../../src/shell/cli/house.js';
import { countersign } from '../../src/shell/client/web.js';
import { DEFAULT_LIMITS } from '../../src/shell/gateway/context.js';
import { DEFAULT_RETRIES } from '../../src/shell/gateway/routing/route-plan.js';
import { DEFAULT_TIMEOUTS } from '../../src/shell/gateway/timeouts.js';
import { openaiUpstream } from './gateway.js';
import { eventually, receiptOfExchange } from './receipts.js';
import { type Recorded, receiptOfRecorded, recordingFetch } from './recording-fetch.js';
import { answer, TestUpstream } from './upstreams.js';

const MODEL = 'countersign-demo';
const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'What is a receipt?' }];

let folder: string;
let upstream: TestUpstream;
let house: House;
let checked: { address: string; trust: ReturnType<typeof parseTrust> };
let recorded: Recorded[];
let client: OpenAI;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-sdk-'));
  upstream = await TestUpstream.start();
  house = await openHouse({
    data: folder,
    host: '127.0.0.1',
    port: 0,
    upstreams: [openaiUpstream('test', upstream.base, { timeouts: DEFAULT_TIMEOUTS })],
    // The SDK's own retries are looked at here.
    retries: { ...DEFAULT_RETRIES, retries: 0 },
    operator: 'test operator',
    inline: true,
    requestBytes: DEFAULT_LIMITS.requestBytes,
    onProblem: message => {
      throw new Error(message);
    },
  });
  checked = { address: house.address, trust: parseTrust(readFileSync(house.folder.trust)) };
  recorded = [];
  client = new OpenAI({
    baseURL: `${house.address}/v1`,
    apiKey: 'sk-test',
    maxRetries: 0,
    fetch: recordingFetch(recorded),
  });
});

afterAll(async () => {
  await house.close();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The receipt of the last exchange, with the exact bytes that the SDK sent and got. */
async function lastReceipt() {
  const last = recorded.at(-1);
  if (last === undefined) throw new Error('nothing was asked');
  return receiptOfRecorded(checked, last);
}

describe('the openai SDK and the built-in model', () => {
  it('in one body', async () => {
    const completion = await client.chat.completions.create({ model: MODEL, messages });
    expect(completion.choices[0]?.message.role).toBe('assistant');
    expect(completion.choices[0]?.message.content?.length).toBeGreaterThan(0);
    expect(completion.usage?.total_tokens).toBeGreaterThan(0);
    const receipt = await lastReceipt();
    expect(receipt.response.status).toBe('completed');
    expect(receipt.model).toMatchObject({ requested: { name: MODEL }, served: { name: MODEL } });
    expect(receipt.model.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(receipt.response.usage?.total_tokens).toBe(completion.usage?.total_tokens);
    expect(receipt.upstream?.origin).toBe('built-in:');
  });

  it('as a stream, which the SDK reads in spite of the comments in it', async () => {
    const whole = await client.chat.completions.create({ model: MODEL, messages });
    const stream = await client.chat.completions.create({
      model: MODEL,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let finish: string | null = null;
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    // Greedy answers repeat bit for bit.
    expect(text).toBe(whole.choices[0]?.message.content);
    const receipt = await lastReceipt();
    expect(receipt.response).toMatchObject({ status: 'completed', finish: [{ name: finish }] });
    expect(receipt.response.usage?.total_tokens).toBe(usage?.total_tokens);
    const bytes = (await recorded.at(-1)?.body) ?? Buffer.alloc(0);
    expect(bytes.toString().match(/^: countersign-(?:acceptance|receipt) /gm)).toHaveLength(2);
  });

  it('through the SDK’s own stream helper', async () => {
    const final = await client.chat.completions.stream({ model: MODEL, messages }).finalChatCompletion();
    expect(final.choices[0]?.message.content?.length).toBeGreaterThan(0);
    expect((await lastReceipt()).response.status).toBe('completed');
  });

  it('many at once, each with a receipt and a number of its own', async () => {
    const before = recorded.length;
    await Promise.all(
      Array.from({ length: 8 }, async (_, at) => {
        const question = { model: MODEL, messages, max_completion_tokens: 8 };
        if (at % 2 === 0) await client.chat.completions.create(question);
        else {
          const stream = await client.chat.completions.create({ ...question, stream: true });
          for await (const chunk of stream) expect(chunk.object).toBe('chat.completion.chunk');
        }
      }),
    );
    const receipts = await Promise.all(recorded.slice(before).map(one => receiptOfRecorded(checked, one)));
    expect(receipts).toHaveLength(8);
    expect(new Set(receipts.map(({ counter }) => counter)).size).toBe(8);
    expect(new Set(receipts.map(({ client: name }) => name)).size).toBe(1);
  });

  it('an abort in the middle of a stream ends in a signed abort', async () => {
    const stream = await client.chat.completions.create({
      model: MODEL,
      messages,
      stream: true,
      temperature: 2,
      max_completion_tokens: 256,
    });
    for await (const chunk of stream) {
      expect(chunk.choices).toHaveLength(1);
      stream.controller.abort();
    }
    const exchange = recorded.at(-1)?.headers.get('countersign-exchange') ?? '';
    const receipt = await eventually(() => receiptOfExchange(checked, exchange).catch(() => undefined));
    expect(receipt.response).toMatchObject({ status: 'aborted', reason: 'client/aborted', http: 200 });
    expect(receipt.attempts).toMatchObject([{ outcome: 'aborted', upstream: 'built-in' }]);
  });

  it('an abort before the answer is an abort of the SDK’s own kind', async () => {
    const asking = client.chat.completions.create(
      { model: MODEL, messages },
      { signal: AbortSignal.timeout(5) },
    );
    await expect(asking).rejects.toThrow(APIUserAbortError);
  });

  it('through the verifying fetch, with the house’s own trust file: verified, and later witnessed', async () => {
    const verified: string[] = [];
    const fetch = countersign({
      trust: readFileSync(house.folder.trust),
      onVerified: ({ exchange }) => verified.push(exchange),
    });
    const verifying = new OpenAI({ baseURL: `${house.address}/v1`, apiKey: 'sk-test', maxRetries: 0, fetch });
    const whole = await verifying.chat.completions.create({ model: MODEL, messages });
    const stream = await verifying.chat.completions.create({ model: MODEL, messages, stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(verified).toHaveLength(2);
    const { outcome, witnessed, findings } = await fetch.check();
    expect({ outcome, findings }).toEqual({ outcome: 'settled', findings: [] });
    expect([...witnessed].sort()).toEqual([...verified].sort());
  });

  it('a stream that the verifying fetch’s reader leaves: the signed abort is found later', async () => {
    const fetch = countersign({ trust: readFileSync(house.folder.trust) });
    const verifying = new OpenAI({ baseURL: `${house.address}/v1`, apiKey: 'sk-test', maxRetries: 0, fetch });
    const stream = await verifying.chat.completions.create({
      model: MODEL,
      messages,
      stream: true,
      temperature: 2,
      max_completion_tokens: 256,
    });
    for await (const chunk of stream) {
      expect(chunk.choices).toHaveLength(1);
      break;
    }
    const checked = await eventually(async () => {
      const check = await fetch.check();
      return check.outcome === 'settled' ? check : undefined;
    });
    expect(checked.witnessed).toHaveLength(1);
  });

  it('lists its models, the built-in one first', async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids[0]).toBe(MODEL);
    expect(ids).toHaveLength(2);
  });
});

describe('errors are those that the SDK knows', () => {
  const unserved = { model: 'test-model', messages };

  it('a malformed request: BadRequestError, with its parameter', async () => {
    const asking = client.chat.completions.create({ model: MODEL, messages, temperature: 3 });
    const error = await asking.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, code: 'invalid_value', param: 'temperature' });
    expect(await lastReceipt()).toMatchObject({
      response: { status: 'refused', reason: 'request/parameter-invalid' },
    });
  });

  it('what the model cannot do: BadRequestError, from the engine', async () => {
    const tools: OpenAI.ChatCompletionTool[] = [
      { type: 'function', function: { name: 'f', parameters: {} } },
    ];
    await expect(client.chat.completions.create({ model: MODEL, messages, tools })).rejects.toThrow(
      BadRequestError,
    );
    expect(await lastReceipt()).toMatchObject({ response: { status: 'refused', reason: 'upstream/error' } });
  });

  it('a model that the upstream does not have: NotFoundError', async () => {
    upstream.behaviour = answer(404, {
      error: {
        message: 'No such model.',
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
      },
    });
    const error = await client.chat.completions.create(unserved).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ code: 'model_not_found', param: 'model' });
    expect((await lastReceipt()).response).toMatchObject({ status: 'refused', http: 404 });
  });

  it('a path that does not exist: NotFoundError', async () => {
    await expect(client.models.retrieve('nothing')).rejects.toThrow(NotFoundError);
    await expect(client.embeddings.create({ model: MODEL, input: 'x' })).rejects.toThrow(NotFoundError);
  });

  it('too many requests: RateLimitError, with the upstream’s headers', async () => {
    upstream.behaviour = answer(429, { error: { message: 'Slow down.' } }, { 'retry-after': '9' });
    const error = await client.chat.completions.create(unserved).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RateLimitError);
    expect((error as RateLimitError).headers?.get('retry-after')).toBe('9');
    await lastReceipt();
  });

  it('garbage: InternalServerError, with our code', async () => {
    upstream.behaviour = answer(200, '<html>');
    const error = await client.chat.completions.create(unserved).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject({ status: 502, code: 'upstream/garbage' });
    await lastReceipt();
  });

  it('a stream that breaks: an error, not a short answer', async () => {
    upstream.behaviour = response => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n');
      setTimeout(() => response.destroy(), 20);
    };
    const stream = await client.chat.completions.create({ ...unserved, stream: true });
    const reading = async () => {
      for await (const chunk of stream) expect(chunk.choices).toHaveLength(1);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'upstream/broken' });
    expect((await lastReceipt()).response).toMatchObject({ status: 'failed', reason: 'upstream/broken' });
  });

  it('a retry of the SDK is an exchange of its own', async () => {
    let calls = 0;
    upstream.behaviour = response => {
      calls++;
      const failing = calls === 1;
      answer(failing ? 500 : 200, failing ? { error: { message: 'Once.' } } : { choices: [] }, {
        'retry-after-ms': '1',
      })(response);
    };
    const before = recorded.length;
    await client.chat.completions.create(unserved, { maxRetries: 1 });
    const receipts = await Promise.all(recorded.slice(before).map(one => receiptOfRecorded(checked, one)));
    expect(receipts.map(({ response }) => response.status)).toEqual(['failed', 'completed']);
    expect((receipts[1]?.counter ?? 0) - (receipts[0]?.counter ?? 0)).toBe(1);
  });

  it('nobody there: APIConnectionError', async () => {
    const lost = new OpenAI({ baseURL: 'http://127.0.0.1:1/v1', apiKey: 'x', maxRetries: 0 });
    await expect(lost.chat.completions.create({ model: MODEL, messages })).rejects.toThrow(
      APIConnectionError,
    );
  });
});
