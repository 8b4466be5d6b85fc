import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Transfer, UpstreamFailure, UpstreamHead } from '../../exchange/upstream.js';
import { answerText, collectChat } from './collect.js';
import { DEMONSTRATION_MODEL, Engine, MOST_ANSWERS, openEngine } from './engine.js';
import { Inference } from './inference.js';
import { readModel } from './model.js';
import { DEMONSTRATION_FOLDER, WORKER } from './place.js';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const chat = (content: string, fields: object = {}) => ({
  model: DEMONSTRATION_MODEL,
  messages: [{ role: 'user', content }],
  ...fields,
});
const textOf = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks).toString();

/** The events of a streamed answer, without the closing `[DONE]`. */
function eventsOf(
  stream: string,
): { choices: { delta: { content?: string }; finish_reason: string | null }[]; usage?: object }[] {
  const events = stream.split('\n\n');
  expect(events.slice(-2)).toEqual(['data: [DONE]', '']);
  return events.slice(0, -2).map(event => JSON.parse(event.replace(/^data: /, '')));
}

describe('the engine as an upstream', () => {
  it('names itself, its one model and its defaults', async () => {
    expect(engine.name).toBe('built-in');
    expect(engine.origin).toBe('built-in:');
    expect(engine.defaults).toMatchObject({ temperature: 0, top_p: 1 });
    expect(await engine.models()).toEqual([
      { id: DEMONSTRATION_MODEL, object: 'model', created: expect.any(Number), owned_by: 'countersign' },
    ]);
    expect(engine.modelDigest(DEMONSTRATION_MODEL)).toMatch(/^[0-9a-f]{64}$/);
    expect(engine.modelDigest('gpt-4o')).toBeNull();
  });

  it('answers a question that it was made for', async () => {
    expect(answerText(await collectChat(engine, chat('Say hello')))).toBe('Hello!');
    expect(answerText(await collectChat(engine, chat('What is a receipt?')))).toContain('signed statement');
  });

  it('answers whole: one JSON chunk with usage', async () => {
    const { head, chunks, failure } = await collectChat(engine, chat('What is 2 + 2?'));
    expect(failure).toBeNull();
    expect(head).toEqual({ status: 200, headers: { 'content-type': 'application/json' }, tlsSpki: null });
    expect(chunks).toHaveLength(1);
    const { id, usage, system_fingerprint } = JSON.parse(textOf(chunks));
    expect(id).toMatch(/^chatcmpl-[0-9a-f]{32}$/);
    expect(system_fingerprint).toBe(`fp_${engine.modelDigest(DEMONSTRATION_MODEL)?.slice(0, 12)}`);
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
  });

  it('streams the same text that it answers whole', async () => {
    const whole = JSON.parse(textOf((await collectChat(engine, chat('Count to twelve'))).chunks));
    const options = { stream: true, stream_options: { include_usage: true } };
    const { head, chunks } = await collectChat(engine, chat('Count to twelve', options));
    expect(head?.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(chunks.every(chunk => Buffer.from(chunk).toString().endsWith('\n\n'))).toBe(true);
    const events = eventsOf(textOf(chunks));
    const choices = events.flatMap(event => event.choices);
    expect(choices.map(choice => choice.delta.content ?? '').join('')).toBe(whole.choices[0].message.content);
    expect(choices.at(-1)?.finish_reason).toBe(whole.choices[0].finish_reason);
    expect(events.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
  });

  it('repeats a greedy answer in another engine', async () => {
    const other = await openEngine();
    const asked = chat('What is a witness? 你好 🤖');
    expect(answerText(await collectChat(other, asked))).toBe(answerText(await collectChat(engine, asked)));
    await other.close();
  });

  it('repeats a seeded answer, and draws anew without a seed', async () => {
    const drawn = async (fields: object) =>
      answerText(
        await collectChat(engine, chat('Tell me a joke', { temperature: 2, max_tokens: 30, ...fields })),
      );
    expect(await drawn({ seed: 5 })).toBe(await drawn({ seed: 5 }));
    const answers = await Promise.all(Array.from({ length: 6 }, () => drawn({})));
    expect(new Set(answers).size).toBeGreaterThan(1);
  });
});

describe('how answers end', () => {
  const completion = async (fields: object) => {
    const { chunks } = await collectChat(engine, chat('Count to twelve', fields));
    return JSON.parse(textOf(chunks));
  };

  it('at the limit: length', async () => {
    const { choices, usage } = await completion({ max_completion_tokens: 4 });
    expect(choices[0].finish_reason).toBe('length');
    expect(usage.completion_tokens).toBe(4);
  });

  it('at a stop text that spans tokens, without it', async () => {
    const whole = (await completion({})).choices[0].message.content;
    // Digits, commas and spaces are tokens of their own, so this text spans several.
    const stop = whole.slice(7, 13);
    const { choices, usage } = await completion({ stop: ['never', stop] });
    expect(choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: whole.slice(0, whole.indexOf(stop)) },
    });
    expect(usage.completion_tokens).toBeLessThan((await completion({})).usage.completion_tokens);
  });

  it('at a stop text in a stream, of which nothing is sent', async () => {
    const { chunks } = await collectChat(engine, chat('Count to twelve', { stop: ', 5', stream: true }));
    const choices = eventsOf(textOf(chunks)).flatMap(event => event.choices);
    expect(choices.map(choice => choice.delta.content ?? '').join('')).toBe('1, 2, 3, 4');
    expect(choices.at(-1)?.finish_reason).toBe('stop');
  });
});

