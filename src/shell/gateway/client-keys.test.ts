/** Where requests go that name no upstream, and which upstreams get a client's own key: the gateway has none in all of these tests. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { type GatewayOptions, openGateway } from '../../../test/end-to-end/gateway.js';
import { answer, completion, type SeenRequest, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import { ANTHROPIC_SURFACES, GOOGLE_SURFACES, OPENAI_SURFACES, PROVIDERS } from '../../exchange/providers.js';

type Name = 'openai' | 'anthropic' | 'google' | 'groq' | 'mine' | 'countersign';

const ANTHROPIC_KEY = 'sk-ant-api03-SECRET';
const OPENAI_KEY = 'sk-proj-SECRET';
const GOOGLE_KEY = 'AIzaSECRET';
const OPENROUTER_KEY = 'sk-or-v1-SECRET';
const SOME_KEY = 'SECRET-of-somebody';

const SERVED = {
  openai: OPENAI_SURFACES,
  anthropic: ANTHROPIC_SURFACES,
  google: GOOGLE_SURFACES,
  groq: OPENAI_SURFACES,
  mine: OPENAI_SURFACES,
  countersign: OPENAI_SURFACES,
};

let hosts: ReadonlyMap<Name, TestUpstream>;

beforeAll(async () => {
  const names = Object.keys(SERVED) as Name[];
  hosts = new Map(await Promise.all(names.map(async name => [name, await TestUpstream.start()] as const)));
});

afterAll(async () => {
  for (const host of hosts.values()) await host.close();
});

beforeEach(() => {
  for (const host of hosts.values()) {
    host.requests.length = 0;
    host.listed.length = 0;
    // As providers, which list nothing to whoever has no key.
    host.models = null;
    host.behaviour = answer(200, completion());
  }
});

const hostOf = (name: Name) => hosts.get(name) as TestUpstream;

/** A gateway in front of these, in this order. */
async function gatewayOf(names: readonly Name[], options: GatewayOptions = {}) {
  const more = names.map(name => {
    const provider = PROVIDERS.get(name) ?? null;
    return [name, { base: hostOf(name).base, surfaces: SERVED[name], provider }] as const;
  });
  return openGateway({ more: Object.fromEntries(more), ...options });
}

/** What has come, and with which key in which header; null for a request without one. */
function seen({ path, headers }: SeenRequest) {
  const names = ['authorization', 'x-api-key', 'x-goog-api-key', 'api-key'];
  const keys = names.flatMap(name => (headers[name] === undefined ? [] : [`${name}: ${headers[name]}`]));
  return { path, key: keys.join(', ') || null };
}

interface Ask {
  readonly method: 'POST';
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: object;
}

const chats = (model: string, key: string): Ask => ({
  method: 'POST',
  path: '/v1/chat/completions',
  headers: { authorization: `Bearer ${key}` },
  body: chat({ model }),
});
const messages = (model: string, key: string, path = '/v1/messages'): Ask => ({
  method: 'POST',
  path,
  headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01' },
  body: { model, max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] },
});
const generates = (model: string, key: string, method = 'generateContent'): Ask => ({
  method: 'POST',
  path: `/v1beta/models/${model}:${method}`,
  headers: { 'x-goog-api-key': key },
  body: { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] },
});

