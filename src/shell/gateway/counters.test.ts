import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, begin, chat } from '../../../test/end-to-end/client.js';
import { openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { eventually, exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import {
  answer,
  completion,
  HELLO,
  silence,
  stream,
  TestUpstream,
} from '../../../test/end-to-end/upstreams.js';
import { toHex } from '../../bytes/hex.js';
import { parseBundle } from '../../receipt/bundle.js';
import { payloadDigest } from '../../receipt/envelope.js';
import type { Receipt } from '../../receipt/receipt.js';

let upstream: TestUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await TestUpstream.start();
  upstream.behaviour = answer(200, completion());
  gateway = await openGateway({ upstream: upstream.base });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const as = (name: string) => ({ authorization: `Bearer ${name}` });

/** The receipts of one client, in the order in which they were signed. */
async function threadOf(client: string | undefined): Promise<Receipt[]> {
  return (await gateway.receipts()).filter(receipt => receipt.client === client);
}

async function askAs(name: string): Promise<string> {
  const got = await ask(gateway.address, { headers: as(name) });
  await fetchBundle(gateway, exchangeOf(got));
  return exchangeOf(got);
}

async function receiptOf(exchange: string): Promise<Receipt> {
  const receipt = (await gateway.receipts()).find(candidate => candidate.exchange === exchange);
  if (receipt === undefined) throw new Error(`no receipt of ${exchange}`);
  return receipt;
}

async function digestOf(exchange: string): Promise<string> {
  return toHex(payloadDigest(parseBundle(await fetchBundle(gateway, exchange)).envelope));
}

describe('the numbers that a client is given', () => {
  it('begin at 1 and go on by 1, refusals and errors included', async () => {
    const first = await receiptOf(await askAs('one'));
    await ask(gateway.address, { headers: as('one'), body: 'garbage' });
    upstream.behaviour = answer(500, '<h1>');
    await askAs('one');
    upstream.behaviour = answer(200, completion());
    await askAs('one');
    const thread = await threadOf(first.client);
    expect(thread.map(({ counter }) => counter)).toEqual([1, 2, 3, 4]);
    expect(thread.map(({ response }) => response.status)).toEqual([
      'completed',
      'refused',
      'failed',
      'completed',
    ]);
    expect(new Set(thread.map(({ epoch }) => epoch)).size).toBe(1);
  });

  it('are each client’s own: another Authorization is another client, and so is none', async () => {
    const exchanges = [await askAs('two'), await askAs('three'), exchangeOf(await ask(gateway.address))];
    await fetchBundle(gateway, exchanges.at(-1) ?? '');
    const receipts = await Promise.all(exchanges.map(receiptOf));
    expect(new Set(receipts.map(({ client }) => client)).size).toBe(3);
    expect(receipts.map(({ counter }) => counter)).toEqual([1, 1, 1]);
    expect(receipts.map(({ previous }) => previous)).toEqual([null, null, null]);
  });

  it('are given when a request is accepted, and linked in the order of signing', async () => {
    // The first is answered last.
    upstream.behaviour = (response, { body }) => {
      const wait = body.includes('slow') ? 1000 : 0;
      setTimeout(() => answer(200, completion())(response), wait);
    };
    const before = upstream.requests.length;
    const slow = begin(gateway.address, { headers: as('four'), body: chat({}, 'slow') });
    await eventually(async () => (upstream.requests.length > before ? true : undefined));
    const quick = exchangeOf(await ask(gateway.address, { headers: as('four') }));
    const late = exchangeOf(await slow.answer);
    const quickDigest = await digestOf(quick);
    await fetchBundle(gateway, late);
    upstream.behaviour = answer(200, completion());
    expect(await receiptOf(quick)).toMatchObject({ counter: 2, previous: null });
    expect(await receiptOf(late)).toMatchObject({ counter: 1, previous: quickDigest });
  });

  it('are never shared by concurrent requests, and leave no gap', async () => {
    const count = 60;
    upstream.behaviour = (response, request) => {
      const delay = Math.floor(Math.random() * 20);
      const streamed = request.body.includes('"stream":true');
      setTimeout(
        () => void (streamed ? stream(...HELLO) : answer(200, completion()))(response, request),
        delay,
      );
    };
    const exchanges = await Promise.all(
      Array.from({ length: count }, async (_, at) => {
        const got = await ask(gateway.address, { headers: as('five'), body: chat({ stream: at % 2 === 0 }) });
        return exchangeOf(got);
      }),
    );
    await Promise.all(exchanges.map(exchange => fetchBundle(gateway, exchange)));
    upstream.behaviour = answer(200, completion());
    const thread = await threadOf((await receiptOf(exchanges[0] ?? '')).client);
    expect(thread.map(({ counter }) => counter).sort((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, at) => at + 1),
    );
    const digests = await Promise.all(thread.map(({ exchange }) => digestOf(exchange)));
    expect(thread.map(({ previous }) => previous)).toEqual([null, ...digests.slice(0, -1)]);
  });

  it('an exchange is filed once, whatever became of it', async () => {
    upstream.behaviour = silence;
    const asking = begin(gateway.address, { headers: as('six') });
    await new Promise(resolve => setTimeout(resolve, 50));
    asking.leave();
    await new Promise(resolve => setTimeout(resolve, 600));
    upstream.behaviour = answer(200, completion());
    const exchanges = (await gateway.receipts()).map(({ exchange }) => exchange);
    expect(new Set(exchanges).size).toBe(exchanges.length);
  });
});

describe('epochs', () => {
  it('a new one begins with every start, and no client can be followed from one to the next', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-epochs-'));
    try {
      const seen: Receipt[] = [];
      for (let start = 0; start < 3; start++) {
        const house = await openGateway({ upstream: upstream.base, folder });
        const got = await ask(house.address, { headers: as('one') });
        await fetchBundle(house, exchangeOf(got));
        seen.push((await house.receipts()).at(-1) as Receipt);
        await house.close();
      }
      expect(new Set(seen.map(({ epoch }) => epoch)).size).toBe(3);
      expect(new Set(seen.map(({ client }) => client)).size).toBe(3);
      expect(seen.map(({ counter, previous }) => [counter, previous])).toEqual([
        [1, null],
        [1, null],
        [1, null],
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('a new one begins after a day, and what began before it ends in the old one', async () => {
    let time = Date.now();
    const house = await openGateway({ upstream: upstream.base, now: () => time });
    try {
      const first = exchangeOf(await ask(house.address, { headers: as('one') }));
      upstream.behaviour = silence;
      const before = upstream.requests.length;
      const held = begin(house.address, { headers: as('one'), body: chat({}, 'held') });
      await eventually(async () => (upstream.requests.length > before ? true : undefined));
      upstream.behaviour = answer(200, completion());
      time += 86_400_000;
      const second = exchangeOf(await ask(house.address, { headers: as('one') }));
      const third = exchangeOf(await held.answer);
      for (const exchange of [first, second, third]) await fetchBundle(house, exchange);
      const receipts = await house.receipts();
      const [a, b, c] = [first, second, third].map(id => receipts.find(({ exchange }) => exchange === id));
      expect([a?.counter, b?.counter, c?.counter]).toEqual([1, 1, 2]);
      expect(b?.epoch).not.toBe(a?.epoch);
      expect(b?.client).not.toBe(a?.client);
      expect(c?.epoch).toBe(a?.epoch);
      expect(c?.client).toBe(a?.client);
    } finally {
      await house.close();
    }
  });
});
