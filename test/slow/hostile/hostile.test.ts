/**
 * Clients and upstreams that want the worst, against a gateway in a process of its own: it lives, within memory that its limits bound,
 * goes on serving those who behave, and accounts for what it has accepted. The attackers, the upstream that behaves and the one that
 * does not are processes of their own too.
 */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionShares } from '../../../src/shell/http/connections.js';
import { ask, chat, errorOf } from '../../end-to-end/client.js';
import { readCheckpoint } from '../../end-to-end/published-log.js';
import { exchangeOf, receiptOf, receiptOfExchange } from '../../end-to-end/receipts.js';
import { type AttackedGateway, CONNECTIONS, MOST, startAttacked } from './attacked-gateway.js';
import { MEGABYTE } from './memory.js';

/** Of the connections that a gateway takes, those that are left to whoever behaves. */
const BEHAVING = 50;
/** As many as the gateway takes of itself, or as the open files that it may have let it take. */
const IDLE = connectionShares(CONNECTIONS).clients - BEHAVING;
const MOST_IDLE = CONNECTIONS - BEHAVING;
const inWords = (count: number) => count.toLocaleString('en');
const OF_HOW_MANY = IDLE === MOST_IDLE ? '' : `, of ${inWords(MOST_IDLE)}: as many as the open files allow`;
/** How much an attack may make memory grow of which nothing has to be held. */
const LITTLE = 200 * MEGABYTE;

let gateway: AttackedGateway;

beforeAll(async () => {
  gateway = await startAttacked();
});

afterAll(async () => {
  await gateway?.stop();
});

describe('hostile clients', () => {
  it(`${inWords(IDLE)} idle streams${OF_HOW_MANY}`, async () => {
    const logged = async () => (await readCheckpoint(gateway.address, gateway.trust)).size;
    const before = await logged();
    const options = { count: IDLE, models: ['evil/idle', 'evil/idle', 'evil/silent'] };
    await gateway.survives({
      attack: 'idle',
      options,
      growth: 700 * MEGABYTE,
      meanwhile: async told => {
        await expect.poll(() => told()?.answered, { timeout: 240_000, interval: 250 }).toBe(IDLE);
        expect(told()).toMatchObject({ open: IDLE, closed: 0 });
      },
    });
    // Each has left, and each is in the log.
    await expect.poll(logged, { timeout: 120_000, interval: 250 }).toBeGreaterThanOrEqual(before + IDLE + 10);
  });

  it('2,000 heads that drip: nobody may do so for ever', async () => {
    await gateway.survives({
      attack: 'headsThatDrip',
      options: { count: 2000 },
      growth: LITTLE,
      meanwhile: async told => {
        await expect.poll(() => told()?.closed, { timeout: 60_000, interval: 250 }).toBe(2000);
      },
    });
  });

  it('2,000 bodies that drip', async () => {
    await gateway.survives({ attack: 'bodiesThatDrip', options: { count: 2000 }, growth: LITTLE });
  });

  it('100 large bodies that never end: those who ask for little are served, those who ask for much are told to come again', async () => {
    await gateway.survives({
      attack: 'bodies',
      options: { count: 100 },
      growth: MOST,
      meanwhile: async () => {
        const large = { body: chat({ model: 'good/test-model' }, 'x'.repeat(10 * MEGABYTE)) };
        const busy = async () => {
          const { headers } = await ask(gateway.address, large);
          return [headers['countersign-reason'], headers['retry-after']];
        };
        await expect.poll(busy, { timeout: 60_000 }).toEqual(['gateway/busy', '1']);
      },
    });
  });

  it('1,000 bombs of headers', async () => {
    await gateway.survives({
      attack: 'headers',
      options: { count: 1000 },
      growth: LITTLE,
      meanwhile: async told => {
        await expect.poll(() => told()?.closed, { timeout: 60_000 }).toBe(1000);
        // Who is still sending when it is answered may see a reset in place of the answer.
        expect(Object.keys(told()?.starts ?? {})).toEqual(['431']);
      },
    });
  });

  it.each([
    { model: 'evil/large', stream: false },
    { model: 'evil/endless', stream: true },
  ])('200 who never read: %j', async options => {
    const { stream } = options;
    await gateway.survives({
      attack: 'unread',
      options: { count: 200, ...options },
      growth: MOST,
      meanwhile: async () => {
        // At last there is no room for any large answer but theirs.
        const isFull = async () => {
          const got = await ask(gateway.address, { body: chat({ model: 'evil/large', stream }) });
          // Of a stream, the header has left before the reason is known.
          return got.body.includes('gateway/busy');
        };
        await expect.poll(isFull, { timeout: 60_000 }).toBe(true);
      },
    });
  });

  it('500 connections with 4,000 requests in one breath', async () => {
    const options = { count: 500, requests: 4000, model: 'evil/silent' };
    await gateway.survives({ attack: 'pipelined', options, growth: LITTLE });
  });

  it.each([
    { attack: 'leaving', model: 'evil/idle' },
    { attack: 'leaving', model: 'evil/endless' },
    { attack: 'keys', model: 'good/test-model' },
  ])('50 who leave and come again: %j', async ({ attack, model }) => {
    await gateway.survives({ attack, options: { count: 50, model }, growth: MOST });
  });

  it('bodies that are compressed bombs', async () => {
    await gateway.survivesThat('compressed bodies', LITTLE, async () => {
      const bomb = gzipSync(Buffer.alloc(512 * MEGABYTE, ' '));
      const got = await ask(gateway.address, { body: bomb, headers: { 'content-encoding': 'gzip' } });
      expect(errorOf(got).code).toBe('request/encoded');
      await receiptOf(gateway, got);
    });
  });
});

