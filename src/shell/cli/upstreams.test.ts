import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { COMMON_WORDS, OPENAI_WORDS } from '../../exchange/chat-words.js';
import { PROVIDERS } from '../../exchange/providers.js';
import { RevokedFacts } from '../gateway/attestation/revoked-facts.js';
import { DEFAULT_TIMEOUTS } from '../gateway/timeouts.js';
import { attestingBy, openKeeping } from './attesting.js';
import { dataFolder } from './data-folder.js';
import { openOperations } from './operations.js';
import type { RequiredAttestation } from './settings/config-schema.js';
import { type NamedUpstream, type OpenedUpstreams, openUpstreams } from './upstreams.js';

beforeEach(() => {
  for (const name of ['AZURE_OPENAI_ENDPOINT', 'AWS_REGION', 'COUNTERSIGN_UPSTREAM_URL'])
    vi.stubEnv(name, '');
});
afterEach(() => vi.unstubAllEnvs());

async function open(...texts: string[]) {
  const { upstreams, publicModels } = await openUpstreams(
    texts.map(text => ({ text, key: null })),
    DEFAULT_TIMEOUTS,
  );
  await Promise.all(upstreams.map(upstream => upstream.close()));
  return { upstreams: upstreams.map(({ name, origin }) => ({ name, origin })), publicModels };
}

describe('--upstream', () => {
  it.each<{ text: string; name: string; origin: string; environment?: Record<string, string> }>([
    { text: 'openai', name: 'openai', origin: 'https://api.openai.com' },
    { text: 'ollama', name: 'ollama', origin: 'http://127.0.0.1:11434' },
    { text: 'openai=https://proxy.example/v1', name: 'openai', origin: 'https://proxy.example' },
    { text: 'deepseek=https://proxy.example/v1', name: 'deepseek', origin: 'https://proxy.example' },
    { text: 'mine=http://127.0.0.1:9/v1', name: 'mine', origin: 'http://127.0.0.1:9' },
    { text: 'http://127.0.0.1:9/v1', name: '127.0.0.1:9', origin: 'http://127.0.0.1:9' },
    {
      text: 'azure',
      name: 'azure',
      origin: 'https://ours.openai.azure.com',
      environment: { AZURE_OPENAI_ENDPOINT: 'https://ours.openai.azure.com/' },
    },
    {
      text: 'bedrock',
      name: 'bedrock',
      origin: 'https://bedrock-runtime.eu-west-1.amazonaws.com',
      environment: { AWS_REGION: 'eu-west-1' },
    },
    {
      text: 'azure=https://ours.example/openai/v1',
      name: 'azure',
      origin: 'https://ours.example',
    },
  ])('$text', async ({ text, name, origin, environment = {} }) => {
    for (const [variable, value] of Object.entries(environment)) vi.stubEnv(variable, value);
    expect((await open(text)).upstreams).toEqual([{ name, origin }]);
  });

  it.each([
    ['openai', OPENAI_WORDS],
    ['openai=https://proxy.example/v1', OPENAI_WORDS],
    ['mistral', PROVIDERS.get('mistral')?.chatWords],
    ['mine=http://127.0.0.1:9/v1', COMMON_WORDS],
    ['http://127.0.0.1:9/v1', COMMON_WORDS],
  ])('%s: a translation asks it in its words', async (text, words) => {
    const { upstreams } = await openUpstreams([{ text, key: null }], DEFAULT_TIMEOUTS);
    expect(upstreams.map(({ chatWords }) => chatWords)).toEqual([words]);
    await Promise.all(upstreams.map(upstream => upstream.close()));
  });

  it.each([
    ['openai', 'openai'],
    ['openai=https://proxy.example/v1', 'openai'],
    ['mine=http://127.0.0.1:9/v1', null],
    ['http://127.0.0.1:9/v1', null],
    // A host that is called so is not the provider.
    ['http://openai/v1', null],
  ])('%s: keys, headers and models of %s are for it', async (text, provider) => {
    const { upstreams } = await openUpstreams([{ text, key: null }], DEFAULT_TIMEOUTS);
    expect(upstreams.map(upstream => upstream.provider?.name ?? null)).toEqual([provider]);
    await Promise.all(upstreams.map(upstream => upstream.close()));
  });

  it('several times: in that order, with the public names of each', async () => {
    const { upstreams, publicModels } = await open('openai', 'groq', 'anthropic');
    expect(upstreams.map(({ name }) => name)).toEqual(['openai', 'groq', 'anthropic']);
    expect(
      ['gpt-4o', 'claude-sonnet-4-5', 'llama'].map(model => publicModels.some(known => known.test(model))),
    ).toEqual([true, true, false]);
  });

  it.each<{ what: string; texts: string[]; says: RegExp }>([
    { what: 'a name that nobody has', texts: ['somebody'], says: /one of: openai, anthropic/ },
    { what: 'a name twice', texts: ['openai', 'openai=http://127.0.0.1/v1'], says: /names "openai" twice/ },
    { what: 'two URLs alone', texts: ['http://127.0.0.1:1/v1', 'http://127.0.0.1:2/v1'], says: /Only one/ },
    {
      what: 'the engine’s name',
      texts: ['built-in=http://127.0.0.1/v1'],
      says: /cannot be an upstream's name/,
    },
    {
      what: 'the name of who is paid nothing',
      texts: ['protocol=http://127.0.0.1/v1'],
      says: /not built-in or protocol/,
    },
    {
      what: 'a host of that name, by its URL alone',
      texts: ['http://protocol/v1'],
      says: /--upstream mine=http:\/\/protocol\/v1/,
    },
    { what: 'a name that is too long', texts: [`${'a'.repeat(33)}=http://127.0.0.1/v1`], says: /cannot be/ },
    { what: 'a name and no URL', texts: ['mine=127.0.0.1'], says: /none of these/ },
    { what: 'a URL with a key', texts: ['mine=http://127.0.0.1/v1?key=x'], says: /a key belongs in/ },
    { what: 'a part of the address that is missing', texts: ['azure'], says: /AZURE_OPENAI_ENDPOINT/ },
  ])('$what: wrong usage', async ({ texts, says }) => {
    await expect(open(...texts)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(says),
    });
  });

  it('a part of the address cannot bring a user or a query with it', async () => {
    vi.stubEnv('AZURE_OPENAI_ENDPOINT', 'https://user:secret@ours.example');
    await expect(open('azure')).rejects.toThrow(/without user, query or fragment/);
    vi.stubEnv('AZURE_OPENAI_ENDPOINT', 'https://ours.example?x=');
    await expect(open('azure')).rejects.toThrow(/without user, query or fragment/);
  });
});

