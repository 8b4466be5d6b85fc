import { describe, expect, it } from 'vitest';
import {
  ANTHROPIC_SURFACES,
  GOOGLE_SURFACES,
  OPENAI_SURFACES,
  PROVIDERS,
} from '../../../exchange/providers.js';
import type { SurfaceName } from '../../../exchange/surface-names.js';
import type { Upstream } from '../../../exchange/upstream.js';
import { ModelNames } from '../model-names.js';
import type { Choice } from './route.js';
import type { RouteDescriptions } from './route-description.js';
import { RoutingTable } from './routing-table.js';

/** One that speaks OpenAI's API. */
const upstream = (name: string, ...listed: string[]) => speaking(name, OPENAI_SURFACES, ...listed);

const speaking = (name: string, surfaces: readonly SurfaceName[], ...listed: string[]) =>
  ({
    name,
    provider: PROVIDERS.get(name) ?? null,
    serves: surface => surfaces.includes(surface),
    models: async () => listed.map(id => ({ id, object: 'model', created: 1, owned_by: name })),
  }) satisfies Partial<Upstream> as unknown as Upstream;

const ENGINE = upstream('built-in', 'demo');
const FIRST = upstream('openai', 'gpt-4o', 'both');
const SECOND = upstream('groq', 'llama', 'both', 'demo');

async function tableOf(
  upstreams: readonly Upstream[],
  aliases: RouteDescriptions = new Map(),
): Promise<RoutingTable> {
  const names = new ModelNames({
    known: [],
    aliases: new Set(aliases.keys()),
    upstreams: new Set(upstreams.map(({ name }) => name)),
  });
  for (const one of [ENGINE, ...upstreams]) await names.ask(one);
  return new RoutingTable({ engine: ENGINE, upstreams, aliases, names });
}

describe('a model’s name stands for', () => {
  it.each<{ model: string | null; name: string; asked: string | null; by?: Choice }>([
    // What the engine needs of a client is nothing.
    { model: 'demo', name: 'built-in', asked: null, by: 'found' },
    { model: 'gpt-4o', name: 'openai', asked: null },
    // Listed there and not named: a client's key may be for another.
    { model: 'llama', name: 'groq', asked: null, by: 'found' },
    { model: 'both', name: 'openai', asked: null },
    { model: 'groq/llama', name: 'groq', asked: 'llama', by: 'named' },
    { model: 'groq/demo', name: 'groq', asked: 'demo', by: 'named' },
    { model: 'groq/meta/llama', name: 'groq', asked: 'meta/llama', by: 'named' },
    { model: 'openai/anything', name: 'openai', asked: 'anything', by: 'named' },
    { model: 'meta/llama', name: 'openai', asked: null },
    { model: 'groq/', name: 'openai', asked: null },
    { model: '/llama', name: 'openai', asked: null },
    { model: 'anything', name: 'openai', asked: null },
    { model: '__proto__/x', name: 'openai', asked: null },
    { model: null, name: 'openai', asked: null },
  ])('$model: $name, asked for $asked', async ({ model, name, asked, by = 'first' }) => {
    const { tiers, choice } = (await tableOf([FIRST, SECOND])).route(model, 'chat/completions');
    expect(choice).toBe(by);
    expect(tiers.map(({ targets }) => targets.map(target => [target.upstream.name, target.model]))).toEqual([
      [[name, asked]],
    ]);
  });

  it.each(['anything', 'openai/gpt-4o', null])('without an upstream, %s: nothing', async model => {
    const table = await tableOf([]);
    expect(() => table.route(model, 'chat/completions')).toThrowError(
      expect.objectContaining({ code: 'request/model-unknown' }),
    );
  });
});

