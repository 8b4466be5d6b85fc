import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/support/log.js';
import { Receiver, WEBHOOK_SECRET_BYTES } from '../../../test/support/receiver.js';
import '../node.js';
import { readdirSync } from 'node:fs';
import { utf8 } from '../../bytes/octets.js';
import type { Subscriber } from './subscriber.js';
import { type NoticeSource, Webhooks, type WebhooksOptions } from './webhooks.js';

let folder: ReturnType<typeof temporaryFolder>;
let receiver: Receiver;
let topics: (string | null)[];
let problems: string[];
let open: Webhooks[];
beforeEach(async () => {
  folder = temporaryFolder();
  receiver = await Receiver.start();
  topics = [];
  problems = [];
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map(webhooks => webhooks.close()));
  await receiver.close();
  folder.remove();
});

const source: NoticeSource = {
  get count() {
    return topics.length;
  },
  topicOf: number => topics[number] ?? null,
  notice: async number => ({ id: `notice_${number}`, body: utf8(`{"number":${number}}`) }),
};
const subscriber = (change: Partial<Subscriber> & { readonly port?: number } = {}): Subscriber => ({
  ...{ name: 'pager', secret: WEBHOOK_SECRET_BYTES, topics: null, mayBePrivate: false },
  url: new URL(`http://127.0.0.1:${change.port ?? receiver.port}/hook?a=b`),
  ...change,
});
const start = async (
  subscribers: readonly Subscriber[] = [subscriber()],
  change: Partial<WebhooksOptions> = {},
) => {
  const webhooks = await Webhooks.open({
    ...{ folder: join(folder.path, 'webhooks'), subscribers, source, now: Date.now, random: () => 0.5 },
    ...{ onProblem: (message: string) => problems.push(message), firstRest: 5, ...change },
  });
  open.push(webhooks);
  return webhooks;
};
const add = (webhooks: Webhooks, ...more: (string | null)[]) => {
  topics.push(...more);
  webhooks.wake();
};
const ids = () => receiver.received.map(({ id }) => id);
/** Until what a notice that was taken changes has been kept. */
const settled = async (webhooks: Webhooks, undelivered = 0) => {
  while (webhooks.states.some(state => state.undelivered !== undelivered)) await sleep(2);
};
const refuse =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end('no');

describe('a subscriber', () => {
  it('is told of what comes, signed, in order, and of nothing from before it was one', async () => {
    topics = ['chip', 'chip'];
    const webhooks = await start();
    add(webhooks, 'chip', 'tcb', 'chip');
    await receiver.until(3);
    expect(ids()).toEqual(['notice_2', 'notice_3', 'notice_4']);
    for (const { isGenuine, path, time, body } of receiver.received) {
      expect([isGenuine, path]).toEqual([true, '/hook?a=b']);
      expect(Math.abs(time - Date.now() / 1000)).toBeLessThan(60);
      expect(JSON.parse(body)).toHaveProperty('number');
    }
    await settled(webhooks);
    expect(webhooks.states).toEqual([{ name: 'pager', undelivered: 0, failures: 0, problem: null }]);
  });

  it('is told of what it wants to hear of, and nobody of what nobody is told of', async () => {
    const webhooks = await start([subscriber({ topics: new Set(['tcb']) })]);
    add(webhooks, 'chip', null, 'tcb', 'model', 'tcb', null);
    await receiver.until(2);
    await settled(webhooks);
    expect(ids()).toEqual(['notice_2', 'notice_4']);
  });

  it.each([
    ['refuses', refuse(500), 'webhook/refused'],
    ['sends elsewhere, where nobody is asked', refuse(307, { location: '/elsewhere' }), 'webhook/refused'],
    ['says that there is nothing to be said', refuse(304), 'webhook/refused'],
    ['breaks off', (response: ServerResponse): void => void response.destroy(), 'webhook/unreachable'],
  ] as const)('that %s is told again until it takes it, by the same id', async (_, answer, problem) => {
    const webhooks = await start();
    receiver.answer = response => {
      if (receiver.received.length >= 3) receiver.answer = taken => void taken.writeHead(200).end('thanks');
      answer(response);
    };
    add(webhooks, 'chip', 'chip');
    await receiver.until(3);
    expect(webhooks.states).toMatchObject([{ undelivered: 2, problem }]);
    await receiver.until(5);
    await settled(webhooks);
    expect(ids()).toEqual(['notice_0', 'notice_0', 'notice_0', 'notice_0', 'notice_1']);
    expect(new Set(receiver.received.map(({ path }) => path))).toEqual(new Set(['/hook?a=b']));
    // Told to the operator once, and without the address.
    expect(problems.filter(message => message.includes(problem))).toHaveLength(1);
    expect(problems.join()).not.toContain('a=b');
    expect(webhooks.states).toEqual([{ name: 'pager', undelivered: 0, failures: 0, problem: null }]);
  });

  it('that answers without end is left when its answer is longer than anybody reads', async () => {
    const webhooks = await start();
    receiver.answer = response => {
      response.writeHead(200);
      const more = () => {
        while (response.write('x'.repeat(65_536)));
        response.once('drain', more);
      };
      more();
    };
    add(webhooks, 'chip', 'chip');
    await receiver.until(2);
    expect(ids()).toEqual(['notice_0', 'notice_1']);
  });

  it('that is away holds up nobody else', async () => {
    const dead = subscriber({ name: 'dead', port: 1 });
    const silent = subscriber({ name: 'silent', url: new URL(`http://127.0.0.1:${receiver.port}/silent`) });
    receiver.answer = (response, { path }) => {
      if (path !== '/silent') response.writeHead(204).end();
    };
    const webhooks = await start([dead, silent, subscriber()]);
    add(webhooks, 'chip', 'chip', 'chip');
    while (ids().filter((id, at) => receiver.received[at]?.path !== '/silent' && id).length < 3)
      await sleep(2);
    while (webhooks.states[0]?.problem === null) await sleep(2);
    expect(webhooks.states).toMatchObject([
      { name: 'dead', undelivered: 3, problem: 'webhook/unreachable' },
      { name: 'silent', undelivered: 3 },
      { name: 'pager' },
    ]);
  });

  it('whose name leads into the own network is not asked, unless it may', async () => {
    const named = { url: new URL(`http://hooks.example:${receiver.port}/hook?a=b`) };
    const resolve: WebhooksOptions['resolve'] = (_, __, callback) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    const webhooks = await start([subscriber({ name: 'rebound', ...named })], { resolve });
    add(webhooks, 'chip');
    while (webhooks.states[0]?.problem === null) await sleep(2);
    expect(webhooks.states[0]?.problem).toBe('webhook/address-private');
    expect(receiver.received).toEqual([]);
    const allowed = await start([subscriber({ name: 'own', ...named, mayBePrivate: true })], { resolve });
    add(allowed, 'chip');
    await receiver.until(1);
    expect(ids()).toEqual(['notice_1']);
  });
});