describe('a request that names no upstream', () => {
  const GEMINI = '/v1/models/gemini-2.5-pro';
  it.each<{ what: string; asked: Ask; to: Name; path: string; key: string | null; among?: readonly Name[] }>([
    {
      what: 'for a model of Anthropic’s, in its dialect: there, with a key of its',
      asked: messages('claude-sonnet-4-5', ANTHROPIC_KEY),
      to: 'anthropic',
      path: '/v1/messages',
      key: `x-api-key: ${ANTHROPIC_KEY}`,
    },
    {
      what: 'to count its tokens: the same',
      asked: messages('claude-sonnet-4-5', ANTHROPIC_KEY, '/v1/messages/count_tokens'),
      to: 'anthropic',
      path: '/v1/messages/count_tokens',
      key: `x-api-key: ${ANTHROPIC_KEY}`,
    },
    {
      what: 'for a model of Google’s, in its dialect: there, with a key of its',
      asked: generates('gemini-2.5-pro', GOOGLE_KEY),
      to: 'google',
      path: `${GEMINI}:generateContent`,
      key: `x-goog-api-key: ${GOOGLE_KEY}`,
    },
    {
      what: 'for a model that nobody knows, in a dialect that only one speaks: there, with a key of its',
      asked: messages('my-own', ANTHROPIC_KEY),
      to: 'anthropic',
      path: '/v1/messages',
      key: `x-api-key: ${ANTHROPIC_KEY}`,
    },
    {
      what: 'with a key that could be anybody’s: to one that is not the first without it',
      asked: messages('claude-sonnet-4-5', SOME_KEY),
      to: 'anthropic',
      path: '/v1/messages',
      key: null,
    },
    {
      what: 'in the dialect of the first: there, with a key that could be anybody’s',
      asked: chats('my-own', SOME_KEY),
      to: 'openai',
      path: '/v1/chat/completions',
      key: `authorization: Bearer ${SOME_KEY}`,
    },
    {
      what: 'in the dialect of the first, with a key that is plainly another’s: there, without it',
      asked: chats('my-own', ANTHROPIC_KEY),
      to: 'openai',
      path: '/v1/chat/completions',
      key: null,
    },
    {
      what: 'in the dialect of a first that is no provider, with a key that plainly is a provider’s: without it',
      among: ['mine', 'anthropic'],
      asked: chats('my-own', ANTHROPIC_KEY),
      to: 'mine',
      path: '/v1/chat/completions',
      key: null,
    },
    {
      what: 'for a model that has to be asked in another dialect: there, without any key',
      asked: chats('claude-sonnet-4-5', ANTHROPIC_KEY),
      to: 'anthropic',
      path: '/v1/messages',
      key: null,
    },
    {
      what: 'in a dialect that nobody speaks but in translation: to the first, without any key',
      among: ['openai', 'groq'],
      asked: messages('claude-sonnet-4-5', SOME_KEY),
      to: 'openai',
      path: '/v1/chat/completions',
      key: null,
    },
    {
      what: 'for a model of a provider’s that is not the first, in the same dialect: there, with a key of its alone',
      among: ['groq', 'openai'],
      asked: chats('gpt-4o', OPENAI_KEY),
      to: 'openai',
      path: '/v1/chat/completions',
      key: `authorization: Bearer ${OPENAI_KEY}`,
    },
  ])('$what', async ({ asked, to, path, key, among = ['openai', 'anthropic', 'google'] }) => {
    const gateway = await gatewayOf(among);
    try {
      await ask(gateway.address, asked);
      for (const [name, { requests }] of hosts)
        expect([name, requests.map(seen)]).toEqual([name, name === to ? [{ path, key }] : []]);
    } finally {
      await gateway.close();
    }
  });

  it('of whose keys two are shown, and one is plainly another’s: neither', async () => {
    const gateway = await gatewayOf(['anthropic', 'openai']);
    const asked = messages('claude-sonnet-4-5', ANTHROPIC_KEY);
    const headers = { ...asked.headers, authorization: `Bearer ${OPENAI_KEY}` };
    await ask(gateway.address, { ...asked, headers });
    expect(hostOf('anthropic').requests.map(seen)).toEqual([{ path: '/v1/messages', key: null }]);
    await gateway.close();
  });
});

