import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bodyOf, type TestPublisher, testPublisher } from '../../../test/support/evidence/publisher.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { temporaryFolder } from '../../../test/support/log.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import '../node.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { KeptAnswers } from './kept-answers.js';
import { Publisher, type PublisherOptions, type Question } from './publisher.js';

const BEGINNING = 1_750_000_000;
const DAY = 86_400;
let server: TestPublisher;
let folder: ReturnType<typeof temporaryFolder>;
let now: number;
let problems: Error[];
beforeEach(async () => {
  folder = temporaryFolder();
  server = await testPublisher();
  now = BEGINNING;
  problems = [];
});
afterEach(async () => {
  await server.close();
  folder.remove();
});

const publisher = (options: Partial<PublisherOptions> = {}) =>
  new Publisher({
    kept: new KeptAnswers(folder.path),
    now: () => now,
    onProblem: problem => problems.push(problem),
    ...options,
  });
const question = (change: Partial<Question> = {}): Question => ({
  url: `${server.url}/thing`,
  types: ['text/plain'],
  limit: 1000,
  expiry: ({ body }) => {
    if (fromUtf8(body)?.startsWith('good') !== true) throw new Failure('collateral/malformed');
    return BEGINNING + 30 * DAY;
  },
  ...change,
});
const sends =
  (body: string, headers: Record<string, string> = {}, status = 200): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);
const answered = async (from: Publisher, change: Partial<Question> = {}) =>
  fromUtf8((await from.answer(question(change))).body);

describe('an answer', () => {
  it('is asked for once a day, also by another process', async () => {
    server.behave = sends('good');
    const first = publisher();
    expect(await answered(first)).toBe('good');
    now += DAY - 1;
    expect(await answered(first)).toBe('good');
    expect(await answered(publisher())).toBe('good');
    expect(server.asked).toEqual(['/thing']);
    now += 1;
    server.behave = sends('good again');
    expect(await answered(first)).toBe('good again');
    expect(server.asked).toHaveLength(2);
  });

  it('counts as long as its content says, where no newer one is to be had', async () => {
    server.behave = sends('good');
    await answered(publisher());
    server.behave = sends('', {}, 500);
    now += 29 * DAY;
    expect(await answered(publisher())).toBe('good');
    expect(problems).toMatchObject([{ code: 'peer/answer-unexpected' }]);
    expect(await answered(publisher({ offline: true }))).toBe('good');
    now += DAY;
    expect(await reasonOfAsync(() => answered(publisher({ offline: true })))).toBe('collateral/not-at-hand');
    expect(await reasonOfAsync(() => answered(publisher()))).toBe('peer/answer-unexpected');
  });

  it('that has expired already is not kept, nor one from a clock that was ahead', async () => {
    server.behave = sends('good');
    await publisher().answer(question({ expiry: () => now }));
    expect(await reasonOfAsync(() => answered(publisher({ offline: true })))).toBe('collateral/not-at-hand');
    await answered(publisher());
    now -= 10;
    expect(await reasonOfAsync(() => answered(publisher({ offline: true })))).toBe('collateral/not-at-hand');
  });

  it('to a question with a body is one to that body', async () => {
    server.behave = async (request, response) => {
      const body = fromUtf8(await bodyOf(request));
      sends(`good ${request.method} ${request.headers['content-type']} ${body}`)(request, response);
    };
    for (const text of ['one', 'two'])
      for (const from of [publisher(), publisher({ offline: true })])
        expect(await answered(from, { body: { type: 'a/b', bytes: utf8(text) } })).toBe(
          `good POST a/b ${text}`,
        );
  });

  it('is kept with the header that belongs to it, under its first name', async () => {
    server.behave = sends('good', { 'Other-Chain': 'chain', 'x-more': 'more' });
    const header = ['first-chain', 'other-chain'] as const;
    for (const from of [publisher(), publisher({ offline: true })])
      expect((await from.answer(question({ header }))).headers).toEqual({ 'first-chain': 'chain' });
  });

  it('that cannot be kept counts all the same', async () => {
    server.behave = sends('good');
    writeFileSync(join(folder.path, 'file'), '');
    const kept = new KeptAnswers(join(folder.path, 'file'));
    expect(await answered(publisher({ kept }))).toBe('good');
    expect(problems).toMatchObject([{ code: 'archive/unavailable' }]);
  });
});

