import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { Commission } from './generation.js';
import { Inference } from './inference.js';

const COMMISSION: Commission = {
  prompt: [1],
  sampling: { temperature: 0, topP: 1, seed: 0 },
  most: 1,
  specialTokens: 4,
};

/** Starts workers from source text, one after the other; the last one again and again. */
function workers(...sources: string[]): { start: () => Worker; started: () => number } {
  let count = 0;
  const start = () => {
    const source = sources[Math.min(count, sources.length - 1)] ?? '';
    count += 1;
    return new Worker(`const { parentPort } = require('node:worker_threads');${source}`, { eval: true });
  };
  return { start, started: () => count };
}

const ANSWERS = `parentPort.on('message', ({ kind, id }) => {
  if (kind === 'generate') parentPort.postMessage({ kind: 'step', id, token: 7, ending: 'stop' });
});`;
const DIES = `parentPort.on('message', () => process.exit(1));`;
const THROWS = `parentPort.on('message', () => { throw new Error('out of order'); });`;
const DIES_AT_ONCE = 'throw new Error("cannot load");';
const SILENT = `parentPort.on('message', () => {});`;

let inference: Inference;
afterEach(() => inference.close());

const generate = () =>
  new Promise<string>(resolve => {
    inference.generate(COMMISSION, {
      step: (token, ending) => resolve(`${token} ${ending}`),
      failed: detail => resolve(`failed: ${detail}`),
    });
  });

describe('a worker that dies', () => {
  it.each([
    { name: 'exits', source: DIES, detail: 'the worker ended' },
    { name: 'throws', source: THROWS, detail: 'Error: out of order' },
    { name: 'never loads', source: DIES_AT_ONCE, detail: 'Error: cannot load' },
  ])(
    'fails every running answer when it $name, and is replaced when asked again',
    async ({ source, detail }) => {
      const { start, started } = workers(source, ANSWERS);
      inference = new Inference(start);
      expect(await Promise.all([generate(), generate(), generate()])).toEqual(
        Array(3).fill(`failed: ${detail}`),
      );
      expect(inference.load).toBe(0);
      expect(started()).toBe(1);
      expect(await generate()).toBe('7 stop');
      expect(await generate()).toBe('7 stop');
      expect(started()).toBe(2);
    },
  );

  it('is tried again each time it cannot load, and never on its own', async () => {
    const { start, started } = workers(DIES_AT_ONCE);
    inference = new Inference(start);
    expect(await generate()).toBe('failed: Error: cannot load');
    expect(await generate()).toBe('failed: Error: cannot load');
    expect(started()).toBe(2);
  });
});

describe('inference', () => {
  it('hears nothing of an answer that was stopped, and no longer counts it', async () => {
    inference = new Inference(workers(SILENT).start);
    const listener = { step: () => expect.unreachable(), failed: () => expect.unreachable() };
    const stop = inference.generate(COMMISSION, listener);
    expect(inference.load).toBe(1);
    stop();
    stop();
    expect(inference.load).toBe(0);
  });

  it('fails what is running when it is closed, and everything after that', async () => {
    const { start, started } = workers(SILENT);
    inference = new Inference(start);
    const running = generate();
    await inference.close();
    expect(await running).toBe('failed: the worker ended');
    expect(await generate()).toBe('failed: the engine is closed');
    expect(started()).toBe(1);
  });

  it('fails one answer alone when the worker says so', async () => {
    const source = `parentPort.on('message', ({ id }) => {
      parentPort.postMessage(id === 1 ? { kind: 'failed', id, detail: 'no' } : { kind: 'step', id, token: null, ending: 'length' });
    });`;
    inference = new Inference(workers(source).start);
    expect(await Promise.all([generate(), generate()])).toEqual(['failed: no', 'null length']);
  });
});
