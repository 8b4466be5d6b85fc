import { describe, expect, it } from 'vitest';
import { isTransientStatus } from './provider.js';
import { PROVIDERS, providerOfKey } from './providers.js';
import { SURFACES } from './surfaces.js';

const DIALECTS = new Map(SURFACES.map(({ name, dialect }) => [name, dialect]));

describe('the table of providers', () => {
  it('has those that people use', () => {
    expect([...PROVIDERS.keys()]).toEqual([
      'openai',
      'anthropic',
      'google',
      'azure',
      'bedrock',
      'mistral',
      'groq',
      'together',
      'fireworks',
      'deepseek',
      'xai',
      'openrouter',
      'ollama',
      'vllm',
      'llamacpp',
      'lmstudio',
      'countersign',
    ]);
  });

  it.each([...PROVIDERS.values()])(
    '$name',
    ({ name, apis, keyVariable, publicModels, clientHeaders = [] }) => {
      expect(name).toMatch(/^[a-z]+$/);
      expect(keyVariable === null || /^[A-Z_]+$/.test(keyVariable)).toBe(true);
      const bases = apis.map(
        ({ base }) =>
          new URL(base.replace(/^\{[A-Z_]+\}/, 'https://example.com').replace(/\{[A-Z_]+\}/, 'x')),
      );
      expect(new Set(bases.map(({ origin }) => origin)).size).toBe(1);
      for (const { protocol, hostname, pathname } of bases) {
        // Only what runs on the same machine is asked in clear.
        expect(protocol === 'https:' || hostname === '127.0.0.1').toBe(true);
        expect(pathname).not.toMatch(/\/$/);
      }
      for (const { dialect, surfaces } of apis) {
        expect(surfaces.length).toBeGreaterThan(0);
        for (const surface of surfaces) expect(DIALECTS.get(surface), surface).toBe(dialect);
      }
      const served = apis.flatMap(({ surfaces }) => surfaces);
      expect(new Set(served).size).toBe(served.length);
      // None in which a key, a cookie or another host's name could be.
      for (const header of clientHeaders)
        expect(header).toMatch(/^(?:http-referer|x-[a-z-]*(?:title|categories))$/);
      // A name that is public by its form alone must be matched to its end.
      if (publicModels !== null) {
        expect(publicModels.source).toMatch(/^\^.*\$$/);
        for (const own of ['ft:gpt-4o:somebody::1', 'gpt-4o\nOtto', 'Otto Normal', ''])
          expect(publicModels.test(own)).toBe(false);
      }
    },
  );
});

it('knows who takes the limit to an answer’s tokens under its older name alone', () => {
  const older = [...PROVIDERS.values()].filter(({ chatWords }) => chatWords?.limit === 'max_tokens');
  expect(older.map(({ name }) => name)).toEqual([
    'mistral',
    'together',
    'deepseek',
    'ollama',
    'llamacpp',
    'lmstudio',
  ]);
});

describe('a key is plainly of', () => {
  it.each<[key: string, of: string | null]>([
    ['sk-proj-abc', 'openai'],
    ['sk-svcacct-abc', 'openai'],
    ['sk-admin-abc', 'openai'],
    ['sk-abcdefghijklmnopqrstT3BlbkFJabcdefghijklmnopqrst', 'openai'],
    ['sk-ant-api03-abc', 'anthropic'],
    ['sk-ant-oat01-abc', 'anthropic'],
    ['AIzaabc', 'google'],
    ['AQ.abc', 'google'],
    ['ya29.abc', 'google'],
    ['gsk_abc', 'groq'],
    ['tgp_v1_abc', 'together'],
    ['fw_abc', 'fireworks'],
    ['xai-abc', 'xai'],
    ['sk-or-v1-abc', 'openrouter'],
    // As DeepSeek's and many others'.
    ['sk-0123456789abcdef0123456789abcdef', null],
    ['0123456789abcdef0123456789abcdef', null],
    ['a sk-ant-api03-abc', null],
    ['SK-ANT-abc', null],
    ['', null],
  ])('%s: %s', (key, of) => {
    expect(providerOfKey(key)?.name ?? null).toBe(of);
  });
});

describe('a model is known to be of', () => {
  it.each<[model: string, of: readonly string[]]>([
    ['gpt-4o', ['openai']],
    ['text-embedding-3-small', ['openai']],
    ['text-embedding-ada-002', ['openai']],
    ['text-embedding-004', ['google']],
    ['gemini-2.5-pro', ['google']],
    ['models/gemini-2.5-pro', ['google']],
    ['claude-sonnet-4-5', ['anthropic']],
    ['mistral-large-latest', ['mistral']],
    ['grok-4', ['xai']],
    ['deepseek-chat', ['deepseek']],
    // Whoever has them, it is not who made them.
    ['gpt-oss-120b', []],
    ['gpt-oss:20b', []],
    ['llama-3.3-70b-versatile', []],
  ])('%s: %j', (model, of) => {
    const known = [...PROVIDERS.values()].filter(({ publicModels }) => publicModels?.test(model));
    expect(known.map(({ name }) => name)).toEqual(of);
  });
});

describe('a status that says that the same request may fare better a little later', () => {
  it.each([
    [{}, 429, true],
    [{}, 500, true],
    [{}, 503, true],
    [{}, 400, false],
    [{}, 401, false],
    [{}, 529, false],
    [{ transient: [529] }, 529, true],
    [{ transient: [529] }, 400, false],
  ])('%j %d: %s', (provider, status, expected) => {
    expect(isTransientStatus(status, provider)).toBe(expected);
  });

  it('Anthropic’s own is known', () => {
    expect(isTransientStatus(529, PROVIDERS.get('anthropic') ?? {})).toBe(true);
  });
});
