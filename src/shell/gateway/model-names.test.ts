import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { receiptOf } from '../../../test/end-to-end/receipts.js';
import { answer, completion, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import type { Upstream } from '../../exchange/upstream.js';
import { ModelNames } from './model-names.js';

const upstreamOf = (name: string) => ({ name }) as unknown as Upstream;
const cards = (...ids: string[]) =>
  ids.map(id => ({ id, object: 'model' as const, created: 1, owned_by: 'x' }));

describe('which names may be shown', () => {
  it('those that an upstream lists, for as long as it does', () => {
    const names = new ModelNames();
    const [one, two] = [upstreamOf('one'), upstreamOf('two')];
    names.learn(one, cards('a', 'b'));
    names.learn(two, cards('c'));
    expect(['a', 'b', 'c', 'd'].map(name => names.has(name))).toEqual([true, true, true, false]);
    expect(names.isListedBy(one, 'c')).toBe(false);
    names.learn(one, cards('d'));
    expect(['a', 'd'].map(name => names.has(name))).toEqual([false, true]);
  });

  it.each(['gpt-5', 'meta/llama-3.1:70b', 'a_b@1', 'A'.repeat(128)])('%s can be listed', name => {
    const names = new ModelNames();
    names.learn(upstreamOf('one'), cards(name));
    expect(names.has(name)).toBe(true);
  });

  it.each(['', ' a', 'a b', '-a', 'é', 'a\n', '<script>', 'A'.repeat(129), 'me, born 1.1.1990'])(
    '%j cannot',
    name => {
      const names = new ModelNames();
      names.learn(upstreamOf('one'), cards(name));
      expect(names.has(name)).toBe(false);
    },
  );

  it.each([
    ['gpt-5', 'gpt-5', true],
    ['gpt-5', 'gpt-5-2026-11-21', true],
    ['gpt-5', 'gpt-5-20261121', true],
    ['gpt-5', 'gpt-5-mini', false],
    ['gpt-5', 'gpt-5-1', false],
    ['gpt-5', 'gpt-5-2026-11-21-my-name', false],
    ['other', 'other-2026-11-21', false],
    [null, 'gpt-5-2026-11-21', false],
  ])('asked for %j, served %j: %j', (requested, served, shown) => {
    const names = new ModelNames();
    names.learn(upstreamOf('one'), cards('gpt-5'));
    expect(names.serves(requested, served)).toBe(shown);
  });
});

describe('names at the edge of what a receipt can hold', () => {
  let upstream: TestUpstream;
  let gateway: TestGateway;
  const long = `m${'x'.repeat(127)}`;

  beforeAll(async () => {
    upstream = await TestUpstream.start();
    upstream.models = [long];
    gateway = await openGateway({ upstream: upstream.base });
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each([
    { what: 'the longest name', served: long },
    { what: 'a dated version of it', served: `${long}-2026-11-21` },
    { what: 'a name that says nothing', served: '' },
    { what: 'a name without end', served: 'x'.repeat(100_000) },
  ])('$what leaves a receipt', async ({ served }) => {
    upstream.behaviour = answer(200, completion('x', { rest: { model: served } }));
    const got = await ask(gateway.address, { body: chat({ model: long }) });
    expect(got.status).toBe(200);
    expect((await receiptOf(gateway, got)).response.status).toBe('completed');
  });
});
