import { describe, expect, it } from 'vitest';
import type { Upstream } from '../../../exchange/upstream.js';
import { ModelNames } from '../model-names.js';
import type { RouteDescriptions } from './route-description.js';
import { RoutingTable } from './routing-table.js';

const upstream = (name: string, ...listed: string[]) =>
  ({
    name,
    models: async () => listed.map(id => ({ id, object: 'model', created: 1, owned_by: name })),
  }) as unknown as Upstream;

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
  it.each<{ model: string | null; name: string; asked: string | null; trusted?: false }>([
    { model: 'demo', name: 'built-in', asked: null },
    { model: 'gpt-4o', name: 'openai', asked: null },
    // Listed there and not named: a client's key may be for another.
    { model: 'llama', name: 'groq', asked: null, trusted: false },
    { model: 'both', name: 'openai', asked: null },
    { model: 'groq/llama', name: 'groq', asked: 'llama' },
    { model: 'groq/demo', name: 'groq', asked: 'demo' },
    { model: 'groq/meta/llama', name: 'groq', asked: 'meta/llama' },
    { model: 'openai/anything', name: 'openai', asked: 'anything' },
    { model: 'meta/llama', name: 'openai', asked: null },
    { model: 'groq/', name: 'openai', asked: null },
    { model: '/llama', name: 'openai', asked: null },
    { model: 'anything', name: 'openai', asked: null },
    { model: '__proto__/x', name: 'openai', asked: null },
    { model: null, name: 'openai', asked: null },
  ])('$model: $name, asked for $asked', async ({ model, name, asked, trusted = true }) => {
    const { tiers, direct } = (await tableOf([FIRST, SECOND])).route(model);
    expect(direct).toBe(trusted);
    expect(tiers.map(({ targets }) => targets.map(target => [target.upstream.name, target.model]))).toEqual([
      [[name, asked]],
    ]);
  });

  it.each(['anything', 'openai/gpt-4o', null])('without an upstream, %s: nothing', async model => {
    const table = await tableOf([]);
    expect(() => table.route(model)).toThrowError(expect.objectContaining({ code: 'request/model-unknown' }));
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
    const { tiers, direct } = (await tableOf([FIRST, SECOND], aliases)).route('fast');
    expect(direct).toBe(false);
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
    const { tiers } = (await tableOf([FIRST, SECOND], aliases)).route('gpt-4o');
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
});
