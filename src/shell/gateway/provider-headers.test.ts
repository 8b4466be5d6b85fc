import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { TestUpstream } from '../../../test/end-to-end/upstreams.js';
import { PROVIDERS } from '../../exchange/providers.js';

let host: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  host = await TestUpstream.start();
  const { base } = host;
  const of = (name: string) => ({ base, provider: PROVIDERS.get(name) ?? null });
  gateway = await openGateway({
    more: {
      openai: of('openai'),
      openrouter: of('openrouter'),
      // Not that it is so: it has to be asked in translation.
      chats: { ...of('openrouter'), surfaces: ['chat/completions'] },
      mine: of('mine'),
    },
  });
});

afterAll(async () => {
  await gateway.close();
  await host.close();
});

const OF_THE_APP = { 'http-referer': 'https://app.example', 'x-title': 'An app' };
const headers = { ...OF_THE_APP, 'x-something': 'else', referer: 'https://page.example' };

it('whose app it is that asks is told to OpenRouter, and nothing else that a client may send', async () => {
  await ask(gateway.address, { body: chat({ model: 'openrouter/m' }), headers });
  expect(host.last.headers).toMatchObject(OF_THE_APP);
  for (const name of ['x-something', 'referer', 'x-openrouter-title'])
    expect(host.last.headers).not.toHaveProperty(name);
});

it('whose app it is that asks is told in translation as well', async () => {
  const body = { model: 'chats/m', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] };
  await ask(gateway.address, { path: '/v1/messages', method: 'POST', body, headers });
  expect(host.last.path).toBe('/v1/chat/completions');
  expect(host.last.headers).toMatchObject(OF_THE_APP);
});

it.each(['openai', 'mine'])('whose app it is that asks is not told to %s', async name => {
  await ask(gateway.address, { body: chat({ model: `${name}/m` }), headers });
  for (const header of Object.keys(OF_THE_APP)) expect(host.last.headers).not.toHaveProperty(header);
});