describe('refusals', () => {
  const refused = async (request: object) => {
    const { head, chunks } = await collectChat(engine, request);
    return {
      status: head?.status,
      type: head?.headers['content-type'],
      error: JSON.parse(textOf(chunks)).error,
    };
  };

  it.each([
    {
      name: 'an unknown model',
      request: { ...chat('x'), model: 'gpt-4o' },
      status: 404,
      code: 'model_not_found',
      param: 'model',
    },
    {
      name: 'a tool',
      request: chat('x', { tools: [{}] }),
      status: 400,
      code: 'unsupported_parameter',
      param: 'tools',
    },
    {
      name: 'an endless prompt',
      request: chat('x '.repeat(100_000)),
      status: 400,
      code: 'context_length_exceeded',
      param: 'messages',
    },
    {
      name: 'a slightly too long prompt',
      request: chat('7'.repeat(509)),
      status: 400,
      code: 'context_length_exceeded',
      param: 'messages',
    },
  ])('$name', async ({ request, status, code, param }) => {
    const refusal = await refused(request);
    expect(refusal).toMatchObject({
      status,
      type: 'application/json',
      error: { type: 'invalid_request_error', code, param },
    });
  });

  it.each(['embeddings', 'responses'] as const)('%s', async surface => {
    const status = await new Promise<number>((resolve, reject) => {
      const sink = {
        head: (head: UpstreamHead) => resolve(head.status),
        data: () => {},
        end: () => {},
        fail: reject,
      };
      engine.send(
        { surface, path: `/${surface}`, headers: {}, credentials: {}, key: null, body: new Uint8Array(0) },
        sink,
      );
    });
    expect(status).toBe(404);
  });

  it('the longest prompt that fits is answered, with at least one token', async () => {
    const { head, chunks } = await collectChat(engine, chat('7'.repeat(508)));
    expect(head?.status).toBe(200);
    expect(JSON.parse(textOf(chunks)).usage.prompt_tokens).toBe(511);
  });

  it('one answer more than the engine takes, until one has ended', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: MOST_ANSWERS + 1 }, () => collectChat(engine, chat('Hello', { max_tokens: 1 }))),
    );
    expect(outcomes.map(({ head }) => head?.status).sort()).toEqual([...Array(MOST_ANSWERS).fill(200), 503]);
    const overloaded = outcomes.find(({ head }) => head?.status === 503);
    expect(overloaded?.head?.headers['retry-after']).toBe('1');
    expect(JSON.parse(textOf(overloaded?.chunks ?? [])).error.code).toBe('engine_overloaded');
    expect((await collectChat(engine, chat('Hello'))).head?.status).toBe(200);
  });
});

