/** A gateway with virtual keys, in front of an upstream that does as it is told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Budgets } from '../../src/economy/budgets.js';
import { withNewKey, withNewSecret, withoutKey } from '../../src/economy/key-changes.js';
import { KeyedAdmission } from '../../src/economy/keyed-admission.js';
import { type Limit, parseLimit } from '../../src/economy/limit.js';
import { formatSecret, type KeyFile, NO_KEYS, secretDigest } from '../../src/economy/virtual-key.js';
import { type Amount, ONE, parseAmount } from '../../src/receipt/price/money.js';
import { lineFault } from '../../src/receipt/price/price-check.js';
import type { PriceList } from '../../src/receipt/price/price-list.js';
import { SpendingJournal } from '../../src/shell/access/spending-journal.js';
import { thorough } from '../support/thoroughness.js';
import { type Answer, ask, begin, chat, json } from './client.js';
import { type GatewayOptions, openGateway, type TestGateway } from './gateway.js';
import { eventually } from './receipts.js';
import {
  answer,
  chunk,
  completion,
  cutStream,
  DONE,
  LISTED_MODEL,
  silence,
  stream,
  TestUpstream,
} from './upstreams.js';

const secret = (byte: number) => formatSecret(new Uint8Array(32).fill(byte));
const digest = (byte: number) => secretDigest(secret(byte)) as string;
const ALICE = { authorization: `Bearer ${secret(1)}` };
const read = (...texts: string[]) => texts.map(text => parseLimit(text) as Limit);

function keys(...limits: string[]): KeyFile {
  const alice = {
    id: 'aaaaaaaaaaaaaaaaaaaaaaaaaa',
    name: 'alice',
    digest: digest(1),
    team: null,
    expires: null,
  };
  return withNewKey(NO_KEYS, { ...alice, models: ['*'], limits: read(...limits) }, 0) as KeyFile;
}

/** One cent for a thousand tokens of the prompt, two for a thousand of the answer. */
const PRICES: PriceList = {
  currency: 'EUR',
  dated: '2026-11-21',
  margin: { basisPoints: 1000 },
  entries: [
    { upstream: 'house', models: [LISTED_MODEL], prompt: '10', completion: '20', asOf: '2026-11-21' },
  ],
};

let folder: string;
let upstream: TestUpstream;
let opened: { gateway: TestGateway; journal: SpendingJournal; admission: KeyedAdmission; budgets: Budgets }[];

