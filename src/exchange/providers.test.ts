import { describe, expect, it } from 'vitest';
import { isTransientStatus } from './provider.js';
import { PROVIDERS } from './providers.js';
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

  it.each([...PROVIDERS.values()])('$name', ({ name, apis, keyVariable, publicModels }) => {
    expect(name).toMatch(/^[a-z]+$/);
    expect(keyVariable === null || /^[A-Z_]+$/.test(keyVariable)).toBe(true);
    const bases = apis.map(
      ({ base }) => new URL(base.replace(/^\{[A-Z_]+\}/, 'https://example.com').replace(/\{[A-Z_]+\}/, 'x')),
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
    // A name that is public by its form alone must be matched to its end.
    if (publicModels !== null) {
      expect(publicModels.source).toMatch(/^\^.*\$$/);
      for (const own of ['ft:gpt-4o:somebody::1', 'gpt-4o\nOtto', 'Otto Normal', ''])
        expect(publicModels.test(own)).toBe(false);
    }
  });
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