describe('a publisher that misbehaves', () => {
  const endless: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const timer = setInterval(() => response.write('good'.repeat(100)), 1);
    response.on('close', () => clearInterval(timer));
  };
  const dripping: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const timer = setInterval(() => response.write('g'), 20);
    response.on('close', () => clearInterval(timer));
  };
  const cases: readonly [string, RequestListener, ReasonCode][] = [
    ['too large, and says so', sends('good'.repeat(500)), 'peer/answer-too-large'],
    ['without an end', endless, 'peer/answer-too-large'],
    ['one byte at a time', dripping, 'peer/unreachable'],
    ['silent', () => undefined, 'peer/unreachable'],
    ['hanging up', request => request.socket.destroy(), 'peer/unreachable'],
    ['of another type', sends('good', { 'content-type': 'text/html' }), 'peer/answer-malformed'],
    ['compressed', sends('good', { 'content-encoding': 'gzip' }), 'peer/answer-malformed'],
    ['something else', sends('bad'), 'peer/answer-malformed'],
    ['leading elsewhere', sends('good', { location: '/other' }, 302), 'peer/answer-unexpected'],
    ['leading elsewhere for ever', sends('good', { location: '/other' }, 308), 'peer/answer-unexpected'],
    ['with another success', sends('good', {}, 206), 'peer/answer-unexpected'],
    ['without it', sends('', {}, 404), 'peer/answer-missing'],
  ];
  it.each(cases)('%s', async (_, behave, code) => {
    server.behave = behave;
    expect(await reasonOfAsync(() => answered(publisher({ timeout: 300 })))).toBe(code);
    expect(server.asked).toEqual(['/thing']);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('does not send the header that belongs to it', async () => {
    server.behave = sends('good');
    expect(await reasonOfAsync(() => answered(publisher(), { header: ['a-chain'] }))).toBe(
      'peer/answer-malformed',
    );
  });

  it('is left in peace for longer and longer, and asked again then', async () => {
    server.behave = sends('', {}, 503);
    const from = publisher();
    let rest = 2;
    for (let failure = 1; failure < 13; failure++) {
      expect(await reasonOfAsync(() => answered(from))).toBe('peer/answer-unexpected');
      expect(await reasonOfAsync(() => answered(from))).toBe('peer/resting');
      now += rest - 1;
      expect(await reasonOfAsync(() => answered(from))).toBe('peer/resting');
      now += 1;
      expect(server.asked).toHaveLength(failure);
      rest = Math.min(2 * rest, 600);
    }
    server.behave = sends('good');
    expect(await answered(from)).toBe('good');
    server.behave = sends('', {}, 503);
    now += DAY;
    expect(await answered(from)).toBe('good');
    now += 2;
    expect(await reasonOfAsync(() => answered(from, { url: `${server.url}/other` }))).toBe(
      'peer/answer-unexpected',
    );
  });

  it('is left in peace as long as it asks for, up to ten minutes; what it lacks is no failure of its', async () => {
    server.behave = sends('', { 'retry-after': '999999' }, 429);
    const from = publisher();
    await reasonOfAsync(() => answered(from));
    now += 599;
    expect(await reasonOfAsync(() => answered(from))).toBe('peer/resting');
    now += 1;
    server.behave = sends('', {}, 404);
    for (let time = 0; time < 2; time++)
      expect(await reasonOfAsync(() => answered(from))).toBe('peer/answer-missing');
  });
});