beforeAll(async () => {
  upstream = await TestUpstream.start();
});
afterAll(() => upstream.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
  upstream.requests.length = 0;
  upstream.behaviour = answer(200, completion());
  opened = [];
});
afterEach(async () => {
  for (const { gateway } of opened) await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(file: KeyFile, more: GatewayOptions = {}) {
  const journal = await SpendingJournal.open({
    folder: join(folder, 'spent'),
    onProblem: message => expect.fail(message),
  });
  const budgets = new Budgets({ marks: journal.marks, record: mark => journal.record(mark) });
  const admission = new KeyedAdmission(file, budgets, message => expect.fail(message));
  const gateway = await openGateway({
    more: { house: { base: upstream.base, key: 'sk-of-the-operator' } },
    admission,
    prices: PRICES,
    ...more,
  });
  const all = { gateway, journal, admission, budgets };
  opened.push(all);
  return all;
}

/** Asks until the answer is as wanted. */
const until = <Value>(
  find: () => Promise<Value> | Value,
  wanted: (value: Value) => boolean,
): Promise<Value> =>
  eventually(async () => {
    const value = await find();
    return wanted(value) ? value : undefined;
  }) as Promise<Value>;
const code = (given: Answer) => given.headers['countersign-reason'];
const short = (rest: object = {}) => chat({ max_tokens: 10, ...rest });
const asAlice = ({ gateway }: { gateway: TestGateway }, body: object = short(), headers = {}) =>
  ask(gateway.address, { body, headers: { ...ALICE, ...headers } });

describe('a gateway with keys', () => {
  it('asks the upstream with the key of the operator, and shows it nothing of the client’s', async () => {
    const house = await open(keys());
    expect((await asAlice(house)).status).toBe(200);
    const { authorization } = upstream.last.headers;
    expect(authorization).toBe('Bearer sk-of-the-operator');
    expect(JSON.stringify(upstream.last.headers)).not.toContain('csk-');
  });

  it('shows no upstream a virtual key, also where the operator has none of his own', async () => {
    const house = await open(keys(), { more: { house: { base: upstream.base } } });
    const listings = upstream.listings;
    expect((await asAlice(house)).status).toBe(200);
    expect(upstream.last.headers).not.toHaveProperty('authorization');
    const listed = await ask(house.gateway.address, { path: '/v1/models', headers: ALICE });
    expect(listed.status).toBe(200);
    expect(upstream.listings).toBeGreaterThanOrEqual(listings);
  });

  it.each<[api: string, path: string, headers: Record<string, string>, shape: object]>([
    [
      'OpenAI',
      '/v1/chat/completions',
      {},
      { error: { code: 'invalid_api_key', type: 'invalid_request_error' } },
    ],
    [
      'OpenAI, a wrong key',
      '/v1/responses',
      { authorization: 'Bearer csk-wrong' },
      { error: { code: 'invalid_api_key' } },
    ],
    [
      'Anthropic',
      '/v1/messages',
      { 'x-api-key': secret(9) },
      { type: 'error', error: { type: 'authentication_error' } },
    ],
    [
      'Google',
      '/v1beta/models/test-model:generateContent',
      {},
      { error: { code: 401, status: 'UNAUTHENTICATED' } },
    ],
  ])(
    'turns away whoever shows none, in the words of %s, without a receipt',
    async (_, path, headers, shape) => {
      const house = await open(keys());
      const given = await ask(house.gateway.address, { path, method: 'POST', headers, body: short() });
      expect(given.status).toBe(401);
      expect(json(given)).toMatchObject(shape);
      expect(code(given)).toMatch(/^access\/key-(?:missing|unknown)$/);
      expect(given.headers).not.toHaveProperty('countersign-exchange');
      expect(upstream.requests).toEqual([]);
      expect(await house.gateway.receipts()).toEqual([]);
    },
  );

  it('turns away a large request before it has read it', async () => {
    const house = await open(keys());
    const given = await ask(house.gateway.address, { body: chat({}, 'x'.repeat(3_000_000)) }).catch(
      () => null,
    );
    if (given !== null) expect(given.status).toBe(401);
    expect(upstream.requests).toEqual([]);
  });

  it.each<[path: string, header: Record<string, string>]>([
    ['/v1/messages', { 'x-api-key': secret(1), 'anthropic-version': '2023-06-01' }],
    ['/v1/messages', { authorization: `Bearer ${secret(1)}` }],
    ['/v1beta/models/test-model:generateContent', { 'x-goog-api-key': secret(1) }],
    [`/v1beta/models/test-model:generateContent?key=${secret(1)}`, {}],
  ])('takes a key where each API has it: %s', async (path, headers) => {
    const house = await open(keys());
    const body = { ...short(), contents: [{ parts: [{ text: 'Hello?' }] }] };
    await ask(house.gateway.address, { path, method: 'POST', headers, body });
    expect(upstream.requests).toHaveLength(1);
    const seen = `${upstream.last.path} ${JSON.stringify(upstream.last.headers)} ${upstream.last.body}`;
    expect(seen).not.toContain('csk-');
  });

  it('lists its models to nobody else', async () => {
    const { gateway } = await open(keys());
    for (const path of ['/v1/models', '/v1beta/models']) {
      expect((await ask(gateway.address, { path })).status).toBe(401);
      const headers = path === '/v1/models' ? ALICE : { 'x-goog-api-key': secret(1) };
      expect((await ask(gateway.address, { path, headers })).status).toBe(200);
    }
    expect((await ask(gateway.address, { path: '/healthz' })).status).toBe(200);
  });

  it('gives a key one name in receipts, whichever of its secrets was shown', async () => {
    const house = await open(withNewSecret(keys(), 'alice', digest(2), 60_000, Date.now()) as KeyFile);
    await asAlice(house);
    await asAlice(house, short(), { authorization: `Bearer ${secret(2)}` });
    const receipts = await until(
      () => house.gateway.receipts(),
      it => it.length === 2,
    );
    expect(new Set(receipts.map(({ client }) => client)).size).toBe(1);
    expect(receipts.map(({ counter }) => counter)).toEqual([1, 2]);
  });

  it('knows of keys that are exchanged while it runs, and lets end what runs', async () => {
    let letGo: () => void = () => undefined;
    const gate = new Promise<void>(resolve => {
      letGo = resolve;
    });
    upstream.behaviour = async response => {
      await gate;
      answer(200, completion())(response);
    };
    const house = await open(keys());
    const running = begin(house.gateway.address, { body: short(), headers: ALICE });
    await until(
      async () => upstream.requests.length,
      count => count === 1,
    );
    house.admission.exchangeKeys(withoutKey(keys(), 'alice', 1) as KeyFile);
    expect(code(await asAlice(house))).toBe('access/key-revoked');
    letGo();
    expect((await running.answer).status).toBe(200);
  });
});

describe('limits', () => {
  it('are told in headers, and what the upstream says of the operator’s own is not', async () => {
    upstream.behaviour = answer(200, completion(), {
      ...{ 'x-ratelimit-limit-requests': '999999', 'x-ratelimit-limit-project-tokens': '1' },
      ...{ 'openai-organization': 'org-1', 'openai-processing-ms': '5' },
    });
    const house = await open(keys('requests=5/day', 'tokens=100000/day'));
    const first = await asAlice(house);
    expect(first.headers).toMatchObject({
      'x-ratelimit-limit-requests': '5',
      'x-ratelimit-remaining-requests': '4',
      'x-ratelimit-limit-tokens': '100000',
      'openai-processing-ms': '5',
    });
    expect(first.headers['x-ratelimit-reset-requests']).toMatch(/^(?:\d+h)?(?:\d+m)?\d+s$/);
    expect(first.headers).not.toHaveProperty('openai-organization');
    expect(first.headers).not.toHaveProperty('x-ratelimit-limit-project-tokens');
    upstream.behaviour = stream(chunk({ content: 'Hi' }, 'stop'), DONE);
    expect((await asAlice(house, short({ stream: true }))).headers['x-ratelimit-remaining-requests']).toBe(
      '3',
    );
  });

  it.each<[limit: string, path: string, status: number, reason: string, shape: object]>([
    [
      'requests=1/day',
      '/v1/chat/completions',
      429,
      'access/requests-exhausted',
      { error: { type: 'requests', code: 'rate_limit_exceeded' } },
    ],
    [
      'tokens=160/day',
      '/v1/chat/completions',
      429,
      'access/tokens-exhausted',
      { error: { type: 'tokens', code: 'rate_limit_exceeded' } },
    ],
    [
      'money=0.0019/day',
      '/v1/chat/completions',
      429,
      'access/money-exhausted',
      { error: { type: 'insufficient_quota', code: 'insufficient_quota' } },
    ],
    [
      'requests=1/day',
      '/v1/messages',
      429,
      'access/requests-exhausted',
      { type: 'error', error: { type: 'rate_limit_error' } },
    ],
    [
      'requests=1/day',
      '/v1beta/models/test-model:generateContent',
      429,
      'access/requests-exhausted',
      { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } },
    ],
    [
      'tokens=20/day',
      '/v1/chat/completions',
      400,
      'access/request-over-limit',
      { error: { type: 'invalid_request_error' } },
    ],
  ])('%s at %s end in %i %s, under a receipt that says so', async (limit, path, status, reason, shape) => {
    upstream.behaviour = answer(
      200,
      completion('Hello.', {
        rest: { usage: { prompt_tokens: 30, completion_tokens: 10, total_tokens: 40 } },
      }),
    );
    const house = await open(keys(limit));
    const question = () =>
      ask(house.gateway.address, {
        ...{ path, method: 'POST', headers: { ...ALICE, 'x-goog-api-key': secret(1) } },
        body: { ...short(), contents: [{ parts: [{ text: 'Hello?' }] }] },
      });
    if (reason !== 'access/request-over-limit') await question();
    const asked = upstream.requests.length;
    const given = await question();
    expect([given.status, code(given)]).toEqual([status, reason]);
    expect(json(given)).toMatchObject(shape);
    if (status === 429) expect(Number(given.headers['retry-after'])).toBeGreaterThan(0);
    expect(upstream.requests).toHaveLength(asked);
    const receipts = await until(
      () => house.gateway.receipts(),
      it => it.at(-1)?.response.status === 'refused',
    );
    expect(receipts.at(-1)?.response).toMatchObject({ reason, http: status });
    expect(receipts.at(-1)?.price).toEqual({ lines: null, reason: 'nothing-served' });
  });

  it.each([
    [{ max_completion_tokens: 1, max_tokens: 50_000 }, 50_000],
    [{ max_completion_tokens: 50_000, max_tokens: 1 }, 50_000],
    [{ max_tokens: 10, n: 7 }, 70],
  ])('reserve the most of what %j can mean', async (limits, most) => {
    const house = await open(keys('tokens=100000/day'));
    const body = { ...short({ max_tokens: undefined }), ...limits };
    const { headers } = await asAlice(house, body);
    const length = Buffer.byteLength(JSON.stringify(body));
    expect(Number(headers['x-ratelimit-remaining-tokens'])).toBe(100_000 - length - most);
  });

  it('of money refuse what has no price', async () => {
    const house = await open(keys('money=5/day'));
    const given = await asAlice(house, short({ model: 'house/other' }));
    expect([given.status, code(given)]).toEqual([403, 'access/money-unpriced']);
  });

  it('count what was used, and where nobody knows what could have been', async () => {
    const house = await open(keys('tokens=100000/day'));
    const left = async (body?: object) =>
      Number((await asAlice(house, body)).headers['x-ratelimit-remaining-tokens']);
    const body = short();
    const length = Buffer.byteLength(JSON.stringify(body));
    const first = await left(body);
    expect(first).toBe(100_000 - length - 10);
    // 5 tokens were used.
    expect(await left(body)).toBe(first - 5);
    // An error costs nothing,
    upstream.behaviour = answer(500, { error: { message: 'no' } });
    expect(await left(body)).toBe(first - 10);
    expect(await left(body)).toBe(first - 10);
    // and an answer that broke off all that it may have come to.
    const streamed = short({ stream: true });
    upstream.behaviour = cutStream(chunk({ content: 'Hel' }));
    await asAlice(house, streamed);
    const more = Buffer.byteLength(JSON.stringify(streamed)) + 10;
    upstream.behaviour = answer(200, completion());
    expect(await left(body)).toBe(first - 10 - more);
  });

  it('count a client that leaves in the middle as if it had stayed', async () => {
    upstream.behaviour = silence;
    const house = await open(keys('requests=2/day', 'tokens=1000/day'));
    const asking = begin(house.gateway.address, { body: short(), headers: ALICE });
    await until(
      async () => upstream.requests.length,
      count => count === 1,
    );
    asking.leave();
    await until(
      async () => house.gateway.running,
      count => count === 0,
    );
    upstream.behaviour = answer(200, completion());
    const length = Buffer.byteLength(JSON.stringify(short())) + 10;
    expect((await asAlice(house)).headers['x-ratelimit-remaining-tokens']).toBe(String(1000 - 2 * length));
    expect(code(await asAlice(house))).toBe('access/requests-exhausted');
  });
});

describe('prices', () => {
  it('stand in the receipt, line by line', async () => {
    const house = await open(keys());
    await asAlice(house);
    const [receipt] = await until(
      () => house.gateway.receipts(),
      it => it.length === 1,
    );
    if (receipt === undefined) throw new Error('no receipt');
    expect(lineFault(receipt.price)).toBeNull();
    expect(receipt.price).toMatchObject({
      currency: 'EUR',
      lines: [
        { what: 'prompt-token', quantity: 3, unitPrice: '0.00001', amount: '0.00003', payee: 'house' },
        { what: 'completion-token', quantity: 2, unitPrice: '0.00002', amount: '0.00004', payee: 'house' },
        {
          what: 'margin',
          quantity: 1000,
          unitPrice: '0.000000007',
          amount: '0.000007',
          payee: 'test operator',
        },
        { what: 'protocol', amount: '0' },
      ],
    });
  });
});

/** All lines of all receipts. */
function spentIn(receipts: Awaited<ReturnType<TestGateway['receipts']>>): Amount {
  return receipts
    .flatMap(({ price }) => price.lines ?? [])
    .reduce((sum, { amount }) => sum + (parseAmount(amount) as Amount), 0n);
}

// In the slow suite; a few hundred suffice to get into each other's way.
const MANY = thorough(1000, 250);

describe(`${MANY} requests at once on one key`, () => {
  const BUDGET = thorough('0.25', '0.07');
  const usage = { prompt_tokens: 60, completion_tokens: 10, total_tokens: 70 };

  it('never spend more than its budget, whatever the upstream does with them, across restarts and crashes', {
    timeout: 120_000,
  }, async () => {
    let count = 0;
    upstream.behaviour = response => {
      const which = count++ % 10;
      setTimeout(() => {
        if (which === 0) answer(500, { error: { message: 'no' } })(response);
        else if (which === 1) response.destroy();
        else answer(200, completion('Hello.', { rest: { usage } }))(response);
      }, which);
    };
    const file = keys(`money=${BUDGET}/total`);
    let spent = 0n;
    const statuses: number[] = [];
    const third = Math.floor(MANY / 3);
    for (const end of ['crash', 'good order', 'last'] as const) {
      const house = await open(file, { folder: mkdtempSync(join(folder, 'gateway-')) });
      const some = Array.from({ length: end === 'last' ? MANY - 2 * third : third }, () => asAlice(house));
      statuses.push(...(await Promise.all(some)).map(({ status }) => status));
      const answered = statuses.length;
      await until(
        async () => house.gateway.running,
        running => running === 0,
      );
      expect(answered).toBe(statuses.length);
      spent += spentIn(await house.gateway.receipts());
      await house.gateway.close();
      opened = [];
      // After a crash nothing tells the journal what was really spent.
      if (end !== 'crash') await house.journal.close(house.budgets.exactly());
    }
    expect(statuses).toHaveLength(MANY);
    expect(spent).toBeLessThanOrEqual(parseAmount(BUDGET) as Amount);
    // The budget is not left unused either: what is missing is what was reserved or broke off.
    expect(spent).toBeGreaterThan(thorough(ONE / 10n, ONE / 40n));
    expect(new Set(statuses)).toEqual(new Set([200, 429, 500, 502]));
  });

  it('spend at most what was in flight more than it where clients set no limit to the answer', {
    timeout: 60_000,
  }, async () => {
    const long = { prompt_tokens: 60, completion_tokens: 40_000, total_tokens: 40_060 };
    upstream.behaviour = answer(200, completion('Hello.', { rest: { usage: long } }));
    const house = await open(keys('tokens=50000/total'));
    let inFlight = 0;
    let most = 0;
    const given = await Promise.all(
      Array.from({ length: MANY }, async () => {
        most = Math.max(most, ++inFlight);
        const one = await ask(house.gateway.address, { body: chat(), headers: ALICE });
        inFlight--;
        return one.status;
      }),
    );
    const admitted = given.filter(status => status === 200).length;
    // Each reserves some 4,200 tokens: eleven fit, and from the first that ends on none.
    expect(admitted).toBeGreaterThan(0);
    expect(admitted).toBeLessThanOrEqual(12);
    expect(given.filter(status => status === 429)).toHaveLength(MANY - admitted);
    expect(most).toBeGreaterThan(12);
  });
});