describe('after a restart', () => {
  const restarted = async (webhooks: Webhooks, subscribers?: readonly Subscriber[]) => {
    await webhooks.close();
    return start(subscribers);
  };

  it('goes on with what was not taken, and with what came in between', async () => {
    receiver.answer = response => void response.writeHead(receiver.received.length > 1 ? 500 : 204).end();
    const webhooks = await start();
    add(webhooks, 'chip', 'chip');
    await receiver.until(2);
    await settled(webhooks, 1);
    await webhooks.close();
    topics.push('chip');
    receiver.answer = response => void response.writeHead(204).end();
    const told = receiver.received.length;
    const again = await start();
    await receiver.until(told + 2);
    expect(ids().slice(told)).toEqual(['notice_1', 'notice_2']);
    await settled(again);
  });

  it('of what was taken without anybody having kept that, it is told again', async () => {
    const webhooks = await start();
    add(webhooks, 'chip');
    await receiver.until(1);
    await settled(webhooks);
    await webhooks.close();
    // As a crash between the receiver's yes and the file would leave it.
    writeFileSync(join(folder.path, 'webhooks', 'pager.json'), '{"failures":0,"next":0,"notBefore":0}');
    await start();
    await receiver.until(2);
    expect(ids()).toEqual(['notice_0', 'notice_0']);
  });

  it('a damaged place is the beginning: double, and not lost', async () => {
    topics = ['chip', 'chip'];
    const webhooks = await start();
    await webhooks.close();
    writeFileSync(join(folder.path, 'webhooks', 'pager.json'), '{"next":');
    await start();
    await receiver.until(2);
    expect(ids()).toEqual(['notice_0', 'notice_1']);
  });

  it('rests as long as it was to rest, but never longer than the longest, whatever the clock does', async () => {
    receiver.answer = refuse(503, { 'retry-after': '3600' });
    const webhooks = await start();
    add(webhooks, 'chip');
    await receiver.until(1);
    while (webhooks.states[0]?.failures !== 1) await sleep(2);
    const again = await restarted(webhooks);
    await sleep(50);
    expect([receiver.received.length, again.states[0]?.undelivered]).toEqual([1, 1]);
    await again.close();
    // The hour has passed.
    receiver.answer = response => void response.writeHead(204).end();
    const later = await start(undefined, { now: () => Date.now() + 3_700_000 });
    await receiver.until(2);
    await settled(later);
  });

  it('who is no subscriber any more is forgotten, and is new when it comes back', async () => {
    const webhooks = await start();
    await restarted(webhooks, []);
    expect(readdirSync(join(folder.path, 'webhooks'))).toEqual([]);
    topics.push('chip');
    const back = await start();
    add(back, 'chip');
    await receiver.until(1);
    expect(ids()).toEqual(['notice_1']);
  });
});

describe('what cannot be had yet', () => {
  it('is waited for, and what cannot be made is tried again', async () => {
    let asked = 0;
    const late: NoticeSource = {
      ...source,
      get count() {
        return topics.length;
      },
      notice: async number => {
        asked++;
        if (asked === 1) throw new Error('not now');
        return asked === 2 ? null : source.notice(number);
      },
    };
    const webhooks = await start([subscriber()], { source: late });
    add(webhooks, 'chip');
    await receiver.until(1);
    expect([asked, ids()]).toEqual([3, ['notice_0']]);
    await settled(webhooks);
  });
});