describe('upstreams that are opened again', () => {
  const mine = { text: 'mine=http://127.0.0.1:9/v1', key: 'sk-1' };
  const reopen = async (given: { text: string; key: string | null }, timeouts = DEFAULT_TIMEOUTS) => {
    const { upstreams: before } = await openUpstreams([mine], DEFAULT_TIMEOUTS);
    const { upstreams: after } = await openUpstreams([given], timeouts, undefined, before);
    await Promise.all([...before, ...after].map(upstream => upstream.close()));
    return after[0] === before[0];
  };

  it('are the same, with their connections, where nothing of them has changed', async () => {
    expect(await reopen({ ...mine })).toBe(true);
  });

  it.each([
    ['their key', { ...mine, key: 'sk-2' }, DEFAULT_TIMEOUTS],
    ['whether they have one', { ...mine, key: null }, DEFAULT_TIMEOUTS],
    ['their address', { ...mine, text: 'mine=http://127.0.0.1:8/v1' }, DEFAULT_TIMEOUTS],
    ['their name', { ...mine, text: 'yours=http://127.0.0.1:9/v1' }, DEFAULT_TIMEOUTS],
    ['a timeout', mine, { ...DEFAULT_TIMEOUTS, idle: 1 }],
  ])('are others where %s has changed', async (_, given, timeouts) => {
    expect(await reopen(given, timeouts)).toBe(false);
  });
});

describe('an upstream that has to show what it is', () => {
  const attestation: RequiredAttestation = {
    provider: 'countersign',
    evidence: { 'sev-snp': { measurements: [new Uint8Array(48)] } },
  };

  it('is asked over TLS, or not at all', async () => {
    const given = { text: 'far=http://far.example/v1', key: null, attestation };
    await expect(openUpstreams([given], DEFAULT_TIMEOUTS)).rejects.toThrow(
      'The upstream "far" cannot attest itself over http://',
    );
  });

  it('is taken again as it was, and made anew where it has to show something else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-attesting-'));
    try {
      const operations = await openOperations({ format: 'text', level: 'error' });
      const keeping = await openKeeping(dataFolder(folder), {}, operations.onProblem);
      const attesting = attestingBy(keeping, operations, new RevokedFacts());
      const given = { text: 'far=https://far.example/v1', key: null, attestation };
      const opened = async (one: NamedUpstream, before: OpenedUpstreams['upstreams'] = []) =>
        (await openUpstreams([one], DEFAULT_TIMEOUTS, undefined, before, attesting)).upstreams;
      const before = await opened(given);
      expect(before[0]?.attestation?.finding).toBeNull();
      expect(await opened(given, before)).toEqual(before);
      const other = {
        ...attestation,
        evidence: { 'sev-snp': { measurements: [new Uint8Array(48).fill(1)] } },
      };
      const after = await opened({ ...given, attestation: other }, before);
      expect(after[0]).not.toBe(before[0]);
      await Promise.all([...before, ...after].map(upstream => upstream.close()));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