describe('bombs of JSON', () => {
  const SIZE = 12 * MEGABYTE;
  const half = SIZE / 2;
  const bombs: readonly (readonly [what: string, value: () => string])[] = [
    ['lists in lists', () => '['.repeat(half) + ']'.repeat(half)],
    ['objects in objects', () => `${'{"":'.repeat(SIZE / 5)}0${'}'.repeat(SIZE / 5)}`],
    ['members', () => `{${'"a":0,'.repeat(SIZE / 6)}"b":0}`],
    ['numbers', () => `[${'0,'.repeat(half)}0]`],
    ['escapes', () => `"${'\\"'.repeat(half)}"`],
    ['what does not end', () => '[{"a":'.repeat(SIZE / 6)],
  ];
  const surfaces: Readonly<Record<string, object>> = {
    'v1/chat/completions': chat({ model: 'good/test-model' }),
    'v1/responses': { model: 'good/test-model', input: 'x' },
    // Its upstream is asked in another dialect than this one.
    'v1/messages': {
      model: 'good/test-model',
      max_tokens: 1,
      messages: [{ role: 'user', content: 'x' }],
    },
    'v1beta/models/test-model:generateContent': { contents: [{ parts: [{ text: 'x' }] }] },
  };

  it.each(bombs)('%s, at every API', async (what, value) => {
    await gateway.survivesThat(`JSON, ${what}`, MOST, async () => {
      const text = value();
      for (const [path, body] of Object.entries(surfaces)) {
        const member = JSON.stringify(body).replace(/\}$/, `,"metadata":${text}}`);
        const got = await ask(gateway.address, { method: 'POST', path: `/${path}`, body: member });
        const { response } = await receiptOfExchange(gateway, exchangeOf(got));
        if (what === 'escapes') expect(response.reason, path).not.toBe('request/malformed');
        else expect(response, path).toMatchObject({ status: 'refused', reason: 'request/malformed' });
      }
    });
  });

  it('forms with a million fields', async () => {
    await gateway.survivesThat('forms', MOST, async () => {
      const part = '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n\r\n';
      const got = await ask(gateway.address, {
        method: 'POST',
        path: '/v1/audio/transcriptions',
        body: `${part.repeat(900_000)}--b--\r\n`,
        headers: { 'content-type': 'multipart/form-data; boundary=b' },
      });
      expect(errorOf(got).code).toBe('request/malformed');
    });
  });

  it('at the log', async () => {
    await gateway.survivesThat('JSON, at the log', MOST, async () => {
      for (const [, value] of bombs) {
        const question = { method: 'POST', path: '/log/entries', body: value() };
        // Who is still sending when it is answered may see a reset in place of the answer.
        const got = await ask(gateway.address, question).catch(() => null);
        if (got !== null) expect([400, 413]).toContain(got.status);
      }
    });
  });
});

describe('a hostile upstream', () => {
  async function outcomeOf(model: string, stream: boolean): Promise<string | null> {
    const got = await ask(gateway.address, { body: chat({ model: `evil/${model}`, stream }) });
    return (await receiptOf(gateway, got)).response.reason;
  }

  // Those that break their answers come last: after some of them, the upstream is left alone.
  it('an answer behind the answer is nobody’s', async () => {
    for (let times = 0; times < 5; times++) {
      const got = await ask(gateway.address, { body: chat({ model: 'evil/behind' }) });
      expect(got.body.toString()).toContain('Hello.');
    }
  });

  it('eight large answers at once', async () => {
    await gateway.survivesThat('large answers', MOST, async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => ask(gateway.address, { body: chat({ model: 'evil/large' }) })),
      );
      // How many find room depends on how soon the first have been read.
      const statuses = answers.map(({ status }) => status);
      expect(statuses).toContain(200);
      expect(statuses.filter(status => status !== 200 && status !== 503)).toEqual([]);
    });
  });

  it.each<[what: string, model: string, stream: boolean, reason: string | null]>([
    ['sixty megabytes of lists in lists', 'lists', false, 'upstream/oversized'],
    ['a compressed bomb that nobody asked for', 'encoded', false, 'upstream/garbage'],
    ['a compressed transfer', 'transferEncoded', false, 'upstream/garbage'],
    ['a hundred thousand events', 'events', true, null],
    ['events without end', 'endless', true, 'upstream/oversized'],
    ['comments without end', 'comments', true, 'upstream/oversized'],
    ['announcements without end', 'hints', true, 'upstream/broken'],
    ['headers without end', 'headers', false, 'upstream/broken'],
  ])('%s', async (what, model, stream, reason) => {
    await gateway.survivesThat(what, MOST, async () => {
      expect(await outcomeOf(model, stream)).toBe(reason);
    });
  });
});

it('after all of it, the gateway is what it was', async () => {
  expect(gateway.lives).toBe(true);
  const got = await ask(gateway.address, { path: '/readyz' });
  expect(JSON.parse(got.body.toString())).toMatchObject({ status: 'ready' });
  expect(gateway.residentBytes).toBeLessThan(MOST);
});