describe('a request that names its upstream', () => {
  it.each<{ what: string; asked: Ask; to: Name; key: string | null }>([
    {
      what: 'has its key go there',
      asked: chats('groq/llama', SOME_KEY),
      to: 'groq',
      key: `authorization: Bearer ${SOME_KEY}`,
    },
    {
      what: 'has its key go there in another dialect as well',
      asked: messages('groq/llama', SOME_KEY),
      to: 'groq',
      key: `authorization: Bearer ${SOME_KEY}`,
    },
    {
      what: 'has a key that is plainly another’s go nowhere',
      asked: messages('groq/llama', ANTHROPIC_KEY),
      to: 'groq',
      key: null,
    },
    {
      what: 'has any key go to a server that is no provider’s',
      asked: messages('mine/llama', ANTHROPIC_KEY),
      to: 'mine',
      key: `authorization: Bearer ${ANTHROPIC_KEY}`,
    },
    {
      what: 'has any key go to another gateway, which hands it on by the same rules',
      asked: chats('countersign/llama', OPENROUTER_KEY),
      to: 'countersign',
      key: `authorization: Bearer ${OPENROUTER_KEY}`,
    },
  ])('$what', async ({ asked, to, key }) => {
    const gateway = await gatewayOf(['openai', 'groq', 'mine', 'countersign']);
    await ask(gateway.address, asked);
    expect(hostOf(to).requests.map(request => seen(request).key)).toEqual([key]);
    await gateway.close();
  });
});

describe('where there is one upstream alone', () => {
  it.each<{ what: string; only: Name; asked: Ask; key: string | null }>([
    {
      what: 'a key that could be anybody’s goes there',
      only: 'openai',
      asked: chats('any', SOME_KEY),
      key: `authorization: Bearer ${SOME_KEY}`,
    },
    {
      what: 'a key that could be anybody’s goes there in another dialect as well',
      only: 'openai',
      asked: messages('any', SOME_KEY),
      key: `authorization: Bearer ${SOME_KEY}`,
    },
    {
      what: 'a key that is plainly another provider’s goes nowhere',
      only: 'openai',
      asked: messages('claude-sonnet-4-5', ANTHROPIC_KEY),
      key: null,
    },
    {
      what: 'a server that is no provider’s gets any key in its own dialect',
      only: 'mine',
      asked: chats('any', OPENAI_KEY),
      key: `authorization: Bearer ${OPENAI_KEY}`,
    },
    {
      what: 'a server that is no provider’s gets none in translation that plainly is a provider’s',
      only: 'mine',
      asked: messages('claude-sonnet-4-5', ANTHROPIC_KEY),
      key: null,
    },
    {
      what: 'another gateway gets any key in its own dialect',
      only: 'countersign',
      asked: chats('any', ANTHROPIC_KEY),
      key: `authorization: Bearer ${ANTHROPIC_KEY}`,
    },
  ])('$what', async ({ only, asked, key }) => {
    const gateway = await gatewayOf([only]);
    await ask(gateway.address, asked);
    expect(hostOf(only).requests.map(request => seen(request).key)).toEqual([key]);
    await gateway.close();
  });

  it('a route of the operator’s gets no client’s key even there', async () => {
    const target = { model: 'openai/gpt-4o', weight: 1 };
    const routes = new Map([['fast', [{ balance: 'weight', targets: [target] }]]] as const);
    const gateway = await gatewayOf(['openai'], { routes });
    await ask(gateway.address, chats('fast', OPENAI_KEY));
    expect(hostOf('openai').requests.map(request => seen(request).key)).toEqual([null]);
    await gateway.close();
  });
});

describe('a list of models', () => {
  it.each<{ what: string; key: string; asked: readonly Name[] }>([
    { what: 'a key that could be anybody’s is shown to the first', key: SOME_KEY, asked: ['openai'] },
    {
      what: 'a key that plainly is one’s own is shown to that one',
      key: ANTHROPIC_KEY,
      asked: ['anthropic'],
    },
    { what: 'a key that is nobody’s here is shown to nobody', key: OPENROUTER_KEY, asked: [] },
  ])('$what', async ({ key, asked }) => {
    const among: readonly Name[] = ['openai', 'anthropic', 'google'];
    const gateway = await gatewayOf(among);
    await ask(gateway.address, { path: '/v1/models', headers: { authorization: `Bearer ${key}` } });
    for (const name of among) {
      const shown = hostOf(name).listed.flatMap(({ authorization }) => authorization ?? []);
      expect([name, shown]).toEqual([name, asked.includes(name) ? [`Bearer ${key}`] : []]);
    }
    await gateway.close();
  });
});
