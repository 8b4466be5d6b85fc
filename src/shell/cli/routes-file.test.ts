import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRoutes } from './routes-file.js';

let folder: string;
let path: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-routes-'));
  path = join(folder, 'routes.json');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(value: unknown) {
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return readRoutes(path);
}

const one = (model: string, weight = 1) => ({ model, weight });

describe('a name stands for', () => {
  it.each<{ what: string; steps: unknown; tiers: unknown }>([
    { what: 'a model', steps: 'groq/llama', tiers: [{ balance: 'weight', targets: [one('groq/llama')] }] },
    {
      what: 'several models that share its traffic',
      steps: { balance: 'latency', targets: ['a/x', { model: 'b/x', weight: 3 }, { model: 'c/x' }] },
      tiers: [{ balance: 'latency', targets: [one('a/x'), one('b/x', 3), one('c/x')] }],
    },
    {
      what: 'fallbacks',
      steps: ['a/x', { targets: ['b/x', 'c/x'] }, 'd/x'],
      tiers: [
        { balance: 'weight', targets: [one('a/x')] },
        { balance: 'weight', targets: [one('b/x'), one('c/x')] },
        { balance: 'weight', targets: [one('d/x')] },
      ],
    },
  ])('$what', async ({ steps, tiers }) => {
    expect(await read({ models: { fast: steps } })).toEqual(new Map([['fast', tiers]]));
  });

  it('the model of the same name, somewhere', async () => {
    expect([...(await read({ models: { 'gpt-4o': ['gpt-4o', 'azure/gpt-4o'] } })).keys()]).toEqual([
      'gpt-4o',
    ]);
  });
});

describe('what is wrong is said, with its place', () => {
  it.each<{ what: string; value: unknown; says: RegExp }>([
    { what: 'no JSON', value: '{', says: /routes\.json is not JSON/ },
    {
      what: 'a key in its place, of which nothing is said',
      value: 'sk-secret',
      says: /routes\.json is not JSON\.$/,
    },
    { what: 'no models', value: {}, says: /routes\.json: models: / },
    { what: 'a surplus member', value: { models: {}, retries: 1 }, says: /retries/ },
    {
      what: 'a name that could not stand in the log',
      value: { models: { 'a b': 'x' } },
      says: /models\.a b: /,
    },
    { what: 'an empty model', value: { models: { fast: '' } }, says: /models\.fast/ },
    { what: 'no target', value: { models: { fast: { targets: [] } } }, says: /models\.fast/ },
    { what: 'no step', value: { models: { fast: [] } }, says: /models\.fast/ },
    { what: 'too many steps', value: { models: { fast: Array(9).fill('x') } }, says: /models\.fast/ },
    {
      what: 'a weight of nothing',
      value: { models: { fast: { targets: [{ model: 'x', weight: 0 }] } } },
      says: /models\.fast/,
    },
    {
      what: 'another balance',
      value: { models: { fast: { targets: ['x'], balance: 'luck' } } },
      says: /models\.fast/,
    },
    { what: 'a number', value: { models: { fast: 1 } }, says: /models\.fast: a name stands for/ },
    {
      what: 'a name of the file',
      value: { models: { fast: 'slow', slow: 'x' } },
      says: /models\.fast: "slow" is a name of this file/,
    },
    {
      what: 'too many names',
      value: { models: Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`m${at}`, 'x'])) },
      says: /models: /,
    },
    { what: 'too many bytes', value: ' '.repeat(1024 * 1024 + 1), says: /more than 1048576 bytes/ },
  ])('$what', async ({ value, says }) => {
    await expect(read(value)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(says),
    });
  });

  it('no file', async () => {
    await expect(readRoutes(join(folder, 'none.json'))).rejects.toThrow(/there is no such file/);
  });
});