/** Sends a long stream and calls back at each chunk. */
function stream(upstream: Engine, onData: (transfer: Transfer, chunks: number) => void) {
  const heard: string[] = [];
  let chunks = 0;
  let transfer: Transfer | null = null;
  const done = new Promise<UpstreamFailure | null>(resolve => {
    transfer = upstream.send(
      {
        surface: 'chat/completions',
        path: '/chat/completions',
        headers: {},
        credentials: {},
        key: null,
        body: Buffer.from(JSON.stringify(chat('Count to 50', { stream: true }))),
      },
      {
        head: () => heard.push('head'),
        data: () => {
          heard.push('data');
          chunks += 1;
          if (transfer !== null) onData(transfer, chunks);
        },
        end: () => resolve(null),
        fail: resolve,
      },
    );
    expect(heard).toEqual([]);
  });
  return { done, heard };
}

describe('a running transfer', () => {
  it('is aborted within 50 ms, and the engine is free again', async () => {
    let aborted = 0;
    const { done, heard } = stream(engine, (transfer, chunks) => {
      if (chunks === 4) {
        aborted = performance.now();
        transfer.abort();
      }
    });
    expect(await done).toEqual({ kind: 'aborted' });
    expect(performance.now() - aborted).toBeLessThan(50);
    await setTimeout(100);
    expect(heard.filter(event => event === 'data')).toHaveLength(4);
    expect((await collectChat(engine, chat('Hello', { max_tokens: 1 }))).head?.status).toBe(200);
  });

  it('pauses and resumes without losing a chunk', async () => {
    let pausedAt = 0;
    const { done, heard } = stream(engine, (transfer, chunks) => {
      if (chunks !== 3) return;
      transfer.pause();
      void setTimeout(100).then(() => {
        pausedAt = heard.length;
        transfer.resume();
      });
    });
    expect(await done).toBeNull();
    expect(pausedAt).toBe(4);
    expect(heard.length).toBeGreaterThan(100);
  });

  it('breaks when the engine is closed, and so does what comes later', async () => {
    const closing = await openEngine();
    const { done } = stream(closing, () => void closing.close());
    expect(await done).toMatchObject({ kind: 'broken' });
    expect((await collectChat(closing, chat('Hello'))).failure).toMatchObject({ kind: 'broken' });
  });
});

describe('a worker that dies', () => {
  it('fails its answers as broken; the next request gets a new worker', async () => {
    const model = await readModel(DEMONSTRATION_FOLDER);
    const dying = "require('node:worker_threads').parentPort.on('message', () => process.exit(1))";
    const workerData = { network: model.network, shape: model.shape };
    const starts = [() => new Worker(dying, { eval: true }), () => new Worker(WORKER, { workerData })];
    const mortal = new Engine(model, new Inference(() => (starts.shift() ?? expect.unreachable())()));
    const outcomes = await Promise.all([1, 2].map(() => collectChat(mortal, chat('Hello'))));
    for (const { head, failure } of outcomes) {
      expect(head).toBeNull();
      expect(failure).toEqual({ kind: 'broken', detail: 'the worker ended' });
    }
    expect((await collectChat(mortal, chat('Hello', { max_tokens: 1 }))).head?.status).toBe(200);
    await mortal.close();
  });
});

describe('opening', () => {
  it('takes well under a second, and requests wait for the network', async () => {
    const began = performance.now();
    const opened = await openEngine();
    expect(performance.now() - began).toBeLessThan(1000);
    expect((await collectChat(opened, chat('Hello', { max_tokens: 1 }))).head?.status).toBe(200);
    await opened.close();
  });

  it('runs no network that is not the one that was hashed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-engine-'));
    await cp(DEMONSTRATION_FOLDER, folder, { recursive: true });
    const opened = await openEngine(folder);
    await writeFile(join(folder, 'model.onnx'), 'another');
    expect((await collectChat(opened, chat('Hello'))).failure).toEqual({
      kind: 'broken',
      detail: 'Error: model.onnx has changed since the engine was opened: start it again',
    });
    await cp(DEMONSTRATION_FOLDER, folder, { recursive: true });
    expect((await collectChat(opened, chat('Hello', { max_tokens: 1 }))).head?.status).toBe(200);
    await opened.close();
    await rm(folder, { recursive: true });
  });

  it('rejects for a folder without a model', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-engine-'));
    await expect(openEngine(folder)).rejects.toThrow('ENOENT');
    await rm(folder, { recursive: true });
  });
});
