import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI, { BadRequestError } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseTrust, type Trust } from '../../src/appraise/trust.js';
import { type Served, serve } from '../end-to-end/process.js';
import { type Recorded, receiptOfRecorded, recordingFetch } from '../end-to-end/recording-fetch.js';
import { FOREIGN_ANSWER, FOREIGN_MODEL, type ForeignServer, startForeignServer } from './foreign-server.js';

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'What is a receipt?' }];

let folder: string;
let foreign: ForeignServer | null = null;
let missing = '';
let gateway: Served | null = null;
let client: OpenAI;
let checked: { address: string; trust: Trust };
const recorded: Recorded[] = [];

beforeAll(async () => {
  const started = await startForeignServer();
  if ('missing' in started) {
    missing = started.missing;
    console.log(`skipped: ${missing}`);
    return;
  }
  foreign = started;
  folder = mkdtempSync(join(tmpdir(), 'countersign-interop-'));
  gateway = await serve(['--data', folder, '--upstream', foreign.base]);
  const { address, trust } = gateway.summary;
  checked = { address, trust: parseTrust(readFileSync(trust)) };
  client = new OpenAI({
    baseURL: `${address}/v1`,
    apiKey: 'sk-test',
    maxRetries: 0,
    fetch: recordingFetch(recorded),
  });
});

afterAll(async () => {
  await gateway?.stop();
  await foreign?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** The receipt of the last exchange, verified with the exact bytes that the SDK sent and got. */
function lastReceipt() {
  const last = recorded.at(-1);
  if (last === undefined) throw new Error('nothing was asked');
  return receiptOfRecorded(checked, last);
}

describe('the openai SDK, through the gateway, and a server that is not ours', () => {
  beforeEach(({ skip }) => {
    if (missing !== '') skip(missing);
  });

  it('in one body', async () => {
    const completion = await client.chat.completions.create({ model: FOREIGN_MODEL, messages });
    expect(completion.choices[0]?.message.content).toBe(FOREIGN_ANSWER);
    const receipt = await lastReceipt();
    expect(receipt.response).toMatchObject({
      status: 'completed',
      http: 200,
      finish: [{ name: 'stop' }],
      usage: { total_tokens: completion.usage?.total_tokens },
    });
    expect(receipt.upstream?.origin).toBe(new URL(foreign?.base ?? '').origin);
    expect(receipt.model).toEqual({
      requested: { name: FOREIGN_MODEL },
      served: { name: FOREIGN_MODEL },
      digest: null,
    });
  });

  it('as a stream', async () => {
    const stream = await client.chat.completions.create({ model: FOREIGN_MODEL, messages, stream: true });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe(FOREIGN_ANSWER);
    const receipt = await lastReceipt();
    expect(receipt.response).toMatchObject({ status: 'completed', http: 200, finish: [{ name: 'stop' }] });
    const bytes = (await recorded.at(-1)?.body) ?? Buffer.alloc(0);
    expect(bytes.toString().match(/^: countersign-(?:acceptance|receipt) /gm)).toHaveLength(2);
  });

  it('many at once', async () => {
    const before = recorded.length;
    const asked = Array.from({ length: 10 }, () =>
      client.chat.completions.create({ model: FOREIGN_MODEL, messages }),
    );
    await Promise.all(asked);
    const receipts = await Promise.all(recorded.slice(before).map(one => receiptOfRecorded(checked, one)));
    expect(new Set(receipts.map(({ counter }) => counter)).size).toBe(10);
  });

  it('its refusal is passed on, under a receipt', async () => {
    const asking = client.chat.completions.create({ model: 'nothing', messages });
    await expect(asking).rejects.toThrow(BadRequestError);
    const receipt = await lastReceipt();
    expect(receipt.response).toMatchObject({ status: 'refused', http: 400, reason: 'upstream/error' });
    expect(receipt.model.requested).toEqual({ commitment: expect.any(String) });
  });

  it('its models are listed after the built-in one', async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toEqual(['countersign-demo', FOREIGN_MODEL]);
  });
});