describe('several who ask at once', () => {
  it('share one request for one thing, and take turns for several of one server', async () => {
    server.behave = (request, response) =>
      void setTimeout(() => sends(`good ${request.url}`)(request, response), 10);
    const from = publisher();
    const asked = await Promise.all(
      ['/a', '/a', '/b', '/c', '/a'].map(path => answered(from, { url: `${server.url}${path}` })),
    );
    expect(asked).toEqual(['good /a', 'good /a', 'good /b', 'good /c', 'good /a']);
    expect(server.asked.toSorted()).toEqual(['/a', '/b', '/c']);
    expect(server.busiest).toBe(1);
  });

  it('are not too many: peer/resting', async () => {
    let release = () => {};
    const held = new Promise<void>(resolve => {
      release = resolve;
    });
    server.behave = async (request, response) => {
      await held;
      sends('good')(request, response);
    };
    const from = publisher();
    const asking = Array.from({ length: 65 }, (_, at) =>
      answered(from, { url: `${server.url}/${at}` }).catch((error: Failure) => error.code),
    );
    await expect.poll(() => server.asked.length).toBe(1);
    release();
    const outcomes = await Promise.all(asking);
    expect(outcomes.filter(outcome => outcome === 'peer/resting')).toHaveLength(1);
    expect(outcomes.filter(outcome => outcome === 'good')).toHaveLength(64);
  });

  it('of different servers do not wait for one another', async () => {
    server.behave = () => undefined;
    const other = await testPublisher(sends('good'));
    const from = publisher({ timeout: 2000 });
    const slow = reasonOfAsync(() => answered(from));
    await expect.poll(() => server.asked.length).toBe(1);
    expect(await answered(from, { url: `${other.url}/thing` })).toBe('good');
    await server.close();
    expect(await slow).toBe('peer/unreachable');
    await other.close();
    server = await testPublisher();
  });
});

describe('what came another way', () => {
  it('is an answer, unless the one that is there counts for longer', async () => {
    const offline = publisher({ offline: true });
    const until = (days: number) => question({ expiry: () => BEGINNING + days * DAY });
    await offline.takeIn(until(2), utf8('good'));
    expect(await answered(offline)).toBe('good');
    await offline.takeIn(until(1), utf8('older'));
    expect(await answered(offline)).toBe('good');
    await offline.takeIn(until(3), utf8('newer'));
    expect(await answered(offline)).toBe('newer');
    expect(await reasonOfAsync(() => offline.takeIn(question(), utf8('bad')))).toBe('peer/answer-malformed');
  });
});

describe('kept answers', () => {
  const answer = { body: utf8('body'), headers: { a: 'b' }, fetched: 1, expires: 2 };

  it('that were damaged, or are of another address, are not there', async () => {
    const kept = new KeptAnswers(folder.path);
    await kept.put('one', answer);
    await kept.put('two', answer);
    expect(await kept.get('one')).toEqual(answer);
    const [first, second] = readdirSync(folder.path).map(name => join(folder.path, name)) as [string, string];
    const text = readFileSync(first, 'utf8');
    writeFileSync(second, text);
    expect([await kept.get('one'), await kept.get('two')].filter(each => each !== null)).toHaveLength(1);
    for (const damaged of [
      '',
      '{}',
      text.slice(1),
      text.replace('Ym9keQ==', 'Ym9keR=='),
      text.replace('Ym9keQ==', 'YmFkZQ=='),
    ]) {
      for (const path of [first, second]) writeFileSync(path, damaged);
      expect([await kept.get('one'), await kept.get('two')]).toEqual([null, null]);
    }
    writeFileSync(first, new Uint8Array(3 * 1024 * 1024));
    writeFileSync(second, new Uint8Array(3 * 1024 * 1024));
    expect([await kept.get('one'), await kept.get('two')]).toEqual([null, null]);
  });

  it('are not more than that', async () => {
    const kept = new KeptAnswers(folder.path, undefined, 8);
    for (let at = 0; at < 30; at++) await kept.put(`${at}`, answer);
    expect(readdirSync(folder.path).length).toBeLessThanOrEqual(8);
    expect(await kept.get('29')).toEqual(answer);
  });
});
