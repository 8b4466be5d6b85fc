import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, chat, json } from '../../../test/end-to-end/client.js';
import { CANNED_MODEL, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { exchangeOf, fetchBundle, receiptOf } from '../../../test/end-to-end/receipts.js';
import { answer, completion, LISTED_MODEL, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import type { ModelCard } from '../../exchange/model-card.js';
import type { Upstream } from '../../exchange/upstream.js';
import { ModelNames, type ModelNamesOptions } from './model-names.js';

/** An upstream that lists these models, until told otherwise. */
function listing(...ids: string[]): Upstream & { list: (...next: string[]) => void; fail: () => void } {
  let models: () => Promise<readonly ModelCard[]> = async () => cards(ids);
  return {
    models: () => models(),
    list: (...next: string[]) => {
      models = async () => cards(next);
    },
    fail: () => {
      models = async () => Promise.reject(new Error('down'));
    },
  } as unknown as Upstream & { list: (...next: string[]) => void; fail: () => void };
}

const cards = (ids: readonly string[]): ModelCard[] =>
  ids.map(id => ({ id, object: 'model', created: 1, owned_by: 'x' }));

const NOTHING_KNOWN: ModelNamesOptions = { known: [], aliases: new Set(), upstreams: new Set() };

async function namesOf(...ids: string[]): Promise<ModelNames> {
  const names = new ModelNames(NOTHING_KNOWN);
  await names.ask(listing(...ids));
  return names;
}

describe('which names may be shown', () => {
  it('those that an upstream lists, for as long as it does', async () => {
    const names = new ModelNames(NOTHING_KNOWN);
    const [one, two] = [listing('a', 'b'), listing('c')];
    await names.ask(one);
    await names.ask(two);
    expect(['a', 'b', 'c', 'd'].map(name => names.isPublic(name))).toEqual([true, true, true, false]);
    expect(names.isListedBy(one, 'c')).toBe(false);
    one.list('d');
    await names.ask(one);
    expect(['a', 'd'].map(name => names.isPublic(name))).toEqual([false, true]);
    one.fail();
    await names.ask(one);
    expect(names.isPublic('d')).toBe(true);
  });

  it('a model is listed under its name without the tag that Ollama puts behind it', async () => {
    const names = new ModelNames(NOTHING_KNOWN);
    const ollama = listing('mistral-nemo:latest', 'llama3:70b');
    await names.ask(ollama);
    expect(
      ['mistral-nemo', 'mistral-nemo:latest', 'llama3', 'llama3:70b'].map(name =>
        names.isListedBy(ollama, name),
      ),
    ).toEqual([true, true, false, true]);
  });

  it('those that a provider is known for, listed or not', () => {
    const names = new ModelNames({ ...NOTHING_KNOWN, known: [/^gpt-[a-z0-9.-]+$/] });
    expect(['gpt-4o-mini', 'ft:gpt-4o:somebody', 'llama'].map(name => names.isPublic(name))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('those that the operator has made', () => {
    const names = new ModelNames({ ...NOTHING_KNOWN, aliases: new Set(['fast', 'Otto Normal']) });
    expect(['fast', 'slow', 'Otto Normal'].map(name => names.isPublic(name))).toEqual([true, false, false]);
  });

  it('with the name of an upstream in front, if the rest may be', () => {
    const names = new ModelNames({ known: [/^gpt-4o$/], aliases: new Set(), upstreams: new Set(['openai']) });
    expect(
      ['openai/gpt-4o', 'openai/openai/gpt-4o', 'groq/gpt-4o', 'openai/ft:mine', 'openai/', '/gpt-4o'].map(
        name => names.isPublic(name),
      ),
    ).toEqual([true, true, false, false, false, false]);
  });

  it('those of an upstream whose first answers were lost', async () => {
    const names = new ModelNames(NOTHING_KNOWN);
    let asked = 0;
    const flaky = {
      models: async () => {
        if (++asked < 3) throw new Error('reset');
        return cards(['a']);
      },
    } as unknown as Upstream;
    await names.askAtFirst(flaky);
    expect([asked, names.isListedBy(flaky, 'a')]).toEqual([3, true]);
  });

  it('an upstream is asked again at most once a minute', () => {
    const names = new ModelNames(NOTHING_KNOWN);
    const [one, two] = [listing(), listing()];
    expect([0, 59_999, 60_000].map(now => names.claimsAsking(one, now))).toEqual([true, false, true]);
    expect(names.claimsAsking(two, 60_001)).toBe(true);
  });

  it.each(['gpt-5', 'meta/llama-3.1:70b', 'a_b@1', 'A'.repeat(128)])('%s can be listed', async name => {
    expect((await namesOf(name)).isPublic(name)).toBe(true);
  });

  it.each(['', ' a', 'a b', '-a', 'é', 'a\n', '<script>', 'A'.repeat(129), 'me, born 1.1.1990'])(
    '%j cannot',
    async name => {
      expect((await namesOf(name)).isPublic(name)).toBe(false);
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
  ])('asked for %j, served %j: %j', async (requested, served, shown) => {
    expect((await namesOf('gpt-5')).serves(requested, served)).toBe(shown);
  });
});

describe('a model that the upstream lists to one client’s key only', () => {
  const SECRET = 'ft:test-model:somebody::1';
  const own = { authorization: 'Bearer clients-key' };
  let upstream: TestUpstream;
  let now = Date.now();

  beforeAll(async () => {
    upstream = await TestUpstream.start();
    upstream.ownModels.set(own.authorization, [SECRET]);
    upstream.ownModels.set('Bearer gateways-key', [SECRET]);
    upstream.behaviour = answer(200, completion('x', { rest: { model: SECRET } }));
  });

  afterAll(() => upstream.close());

  const listed = async ({ address }: TestGateway, headers: Record<string, string>) =>
    json<{ data: { id: string }[] }>(await ask(address, { path: '/v1/models', headers })).data.map(
      ({ id }) => id,
    );

  /** Asks for it, by name and through the public model, as long as the gateway may ask the upstream again. */
  async function namesShown(gateway: TestGateway, headers: Record<string, string>): Promise<object[]> {
    const shown: object[] = [];
    for (const model of [SECRET, SECRET, LISTED_MODEL]) {
      now += 3_600_000;
      const got = await ask(gateway.address, { body: chat({ model }), headers });
      expect(got.status).toBe(200);
      await fetchBundle(gateway, exchangeOf(got));
      shown.push((await gateway.receipts()).at(-1)?.model ?? {});
    }
    return shown;
  }

  it('is listed to that client, and stands in no receipt of its or of anybody’s', async () => {
    const gateway = await openGateway({ upstream: upstream.base, now: () => now });
    try {
      expect(await listed(gateway, {})).not.toContain(SECRET);
      expect(await listed(gateway, own)).toContain(SECRET);
      const shown = [...(await namesShown(gateway, own)), ...(await namesShown(gateway, {}))];
      expect(await listed(gateway, own)).toContain(SECRET);
      expect(JSON.stringify(shown)).not.toContain(SECRET);
      const hidden = { commitment: expect.stringMatching(/^[0-9a-f]{64}$/) };
      expect(shown).toMatchObject(
        [SECRET, SECRET, LISTED_MODEL, SECRET, SECRET, LISTED_MODEL].map(model => ({
          requested: model === LISTED_MODEL ? { name: LISTED_MODEL } : hidden,
          served: hidden,
        })),
      );
    } finally {
      await gateway.close();
    }
  });

  it('may be shown when it is listed to the gateway’s own key', async () => {
    const gateway = await openGateway({ upstream: upstream.base, key: 'gateways-key', now: () => now });
    try {
      expect((await namesShown(gateway, own))[0]).toMatchObject({
        requested: { name: SECRET },
        served: { name: SECRET },
      });
    } finally {
      await gateway.close();
    }
  });
});

describe('the list of models of an upstream that is slow', () => {
  let upstream: TestUpstream;

  beforeEach(async () => {
    upstream = await TestUpstream.start();
  });
  afterEach(() => upstream.close());

  it('is asked for once for all who ask meanwhile, where it is the same for all', async () => {
    const timeouts = { connect: 10_000 };
    const gateway = await openGateway({ upstream: upstream.base, key: 'gateways-key', timeouts });
    try {
      const asked = upstream.listings;
      upstream.holding = true;
      const asking = Array.from({ length: 20 }, () => ask(gateway.address, { path: '/v1/models' }));
      await expect.poll(() => upstream.listings).toBe(asked + 1);
      // Who asks later is heard later.
      await ask(gateway.address, { path: '/healthz' });
      upstream.letGo();
      for (const got of await Promise.all(asking)) expect(got.body.toString()).toContain(LISTED_MODEL);
      expect(upstream.listings).toBe(asked + 1);
    } finally {
      await gateway.close();
    }
  });

  it.each([{}, { authorization: 'Bearer clients-key' }])(
    'is not waited for without end: %j',
    async headers => {
      const gateway = await openGateway({ upstream: upstream.base });
      try {
        upstream.holding = true;
        const got = await ask(gateway.address, { path: '/v1/models', headers });
        expect(got.status).toBe(200);
        expect(got.body.toString()).not.toContain(LISTED_MODEL);
        expect(got.body.toString()).toContain(CANNED_MODEL);
      } finally {
        await gateway.close();
      }
    },
  );
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