describe('a name without an upstream in front', () => {
  const ALL: readonly Upstream[] = [
    upstream('openai'),
    upstream('groq', 'claude-of-groq', 'gemini-of-groq'),
    speaking('anthropic', ANTHROPIC_SURFACES, 'both'),
    speaking('google', [...GOOGLE_SURFACES, 'chat/completions']),
    upstream('mine', 'both'),
  ];
  const asked: readonly [model: string | null, surface: SurfaceName, name: string][] = [
    // By what is listed, where it can be asked; whoever lists it and is asked by translation goes before the others.
    ['both', 'chat/completions', 'anthropic'],
    ['both', 'messages', 'anthropic'],
    ['both', 'embeddings', 'mine'],
    ['claude-of-groq', 'messages', 'groq'],
    // Listed by one that cannot be asked this.
    ['claude-of-groq', 'messages/count_tokens', 'anthropic'],
    ['gemini-of-groq', 'generateContent', 'google'],
    // By what a provider is known for.
    ['claude-sonnet-4-5', 'messages', 'anthropic'],
    ['claude-sonnet-4-5', 'messages/count_tokens', 'anthropic'],
    ['claude-sonnet-4-5', 'chat/completions', 'anthropic'],
    ['gemini-2.5-pro', 'generateContent', 'google'],
    ['gemini-2.5-pro', 'chat/completions', 'google'],
    ['gpt-4o', 'chat/completions', 'openai'],
    ['gpt-4o', 'messages', 'openai'],
    ['gemini-2.5-pro', 'responses', 'google'],
    // It cannot be asked this.
    ['claude-sonnet-4-5', 'embeddings', 'openai'],
    // By who speaks the client's API.
    ['anything', 'messages', 'anthropic'],
    ['anything', 'streamGenerateContent', 'google'],
    ['anything', 'chat/completions', 'openai'],
    [null, 'messages', 'anthropic'],
    [null, 'moderations', 'openai'],
    ['gpt-4o', 'countTokens', 'google'],
  ];
  it.each(asked)('%s at %s: %s', async (model, surface, name) => {
    const { tiers } = (await tableOf(ALL)).route(model, surface);
    expect(tiers[0].targets.map(target => [target.upstream.name, target.model])).toEqual([[name, null]]);
  });

  it('goes to the first where nobody can be asked, which is refused later', async () => {
    const table = await tableOf([FIRST, SECOND]);
    expect(table.route('llama', 'generateContent').tiers[0].targets[0].upstream.name).toBe('openai');
  });

  it('goes to the first that is translated for where nobody speaks the client’s API', async () => {
    const google = speaking('google', GOOGLE_SURFACES);
    const table = await tableOf([google, FIRST, SECOND]);
    const { tiers, choice } = table.route('anything', 'messages');
    expect([tiers[0].targets[0].upstream.name, choice]).toEqual(['openai', 'found']);
  });

  it('means the same in a route of the operator’s, but for the client’s API, which nobody knows before', async () => {
    const targets = ['claude-sonnet-4-5', 'both', 'anything'].map(model => ({ model, weight: 1 }));
    const [one, ...others] = targets as [(typeof targets)[0], ...typeof targets];
    const table = await tableOf(ALL, new Map([['all', [{ balance: 'weight', targets: [one, ...others] }]]]));
    const [tier] = table.route('all', 'messages').tiers;
    expect(tier.targets.map(({ upstream: { name } }) => name)).toEqual(['anthropic', 'anthropic', 'openai']);
  });

  it('comes to an upstream that is alone otherwise than to the first of several', async () => {
    expect((await tableOf([FIRST])).route('anything', 'chat/completions').choice).toBe('only');
    expect((await tableOf([FIRST])).route('anything', 'messages').choice).toBe('only');
  });
});

describe('a name of the operator’s', () => {
  const aliases: RouteDescriptions = new Map([
    [
      'fast',
      [
        {
          balance: 'latency',
          targets: [
            { model: 'groq/llama', weight: 2 },
            { model: 'gpt-4o', weight: 1 },
          ],
        },
        { balance: 'weight', targets: [{ model: 'demo', weight: 1 }] },
      ],
    ],
    ['gpt-4o', [{ balance: 'weight', targets: [{ model: 'groq/llama', weight: 1 }] }]],
  ]);

  it('stands for its targets, each asked for the model by name, and no client’s key goes there', async () => {
    const { tiers, choice } = (await tableOf([FIRST, SECOND], aliases)).route('fast', 'chat/completions');
    expect(choice).toBe('operator');
    expect(
      tiers.map(({ balance, targets }) => [
        balance,
        ...targets.map(target => [target.upstream.name, target.model, target.weight]),
      ]),
    ).toEqual([
      ['latency', ['groq', 'llama', 2], ['openai', 'gpt-4o', 1]],
      ['weight', ['built-in', 'demo', 1]],
    ]);
  });

  it('goes before what upstreams list', async () => {
    const { tiers } = (await tableOf([FIRST, SECOND], aliases)).route('gpt-4o', 'messages');
    expect(tiers[0].targets[0].upstream.name).toBe('groq');
  });

  it('that nobody could know is refused before the first request', async () => {
    const unknown: RouteDescriptions = new Map([
      ['fast', [{ balance: 'weight', targets: [{ model: 'llama', weight: 1 }] }]],
    ]);
    await expect(tableOf([], unknown)).rejects.toMatchObject({ code: 'request/model-unknown' });
  });
});

describe('the name of a listed model', () => {
  it('has the upstream’s in front, but for the engine and the first', async () => {
    const table = await tableOf([FIRST, SECOND]);
    expect(table.nameOf(ENGINE, 'demo')).toBe('demo');
    expect(table.nameOf(FIRST, 'gpt-4o')).toBe('gpt-4o');
    expect(table.nameOf(SECOND, 'llama')).toBe('groq/llama');
  });

  it('has the first’s in front as well where it would go to another without, as what was listed to one client’s key alone may', async () => {
    const openrouter = upstream('openrouter');
    const table = await tableOf([openrouter, speaking('anthropic', ANTHROPIC_SURFACES)]);
    expect(
      ['x-ai/grok-4', 'anthropic/claude-sonnet-4.5', 'claude-sonnet-4-5', 'demo'].map(model =>
        table.nameOf(openrouter, model),
      ),
    ).toEqual([
      'x-ai/grok-4',
      'openrouter/anthropic/claude-sonnet-4.5',
      'openrouter/claude-sonnet-4-5',
      'openrouter/demo',
    ]);
  });
});
