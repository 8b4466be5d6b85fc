/** OpenAI's SDK and a whole house, as it is installed: its built-in model, its list of models, its trust file. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI, { NotFoundError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTrust } from '../../src/appraise/trust.js';
import { type House, openHouse } from '../../src/shell/cli/house.js';
import { countersign } from '../../src/shell/client/web.js';
import { DEFAULT_LIMITS } from '../../src/shell/gateway/context.js';
import { DEFAULT_RETRIES } from '../../src/shell/gateway/routing/route-plan.js';
import { DEFAULT_TIMEOUTS } from '../../src/shell/gateway/timeouts.js';
import { openaiUpstream } from './gateway.js';
import { eventually } from './receipts.js';
import { type Recorded, receiptOfRecorded, recordingFetch } from './recording-fetch.js';
import { TestUpstream } from './upstreams.js';

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
    retries: DEFAULT_RETRIES,
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

describe('the openai SDK and the built-in model', () => {
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

  it('a path that does not exist: NotFoundError', async () => {
    await expect(client.models.retrieve('nothing')).rejects.toThrow(NotFoundError);
    await expect(client.embeddings.create({ model: MODEL, input: 'x' })).rejects.toThrow(NotFoundError);
  });
});
